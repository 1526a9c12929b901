import { Lazy } from 'aws-cdk-lib';
import { type CfnGlobalTable, type CfnTable, Table, type TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyDocument, type PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { asMade, keepAsMade } from '../support/as-made.js';
import { keepAlone } from '../support/beside.js';
import type { ConstructError } from '../support/error.js';
import { synthesizedProperties } from '../support/synthesized.js';
import {
  checkKey,
  dataError,
  denyOthers,
  denyWithoutTls,
  grant,
  grantKey,
  type Protection,
} from './domain-context.js';

const READ = [
  'dynamodb:GetItem',
  'dynamodb:BatchGetItem',
  'dynamodb:Query',
  'dynamodb:Scan',
  'dynamodb:ConditionCheckItem',
];
const WRITE = ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem', 'dynamodb:BatchWriteItem'];

/**
 * What else shows items, changes them or copies them to where no policy of the table holds: PartiQL has actions of its own
 * ("IAM security policies with PartiQL for DynamoDB"), and a backup, an export or a restored table has no such policy.
 */
const OTHERWISE = [
  'dynamodb:PartiQLSelect',
  'dynamodb:PartiQLInsert',
  'dynamodb:PartiQLUpdate',
  'dynamodb:PartiQLDelete',
  'dynamodb:CreateBackup',
  'dynamodb:ExportTableToPointInTime',
  'dynamodb:RestoreTableToPointInTime',
  'dynamodb:EnableKinesisStreamingDestination',
];
/** What its stream shows of items. */
const STREAM = ['dynamodb:GetRecords', 'dynamodb:GetShardIterator'];

/** A table: the domain's key, TLS, items for the workloads alone. */
export function protectTable(table: Table | TableV2, protection: Protection, roles: () => string[]): void {
  const { options, isFirst } = protection;
  const { access = 'readWrite' } = options;
  if (isFirst) {
    const others = (actions: readonly string[]) => denyOthers(actions, ['*'], Lazy.list({ produce: roles }));
    const made =
      table instanceof Table
        ? encryptTable(table, protection, others(STREAM))
        : checkGlobalTable(table, protection);
    // In a table's own policy this is the table: its ARN would be a circle.
    table.addToResourcePolicy(denyWithoutTls(['*'], 'dynamodb:*'));
    table.addToResourcePolicy(others([...READ, ...WRITE, ...OTHERWISE]));
    keepTable(table, made);
  }
  const actions = [...(access === 'write' ? [] : READ), ...(access === 'read' ? [] : WRITE)];
  grant(protection, actions, [table.tableArn, `${table.tableArn}/index/*`]);
  grantKey(protection, 'dynamodb');
}

/** Where a table of its kind has its policy. */
export function policyPlace(table: Table | TableV2): string {
  const place = 'ResourcePolicy.PolicyDocument';
  return table instanceof Table ? place : `Replicas.0.${place}`;
}

/** Returns what must stay, by the names of CloudFormation. */
function encryptTable(table: Table, protection: Protection, streamPolicy: PolicyStatement) {
  const { key } = protection;
  const resource = table.node.defaultChild as CfnTable;
  if (resource.kinesisStreamSpecification !== undefined) throw copied(table, 'kinesisStream');
  if (table.encryptionKey !== undefined)
    checkKey(table, table.encryptionKey.keyArn, protection, 'encryptionKey');
  resource.sseSpecification = { sseEnabled: true, sseType: 'KMS', kmsMasterKeyId: key.keyArn };
  const stream = resource.streamSpecification as CfnTable.StreamSpecificationProperty | undefined;
  const policyDocument = new PolicyDocument({ statements: [streamPolicy] });
  if (stream !== undefined) resource.streamSpecification = { ...stream, resourcePolicy: { policyDocument } };
  return {
    SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: key.keyArn },
    KinesisStreamSpecification: undefined,
    ...(stream === undefined
      ? { StreamSpecification: undefined }
      : { 'StreamSpecification.ResourcePolicy.PolicyDocument': policyDocument }),
  };
}

/** The same for a table of the newer kind, in one region: how it is encrypted it says when it is made. */
function checkGlobalTable(table: TableV2, protection: Protection) {
  const { key } = protection;
  const resource = table.node.defaultChild as CfnGlobalTable;
  const { StreamSpecification, Replicas } = synthesizedProperties(resource);
  const [own, ...more] = Replicas as { readonly KinesisStreamSpecification?: unknown }[];
  if (StreamSpecification !== undefined) throw copied(table, 'dynamoStream');
  if (own?.KinesisStreamSpecification !== undefined) throw copied(table, 'kinesisStream');
  if (more.length > 0) throw copied(table, 'replicas');
  if (table.encryptionKey === undefined) {
    throw dataError(
      table,
      'data-not-encrypted',
      "the table is not encrypted by its domain's key",
      'Make it with `encryption: TableEncryptionV2.customerManagedKey(domain.key)`.',
      { prop: 'encryption', expected: key.node.path },
    );
  }
  checkKey(table, table.encryptionKey.keyArn, protection, 'encryption');
  return {
    SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
    StreamSpecification: undefined,
    GlobalTableWitnesses: undefined,
    'Replicas.0.SSESpecification': { KMSMasterKeyId: key.keyArn },
    'Replicas.0.KinesisStreamSpecification': undefined,
    'Replicas.1': undefined,
  };
}

function copied(table: Table | TableV2, prop: string): ConstructError {
  return dataError(
    table,
    'data-copied',
    'what changes in the table goes to where nobody protects it',
    'Leave it out; a `Table` may have a stream of its own, which is protected with it.',
    { prop },
  );
}

function keepTable(table: Table | TableV2, made: Readonly<Record<string, unknown>>): void {
  const policy = table.resourcePolicy;
  keepAsMade(
    table,
    asMade(table.node.defaultChild as CfnTable | CfnGlobalTable, {
      ...made,
      [policyPlace(table)]: Lazy.any({ produce: () => policy }),
    }),
  );
  keepAlone({
    construct: table,
    values: [table.tableArn, table.tableName],
    what: 'a table',
    types: [],
    calls: {
      services: ['dynamodb'],
      changing:
        /^(updatetable|putresourcepolicy|deleteresourcepolicy|enablekinesisstreamingdestination|createglobaltable)$/,
    },
  });
}
