import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { Architecture, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { CfnRotationSchedule, type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { encryptedLogGroup, type LogProps } from '../support/encrypted-log-group.js';
import type { ProtectedFunctions } from '../support/function-protection.js';
import { keepFunction } from '../support/kept-function.js';
import { guardRole } from '../support/role-guard.js';
import { stagedBundle } from '../support/staged-bundle.js';

/** Letters and digits of the first one: more than 256 bits. */
const LENGTH = 64;

/** What the rotation function does with its secrets. */
const ROTATE = [
  'secretsmanager:DescribeSecret',
  'secretsmanager:GetSecretValue',
  'secretsmanager:PutSecretValue',
  'secretsmanager:UpdateSecretVersionStage',
];

export interface SessionSecretsProps {
  readonly trustDomain: string;
  readonly services: readonly string[];
  /** Days between two rotations. */
  readonly days: number;
  readonly logs: LogProps & Required<Pick<LogProps, 'encryptionKey'>>;
}

/**
 * What seals the sessions of each service, made by Secrets Manager and known to the gateway's tasks alone, and a function
 * that makes another one regularly.
 */
export class SessionSecrets extends Construct {
  /** By service. */
  readonly secrets: Readonly<Record<string, ISecret>>;
  /** What makes other secrets. */
  readonly rotator: ProtectedFunctions;

  constructor(scope: Construct, id: string, props: SessionSecretsProps) {
    super(scope, id);
    const { trustDomain, services, days } = props;
    const encryptionKey = new Key(this, 'Key', {
      description: `What seals sessions of ${trustDomain}`,
      enableKeyRotation: true,
      // Who had a session signs in again.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const secrets = services.map((service): [string, Secret] => [
      service,
      new Secret(this, service, {
        description: `What seals sessions of ${service} of ${trustDomain}`,
        encryptionKey,
        generateSecretString: {
          secretStringTemplate: '{}',
          generateStringKey: 'secret',
          passwordLength: LENGTH,
          excludePunctuation: true,
        },
      }),
    ]);
    this.secrets = Object.fromEntries(secrets);
    const arns = secrets.map(([, { secretArn }]) => secretArn);
    const { handler, role } = this.makeRotator(props, arns, encryptionKey);
    this.rotator = { functions: [handler.functionArn], roles: [role.roleArn] };
    handler.addPermission('SecretsManager', {
      principal: new ServicePrincipal('secretsmanager.amazonaws.com'),
      sourceAccount: Stack.of(this).account,
    });
    for (const [service, { secretArn }] of secrets) {
      const schedule = new CfnRotationSchedule(this, `Rotation-${service}`, {
        secretId: secretArn,
        rotationLambdaArn: handler.functionArn,
        rotationRules: { automaticallyAfterDays: days },
        // A deployment ends no session.
        rotateImmediatelyOnUpdate: false,
      });
      schedule.node.addDependency(handler, role);
    }
  }

  private makeRotator({ trustDomain, logs }: SessionSecretsProps, secrets: string[], key: IKey) {
    const role = new Role(this, 'RotatorRole', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    const logGroup = encryptedLogGroup(this, 'Log', logs);
    logGroup.grantWrite(role);
    role.addToPolicy(new PolicyStatement({ actions: ROTATE, resources: secrets }));
    role.addToPolicy(
      new PolicyStatement({ actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [key.keyArn] }),
    );
    const handler = new LambdaFunction(this, 'Rotator', {
      description: `Makes what seals sessions of ${trustDomain}`,
      code: stagedBundle(this, 'gateway/session-secret', {}),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 256,
      timeout: Duration.minutes(1),
      role,
      logGroup,
    });
    keepFunction({ handler, role, variables: {} });
    handler.node.addDependency(role);
    guardRole(this, 'RotatorGuard', { role, handler, actions: ROTATE, resources: secrets });
    return { handler, role };
  }
}
