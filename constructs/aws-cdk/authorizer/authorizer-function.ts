import { Duration, Lazy, Stack } from 'aws-cdk-lib';
import { Effect, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Alias,
  ApplicationLogLevel,
  Architecture,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import {
  type AuthorizerData,
  authorizerFile,
  DATA_FILE,
  type Deferred,
  REFS_VARIABLE,
} from '../../../lambda/authorizer/data.js';
import { encryptedLogGroup, grantToLogs, logKey } from '../support/encrypted-log-group.js';
import { checkRange } from '../support/literal.js';
import { keepAlias, keepFunction } from '../support/kept-function.js';
import { stagedBundle } from '../support/staged-bundle.js';
import { useStatement } from './proofs.js';
import type { TokenAuthorizerProps } from './props.js';

/** API Gateway waits for an authorizer as long as for an integration; a decision takes milliseconds. */
export const TIMEOUT = Duration.seconds(10);

interface FunctionProps extends TokenAuthorizerProps {
  /** Where proofs are used up, if in a table. */
  readonly usedProofs: ITable | undefined;
}

/** The function, its alias and its log. */
export interface AuthorizerFunction {
  readonly handler: LambdaFunction;
  readonly alias: Alias;
  readonly logGroup: ILogGroup;
}

/** Make the function with the policy beside its bundle; `refs` are read when the template is written. */
export function authorizerFunction(
  scope: Construct,
  props: FunctionProps,
  data: AuthorizerData<Deferred>,
  refs: () => Readonly<Record<string, string>>,
): AuthorizerFunction {
  checkConcurrency(scope, props);
  const logGroup = props.logGroup ?? ownLogGroup(scope, props);
  const variables = {
    [REFS_VARIABLE]: Lazy.string({ produce: () => Stack.of(scope).toJsonString(refs()) }),
  };
  const own = role(scope, props, logGroup);
  const handler = new LambdaFunction(scope, 'Function', {
    description: `Judges every request of ${props.plan.trustDomain} at the edge`,
    code: stagedBundle(scope, 'lambda/authorizer', { [DATA_FILE]: authorizerFile(data) }),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: props.memorySize ?? 1024,
    timeout: TIMEOUT,
    role: own,
    logGroup,
    loggingFormat: LoggingFormat.JSON,
    applicationLogLevelV2: ApplicationLogLevel.INFO,
    systemLogLevelV2: SystemLogLevel.WARN,
    ...(props.reservedConcurrency !== undefined && {
      reservedConcurrentExecutions: props.reservedConcurrency,
    }),
    environment: variables,
  });
  const alias = new Alias(scope, 'Alias', {
    aliasName: 'live',
    version: handler.currentVersion,
    ...(props.provisionedConcurrency !== undefined && {
      provisionedConcurrentExecutions: props.provisionedConcurrency,
    }),
  });
  keepFunction({ handler, role: own, variables });
  keepAlias(alias);
  return { handler, alias, logGroup };
}

function ownLogGroup(scope: Construct, props: FunctionProps): ILogGroup {
  const encryptionKey = props.encryptionKey ?? logKey(scope, 'LogKey');
  grantToLogs(scope, encryptionKey);
  return encryptedLogGroup(scope, 'LogGroup', { ...props, encryptionKey });
}

/** Only what it does: write its own log, read the one document with revocations, and use up proofs. */
function role(scope: Construct, props: FunctionProps, logGroup: ILogGroup): Role {
  const { plan, revocations, usedProofs } = props;
  const statements = [
    new PolicyStatement({
      effect: Effect.ALLOW,
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroup.logGroupArn],
    }),
  ];
  if (revocations) statements.push(readStatement(revocations));
  if (usedProofs) statements.push(useStatement(usedProofs));
  const made = new Role(scope, 'Role', {
    description: `Token authorizer of ${plan.trustDomain}`,
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    inlinePolicies: { Authorizer: new PolicyDocument({ statements }) },
  });
  if (revocations && 'table' in revocations) revocations.table.encryptionKey?.grantDecrypt(made);
  usedProofs?.encryptionKey?.grantEncryptDecrypt(made);
  return made;
}

/** Only the item, or the object, with the document. */
function readStatement(revocations: NonNullable<TokenAuthorizerProps['revocations']>): PolicyStatement {
  if (!('table' in revocations)) return revocations.readStatement();
  return new PolicyStatement({
    effect: Effect.ALLOW,
    actions: ['dynamodb:GetItem'],
    resources: [revocations.table.tableArn],
    conditions: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [revocations.id] } },
  });
}

/** "Lambda quotas" and "PutProvisionedConcurrencyConfig": whole numbers from 1 on. */
function checkConcurrency(scope: Construct, props: TokenAuthorizerProps): void {
  const max = props.reservedConcurrency ?? 100_000;
  const remedy = 'Provision no more environments than are reserved; leave it out for none.';
  for (const prop of ['provisionedConcurrency', 'reservedConcurrency'] as const) {
    const value = props[prop];
    if (value !== undefined) checkRange(scope, value, { prop, min: 1, max, unit: 'environments', remedy });
  }
  if (props.memorySize !== undefined) {
    checkRange(scope, props.memorySize, {
      prop: 'memorySize',
      min: 128,
      max: 10_240,
      unit: 'MiB',
      remedy: 'Leave it out for 1024.',
    });
  }
}
