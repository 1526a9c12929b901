import { ArnFormat, Stack, Token } from 'aws-cdk-lib';
import {
  type CfnDBCluster,
  CfnDBClusterParameterGroup,
  CfnDBInstance,
  CfnDBParameterGroup,
  type DatabaseCluster,
  DatabaseInstance,
  ParameterGroup,
} from 'aws-cdk-lib/aws-rds';
import { asMade, keepAsMade, type Made } from '../support/as-made.js';
import { keepAlone } from '../support/beside.js';
import { checkKey, dataError, grant, type Protection } from './domain-context.js';
import { openTo } from './network.js';

type Family = 'postgres' | 'mysql' | 'mariadb' | 'sqlserver';

/** What requires TLS of every connection ("Using SSL/TLS to encrypt a connection", Amazon RDS). */
const TLS: Readonly<Record<Family, readonly [name: string, value: string]>> = {
  postgres: ['rds.force_ssl', '1'],
  mysql: ['require_secure_transport', 'ON'],
  mariadb: ['require_secure_transport', 'ON'],
  sqlserver: ['rds.force_ssl', '1'],
};

/** Calls that change what protects a database, or copy it. */
const CHANGING = /^(add|copy|create|enable|modify|promote|restore|start(?!db)|switchover)/;

/** Characters of a user that every one of these engines takes without quotes. */
const USER = /^[a-z][a-z0-9_]{0,30}$/;

/** A database: the domain's key, TLS required, no public address, IAM for exactly one user, its port for the workload. Returns the user. */
export function protectDatabase(
  database: DatabaseInstance | DatabaseCluster,
  protection: Protection,
): string | undefined {
  const { options, isFirst } = protection;
  const family = familyOf(database);
  if (isFirst) {
    const resource = database.node.defaultChild as CfnDBInstance | CfnDBCluster;
    if (resource.storageEncrypted !== true) checkKey(database, undefined, protection, 'storageEncryptionKey');
    const own = resource.kmsKeyId;
    checkKey(database, typeof own === 'string' ? own : undefined, protection, 'storageEncryptionKey');
    checkNotPublic(database);
    checkNoDataApi(database);
    requireTls(database, family, protection);
    if (family !== 'sqlserver') resource.enableIamDatabaseAuthentication = true;
    keepAsMade(database, databaseAsMade(database));
    keepAlone({
      construct: database,
      values: [
        database instanceof DatabaseInstance ? database.instanceIdentifier : database.clusterIdentifier,
      ],
      what: 'a database',
      types: [],
      calls: { services: ['rds'], changing: CHANGING },
    });
  }
  const { port } =
    database instanceof DatabaseInstance ? database.instanceEndpoint : database.clusterEndpoint;
  openTo(database, database.connections.securityGroups, port, protection);
  if (family === 'sqlserver') {
    if (options.user !== undefined) {
      throw dataError(
        database,
        'data-no-iam',
        'SQL Server knows no user of IAM: the workload needs a secret of its own',
        'Leave `user` out, and give the workload a secret of Secrets Manager.',
        { prop: 'user', found: options.user },
      );
    }
    return undefined;
  }
  const user = userOf(database, protection);
  grant(protection, ['rds-db:connect'], [userArn(database, user)]);
  return user;
}

