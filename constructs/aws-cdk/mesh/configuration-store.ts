import { CustomResource, Duration, Stack } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import {
  configurationHash,
  configurationText,
  type PointConfiguration,
} from '../../../lib/point/configuration.js';
import { canonicalJson } from '../../../lib/plan/json.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { planText } from '../../../lib/plan/resolve.js';
import { bucketEncryption, type BucketKeyProps } from '../support/bucket-key.js';
import { accessLogs, CLOSED } from '../support/closed-bucket.js';
import type { ProtectedFunctions } from '../support/function-protection.js';
import { keepBucket } from '../support/kept-bucket.js';
import { keepFunction } from '../support/kept-function.js';
import { guardRole } from '../support/role-guard.js';
import { stagedBundle } from '../support/staged-bundle.js';

/** The name of the plan itself: no service can have it. */
export const PLAN = '_plan';

export interface ConfigurationStoreProps extends BucketKeyProps {
  readonly plan: Plan;
  /** Every configuration, by the name of its point: a service, `gateway`, `egress`, `key-tunnel`. */
  readonly configurations: Readonly<Record<string, PointConfiguration>>;
  readonly logGroup: ILogGroup;
  /** Where accesses to the bucket are logged. @default not logged */
  readonly accessLogBucket?: IBucket;
}

/**
 * A bucket with the configuration of every point, and the plan, under `<name>/<hash>`. A point takes only the bytes whose
 * hash its task definition names, so who writes here can stop a point and not change it; all the same nobody
 * but one function may.
 */
export class ConfigurationStore extends Construct {
  readonly bucket: Bucket;
  /** What alone may write. */
  readonly writer: ProtectedFunctions;
  private readonly keys: Readonly<Record<string, string>>;
  private readonly stored: CustomResource;

  constructor(scope: Construct, id: string, props: ConfigurationStoreProps) {
    super(scope, id);
    const texts = [
      ...Object.entries(props.configurations).map(
        ([name, configuration]) => [name, configurationText(configuration)] as const,
      ),
      [PLAN, planText(props.plan)] as const,
    ].map(([name, text]) => ({ name, key: `${name}/${configurationHash(text)}`, text }));
    this.keys = Object.fromEntries(texts.map(({ name, key }) => [name, key]));
    this.bucket = this.makeBucket(props);
    keepBucket(this.bucket);
    const contents = canonicalJson(Object.fromEntries(texts.map(({ key, text }) => [key, text])));
    const { writer, role } = this.makeWriter(contents, props.logGroup);
    this.writer = { functions: [writer.functionArn], roles: [role.roleArn] };
    this.stored = new CustomResource(this, 'Stored', {
      serviceToken: writer.functionArn,
      resourceType: 'Custom::ZeroTrustConfigurations',
      // Nothing reads it: it changes when there is something to store.
      properties: { Contents: configurationHash(contents) },
    });
    // Attributes of this function's own role, which must be there before it runs.
    this.stored.node.addDependency(writer);
  }

  /** The bucket's name, for whoever reads from it: known when everything is stored. */
  get bucketName(): string {
    return this.stored.getAttString('Bucket');
  }

  /** `<name>/<hash>`. */
  keyOf(name: string): string {
    return this.keys[name]!;
  }

  readStatement(name: string): PolicyStatement {
    return readConfigurations(this.bucket, name);
  }

  private makeBucket({ accessLogBucket, ...props }: ConfigurationStoreProps): Bucket {
    return new Bucket(this, 'Bucket', {
      ...CLOSED,
      // No secret lies here, and a key of its own would be one more thing that stops every task from starting.
      ...bucketEncryption(this, props),
      lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(30) }],
      ...accessLogs(accessLogBucket, 'mesh'),
    });
  }

  private makeWriter(contents: string, logGroup: ILogGroup): { writer: LambdaFunction; role: Role } {
    const role = new Role(this, 'WriterRole', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    // Names are hashes of what is written.
    const right = { actions: ['s3:PutObject'], resources: [this.bucket.arnForObjects('*')] };
    role.addToPolicy(new PolicyStatement(right));
    this.bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'OnlyItsWriterWrites',
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: [
          's3:PutObject',
          's3:DeleteObject',
          's3:DeleteObjectVersion',
          // A replication rule of another bucket writes by these.
          's3:ReplicateObject',
          's3:ReplicateDelete',
          's3:ReplicateTags',
        ],
        resources: [this.bucket.arnForObjects('*')],
        conditions: { ArnNotEquals: { 'aws:PrincipalArn': role.roleArn } },
      }),
    );
    const variables = { CONFIGURATION_BUCKET: this.bucket.bucketName };
    const writer = new LambdaFunction(this, 'Writer', {
      description: `Stores the configurations of ${Stack.of(this).stackName}`,
      code: stagedBundle(this, 'gateway/configurations', { 'configurations.json': contents }),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 512,
      timeout: Duration.minutes(5),
      role,
      logGroup,
      environment: variables,
    });
    keepFunction({ handler: writer, role, variables });
    writer.node.addDependency(role);
    guardRole(this, 'WriterGuard', { ...right, role, handler: writer });
    return { writer, role };
  }
}

/** The right to read the configurations of one name, of every revision, and nothing else. */
export function readConfigurations(bucket: IBucket, name: string): PolicyStatement {
  return new PolicyStatement({
    sid: 'OwnConfiguration',
    actions: ['s3:GetObject'],
    resources: [bucket.arnForObjects(`${name}/*`)],
  });
}
