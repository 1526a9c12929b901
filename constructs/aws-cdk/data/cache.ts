import { createHash } from 'node:crypto';
import { ArnFormat, Lazy, Stack, Token } from 'aws-cdk-lib';
import { type CfnReplicationGroup, CfnUser, CfnUserGroup } from 'aws-cdk-lib/aws-elasticache';
import { asMade, keepAsMade, type Made } from '../support/as-made.js';
import { keepAlone } from '../support/beside.js';
import { checkKey, dataError, grant, type Protection } from './domain-context.js';
import { openTo } from './network.js';

const PORT = 6379;
/** All data; nothing that administers the cache, or shows what others do. */
const ACCESS = 'on ~* +@all -@admin -@dangerous';
/** Users and groups of this engine serve Valkey as well ("Role-Based Access Control", Amazon ElastiCache). */
const ENGINE = 'redis';
/** From which on IAM is known: Redis OSS 7.0 and Valkey 7.2 ("Authenticating with IAM", Amazon ElastiCache). */
const FIRST_WITH_IAM = 7;
const USER = /^[a-z][a-z0-9-]{0,39}$/;

/**
 * A cache of Redis or Valkey: the domain's key, TLS required, a user of IAM for each workload and nothing for whoever
 * is none, its port for the workloads. Returns the user. The CDK has no other form of it than CloudFormation's own, which does not show
 * its security group: that is handed over beside it.
 */
export function protectCache(cache: CfnReplicationGroup, protection: Protection, users: string[]): string {
  const { scope, options, isFirst } = protection;
  if (isFirst) {
    checkCache(cache, protection);
    // Without a `default` that is off, whoever reaches the port has everything.
    const nobody = new CfnUser(scope, 'Nobody', {
      engine: ENGINE,
      userId: idOf(cache, protection, 'nobody'),
      userName: 'default',
      accessString: 'off ~* -@all',
      authenticationMode: { Type: 'no-password-required' },
    });
    users.push(nobody.ref);
    const all = new CfnUserGroup(scope, 'Users', {
      engine: ENGINE,
      userGroupId: idOf(cache, protection, 'users'),
      userIds: Lazy.list({ produce: () => users }),
    });
    cache.userGroupIds = [all.ref];
    keepAsMade(
      cache,
      asMade(cache, {
        AtRestEncryptionEnabled: true,
        KmsKeyId: cache.kmsKeyId,
        TransitEncryptionEnabled: true,
        TransitEncryptionMode: cache.transitEncryptionMode,
        UserGroupIds: [all.ref],
        SecurityGroupIds: cache.securityGroupIds,
        AuthToken: undefined,
        GlobalReplicationGroupId: undefined,
      }),
      asMade(all, { Engine: ENGINE, UserGroupId: all.userGroupId, UserIds: all.userIds }),
      userAsMade(nobody),
    );
    keepAlone({
      construct: cache,
      values: [cache.ref, all.ref],
      what: 'a cache',
      types: [],
      calls: { services: ['elasticache'], changing: /^(copy|create|export|modify|start)/ },
    });
  }
  const name = userOf(cache, protection);
  const user = new CfnUser(scope, 'User', {
    engine: ENGINE,
    // Of a user of IAM both are the same.
    userId: name,
    userName: name,
    accessString: ACCESS,
    authenticationMode: { Type: 'iam' },
  });
  users.push(user.ref);
  keepAsMade(cache, userAsMade(user));
  const arn = (resource: string, resourceName: string) =>
    Stack.of(cache).formatArn({
      service: 'elasticache',
      resource,
      resourceName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  grant(protection, ['elasticache:Connect'], [arn('replicationgroup', cache.ref), arn('user', user.ref)]);
  const group = options.securityGroup;
  openTo(cache, group ? [group] : [], cache.port ?? PORT, protection);
  return name;
}

function checkCache(cache: CfnReplicationGroup, protection: Protection): void {
  const fail = (code: string, message: string, remedy: string, prop: string, found?: string) =>
    dataError(cache, code, message, remedy, { prop, ...(found !== undefined && { found }) });
  if (cache.atRestEncryptionEnabled !== true) checkKey(cache, undefined, protection, 'kmsKeyId');
  checkKey(cache, cache.kmsKeyId, protection, 'kmsKeyId');
  if (cache.transitEncryptionEnabled !== true || cache.transitEncryptionMode === 'preferred') {
    throw fail(
      'data-without-tls',
      'the cache takes connections in clear text',
      'Set transitEncryptionEnabled to true, and leave transitEncryptionMode out.',
      'transitEncryptionEnabled',
    );
  }
  const { engineVersion } = cache;
  if (!Token.isUnresolved(engineVersion) && Number.parseInt(engineVersion ?? '', 10) < FIRST_WITH_IAM) {
    throw fail(
      'data-no-iam',
      'this version of the engine knows no user of IAM',
      'Use Valkey 7.2 or Redis OSS 7.0, or a later one.',
      'engineVersion',
      engineVersion,
    );
  }
  if ((cache.userGroupIds ?? []).length > 0 || cache.authToken !== undefined) {
    throw fail(
      'data-users',
      'the cache has users or a password that the domain does not know',
      'Leave userGroupIds and authToken out.',
      cache.authToken === undefined ? 'userGroupIds' : 'authToken',
    );
  }
  const { securityGroup } = protection.options;
  const groups = Stack.of(cache).resolve(cache.securityGroupIds ?? []) as unknown[];
  const own = securityGroup && (Stack.of(cache).resolve([securityGroup.securityGroupId]) as unknown[]);
  if (own === undefined || JSON.stringify(groups) !== JSON.stringify(own)) {
    throw fail(
      'data-groups',
      'the cache has other security groups than the one that is handed over',
      'Give the cache one security group of this app, and hand it over as `securityGroup`.',
      'securityGroupIds',
    );
  }
}

function userAsMade(user: CfnUser): Made {
  return asMade(user, {
    UserId: user.userId,
    UserName: user.userName,
    AccessString: user.accessString,
    AuthenticationMode: user.authenticationMode,
    NoPasswordRequired: undefined,
    Passwords: undefined,
  });
}

function userOf(cache: CfnReplicationGroup, protection: Protection): string {
  const user = protection.options.user ?? idOf(cache, protection, protection.workload);
  if (Token.isUnresolved(user) || (USER.test(user) && user !== 'default')) return user;
  throw dataError(cache, 'data-user', 'this is no user', 'Name the one user that the workload connects as.', {
    prop: 'user',
    found: JSON.stringify(user),
    expected: '1 to 40 of a–z, 0–9 and `-`, beginning with a letter, and not `default`',
  });
}

/**
 * At most 40 of a–z, 0–9 and `-`. There is one of the name in an account and region, so it is of this cache and of this
 * environment.
 */
function idOf(cache: CfnReplicationGroup, { trustDomain }: Protection, what: string): string {
  const hash = createHash('sha256').update(`${trustDomain}\n${cache.node.path}`).digest('hex').slice(0, 10);
  return `${what.slice(0, 29).replace(/-+$/, '')}-${hash}`;
}