/** Exactly one user of one database ("Creating and using an IAM policy for IAM database access", Amazon RDS). */
function userArn(database: DatabaseInstance | DatabaseCluster, user: string): string {
  const id =
    database instanceof DatabaseInstance ? database.instanceResourceId : database.clusterResourceIdentifier;
  return Stack.of(database).formatArn({
    service: 'rds-db',
    resource: 'dbuser',
    resourceName: `${id}/${user}`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

function familyOf(database: DatabaseInstance | DatabaseCluster): Family {
  const { engineType = '' } = database.engine ?? {};
  const name = engineType.replace(/^aurora-?/, '');
  const found = (Object.keys(TLS) as Family[]).find((family) => name.startsWith(family));
  if (found) return found;
  throw dataError(
    database,
    'data-engine',
    'it is not known how this engine requires TLS',
    'Use another engine, or keep the database out of the domain.',
    { prop: 'engine', found: engineType, expected: Object.keys(TLS).join(', ') },
  );
}

function userOf(database: DatabaseInstance | DatabaseCluster, { options, workload }: Protection): string {
  const user = options.user ?? workload.replaceAll('-', '_');
  const { masterUsername } = database.node.defaultChild as CfnDBInstance | CfnDBCluster;
  if (user === masterUsername) {
    throw dataError(
      database,
      'data-user',
      'this is the administrator of the database, who may do everything in it',
      'Name a user that has been made for the workload.',
      { prop: 'user', found: JSON.stringify(user) },
    );
  }
  if (Token.isUnresolved(user) || USER.test(user)) return user;
  throw dataError(
    database,
    'data-user',
    'this is no user: with a wildcard it would be every user',
    'Name the one user that the workload connects as, in lower case.',
    {
      prop: 'user',
      found: JSON.stringify(user),
      expected: '1 to 31 of a–z, 0–9 and `_`, beginning with a letter',
    },
  );
}

function checkNotPublic(database: DatabaseInstance | DatabaseCluster): void {
  const instances = database.node.findAll().filter((node) => node instanceof CfnDBInstance);
  // What says nothing is public or not as its network is.
  for (const instance of instances) instance.publiclyAccessible ??= false;
  const open = instances.find(({ publiclyAccessible }) => publiclyAccessible !== false);
  if (!open) return;
  throw dataError(
    database,
    'data-public',
    'the database has a public address',
    'Leave publiclyAccessible out, and run it in private subnets.',
    { prop: 'publiclyAccessible', found: open.node.path },
  );
}

/** Its statements come over HTTPS from anywhere, with a secret of the database: past its group, and past users of IAM. */
function checkNoDataApi(database: DatabaseInstance | DatabaseCluster): void {
  const { enableHttpEndpoint } = database.node.defaultChild as Partial<CfnDBCluster>;
  const found: unknown = Stack.of(database).resolve(enableHttpEndpoint);
  if (found === undefined || found === false) return;
  throw dataError(
    database,
    'data-api',
    'the Data API answers whoever has rights on it and reads a secret of the database, without the network of the database',
    'Leave `enableDataApi` out, and let the workload connect to the database.',
    { prop: 'enableDataApi', found: JSON.stringify(found) },
  );
}

function requireTls(
  database: DatabaseInstance | DatabaseCluster,
  family: Family,
  { scope, options: { parameterGroup } }: Protection,
): void {
  const [name, value] = TLS[family];
  const resource = database.node.defaultChild as CfnDBInstance | CfnDBCluster;
  const isInstance = database instanceof DatabaseInstance;
  const property = isInstance ? 'dbParameterGroupName' : 'dbClusterParameterGroupName';
  const current = (resource as unknown as Record<string, unknown>)[property];
  const known = parameterGroup ?? new ParameterGroup(scope, 'Parameters', { engine: database.engine! });
  const own = isInstance
    ? known.bindToInstance({}).parameterGroupName
    : known.bindToCluster({}).parameterGroupName;
  if (!known.addParameter(name, value)) {
    throw dataError(
      database,
      'data-parameters',
      'an imported parameter group cannot be made to require TLS',
      'Give the database a ParameterGroup of this app.',
      { prop: 'parameterGroup' },
    );
  }
  // Aurora's own default group requires nothing, and can be changed by nobody.
  const isDefault = typeof current === 'string' && current.startsWith('default.');
  if (parameterGroup === undefined && current !== undefined && !isDefault) {
    throw dataError(
      database,
      'data-parameters',
      'the database has parameters of its own, which are not seen here',
      'Hand over its group as `parameterGroup`, too.',
      { prop: 'parameterGroup' },
    );
  }
  (resource as unknown as Record<string, unknown>)[property] = own;
  keepAsMade(database, ...parametersAsMade(known, name, value));
}

/** Of a cluster its instances may come later: who made one with a public address is looked at when all is declared. */
function databaseAsMade(database: DatabaseInstance | DatabaseCluster): Made {
  const resource = database.node.defaultChild as CfnDBInstance | CfnDBCluster;
  const both = {
    StorageEncrypted: true,
    KmsKeyId: resource.kmsKeyId,
    EnableIAMDatabaseAuthentication: resource.enableIamDatabaseAuthentication,
  };
  return resource instanceof CfnDBInstance
    ? asMade(resource, {
        ...both,
        DBParameterGroupName: resource.dbParameterGroupName,
        PubliclyAccessible: resource.publiclyAccessible,
        VPCSecurityGroups: resource.vpcSecurityGroups,
        DBSecurityGroups: undefined,
      })
    : asMade(resource, {
        ...both,
        DBClusterParameterGroupName: resource.dbClusterParameterGroupName,
        PubliclyAccessible: undefined,
        EnableHttpEndpoint: Stack.of(resource).resolve(resource.enableHttpEndpoint),
        VpcSecurityGroupIds: resource.vpcSecurityGroupIds,
      });
}

/** Other parameters of the group are the app's to set. */
function parametersAsMade(group: ParameterGroup, name: string, value: string): Made[] {
  return group.node
    .findAll()
    .filter((node) => node instanceof CfnDBParameterGroup || node instanceof CfnDBClusterParameterGroup)
    .map((resource) => ({
      ...asMade(resource, { Family: resource.family }),
      late: ({ Parameters }) => ({ Parameters: { ...(Parameters as object | undefined), [name]: value } }),
    }));
}
