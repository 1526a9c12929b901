import { CustomResource, Duration, Lazy, Resource } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IAlarmAction,
  type Metric,
  type MetricOptions,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Rule } from 'aws-cdk-lib/aws-events';
import {
  AnyPrincipal,
  Effect,
  Grant,
  type IGrantable,
  type IRole,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import { Architecture, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct, IConstruct } from 'constructs';
import { canonicalJson } from '../../../lib/plan/json.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { encryptedLogGroup, grantToLogs, type LogProps, logKey } from '../support/encrypted-log-group.js';
import { metricOfTriggers } from '../support/management-events.js';
import { bucketProtection } from '../support/bucket-protection.js';
import { functionProtection, type ProtectedFunctions } from '../support/function-protection.js';
import { keepBucket } from '../support/kept-bucket.js';
import { keepFunction } from '../support/kept-function.js';
import { guardRole } from '../support/role-guard.js';
import { stagedBundle } from '../support/staged-bundle.js';
import { revocationBucket, type RevocationBucketProps } from './revocation-bucket.js';

/** The one object that counts. */
const KEY = 'revocations.json';

/** What who revokes does: read what is there, and write on condition of it. */
const REVOKE = ['s3:GetObject', 's3:PutObject'];

/** Where every point learns what is revoked. */
export interface IRevocationList extends IConstruct {
  readonly bucketName: string;
  readonly objectKey: string;
  /** The right to read this one object, and nothing else. */
  readStatement(): PolicyStatement;
  /** Let somebody read what is revoked, such as a function of yours. */
  grantRead(grantee: IGrantable): Grant;
}

export interface RevocationListProps extends LogProps, RevocationBucketProps {
  /** From `resolve(model, { engine: 'aws' })`: what is revoked already, and the names of things. */
  readonly plan: Plan;
  /** What the alarm of every write does. @default nothing: the alarm is there to be seen */
  readonly alarmActions?: readonly IAlarmAction[];
}

/**
 * The revocation document of a platform: one object, which authorizers and the agents of gateway and sidecars
 * read again twice a minute. `ztp revoke --in s3://<bucket>/revocations.json` adds to it. Only roles that were
 * granted to may write, only on condition of what is there, and every write sounds an alarm.
 */
export class RevocationList extends Resource implements IRevocationList {
  /** The list of another stack or app, by its bucket. */
  static fromBucketName(scope: Construct, id: string, bucketName: string): IRevocationList {
    return new ImportedRevocationList(scope, id, bucketName);
  }

  readonly bucket: Bucket;
  readonly objectKey = KEY;
  private readonly publishers: string[] = [];
  private readonly writes: Rule;
  private readonly stored: CustomResource;
  /** What may write from the beginning. */
  private readonly written: ProtectedFunctions;

  constructor(scope: Construct, id: string, props: RevocationListProps) {
    super(scope, id);
    const { plan } = props;
    this.bucket = revocationBucket(this, 'Bucket', props);
    keepBucket(this.bucket);
    const { writer, role } = this.writer(plan, props);
    this.written = { functions: [writer.functionArn], roles: [role.roleArn] };
    this.reserve();
    this.stored = new CustomResource(this, 'Stored', {
      serviceToken: writer.functionArn,
      resourceType: 'Custom::ZeroTrustRevocations',
      // Nothing reads it: it changes when there may be something to write.
      properties: { Version: plan.revocation.document.version },
    });
    this.stored.node.addDependency(writer, this.bucket);
    this.writes = this.watch(plan, props.alarmActions ?? []);
  }

  /** Known when there is a document: without one a reader would refuse everybody. */
  get bucketName(): string {
    return this.stored.getAttString('Bucket');
  }

  readStatement(): PolicyStatement {
    return readStatement(this.bucket.arnForObjects(KEY));
  }

  grantRead(grantee: IGrantable): Grant {
    return grantRead(grantee, this.readStatement());
  }

  /** Writes and deletions of the document: each is told by an alarm. */
  metricWritten(options?: MetricOptions): Metric {
    return metricOfTriggers(this.writes, options);
  }

  /**
   * Let a role revoke, by `ztp revoke`. The bucket's policy names it: a role of this stack, or one that is named
   * by a literal ARN.
   */
  grantRevoke(role: IRole): void {
    this.publishers.push(role.roleArn);
    role.addToPrincipalPolicy(
      new PolicyStatement({
        sid: 'Revoke',
        actions: [...REVOKE],
        resources: [this.bucket.arnForObjects(KEY)],
      }),
    );
  }

  /**
   * Statements for a service control policy or a permissions boundary: the bucket's own policy keeps others from
   * writing, and these keep it, the bucket and the function that writes the first document as they are, to all but the
   * deployers.
   * @param deployers ARNs of roles, with `*` for what varies
   */
  protectionStatements(deployers: readonly string[]): PolicyStatement[] {
    return [
      bucketProtection('RevocationBucket', [this.bucket.bucketArn], deployers),
      ...functionProtection('RevocationWriter', this.written, deployers),
    ];
  }

  private writer(plan: Plan, { encryptionKey = logKey(this, 'Key'), retention }: RevocationListProps) {
    grantToLogs(this, encryptionKey);
    const logGroup = encryptedLogGroup(this, 'Log', {
      encryptionKey,
      ...(retention !== undefined && { retention }),
    });
    const role = new Role(this, 'WriterRole', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    this.grantRevoke(role);
    const text = `${canonicalJson(plan.revocation.document)}\n`;
    const variables = { REVOCATIONS_BUCKET: this.bucket.bucketName, REVOCATIONS_KEY: KEY };
    const writer = new LambdaFunction(this, 'Writer', {
      description: `Writes the first revocation document of ${plan.trustDomain}`,
      code: stagedBundle(this, 'gateway/revocations', { [KEY]: text }),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 256,
      timeout: Duration.minutes(1),
      role,
      logGroup,
      environment: variables,
    });
    keepFunction({ handler: writer, role, variables });
    writer.node.addDependency(role);
    const resources = [this.bucket.arnForObjects(KEY)];
    guardRole(this, 'WriterGuard', { role, handler: writer, actions: REVOKE, resources });
    return { writer, role };
  }

  /** Whatever another policy allows: nobody else writes, and nobody writes over what they have not seen. */
  private reserve(): void {
    const deny = (sid: string, actions: string[], conditions: Record<string, Record<string, unknown>> = {}) =>
      this.bucket.addToResourcePolicy(
        new PolicyStatement({
          sid,
          effect: Effect.DENY,
          principals: [new AnyPrincipal()],
          actions,
          resources: [this.bucket.arnForObjects('*')],
          conditions,
        }),
      );
    const others = { ArnNotEquals: { 'aws:PrincipalArn': Lazy.list({ produce: () => this.publishers }) } };
    deny('OnlyPublishersWrite', ['s3:PutObject'], others);
    // A replication rule of another bucket writes by these, and is asked for no condition of what is there.
    deny('NobodyReplicates', ['s3:ReplicateObject', 's3:ReplicateDelete', 's3:ReplicateTags']);
    // "Enforce conditional writes on Amazon S3 buckets", Amazon S3 user guide.
    deny('OnConditionAlone', ['s3:PutObject'], {
      Null: { 's3:if-match': 'true', 's3:if-none-match': 'true' },
    });
    // A document that is gone closes every service: nobody's right.
    deny('NobodyDeletes', ['s3:DeleteObject', 's3:DeleteObjectVersion']);
  }

  private watch(plan: Plan, actions: readonly IAlarmAction[]): Rule {
    const written = new Rule(this, 'Written', {
      description: `The revocation document of ${plan.trustDomain} was written or deleted`,
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Created', 'Object Deleted'],
        detail: { bucket: { name: [this.bucket.bucketName] }, object: { key: [KEY] } },
      },
    });
    const alarm = new Alarm(this, 'WrittenAlarm', {
      alarmDescription: `${plan.trustDomain}: something was revoked, or is revoked no more`,
      metric: metricOfTriggers(written, { period: Duration.minutes(1) }),
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    for (const action of actions) alarm.addAlarmAction(action);
    return written;
  }
}

class ImportedRevocationList extends Resource implements IRevocationList {
  readonly objectKey = KEY;
  private readonly bucket: IBucket;

  constructor(
    scope: Construct,
    id: string,
    readonly bucketName: string,
  ) {
    super(scope, id);
    this.bucket = Bucket.fromBucketName(this, 'Bucket', bucketName);
  }

  readStatement(): PolicyStatement {
    return readStatement(this.bucket.arnForObjects(KEY));
  }

  grantRead(grantee: IGrantable): Grant {
    return grantRead(grantee, this.readStatement());
  }
}

function grantRead(grantee: IGrantable, { actions, resources }: PolicyStatement): Grant {
  return Grant.addToPrincipal({ grantee, actions, resourceArns: resources });
}

function readStatement(object: string): PolicyStatement {
  return new PolicyStatement({ sid: 'Revocations', actions: ['s3:GetObject'], resources: [object] });
}
