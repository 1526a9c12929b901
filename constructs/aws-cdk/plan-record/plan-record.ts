import { ArnFormat, type IResource, Resource, Stack } from 'aws-cdk-lib';
import { Grant, type IGrantable, type PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import type { Plan } from '../../../lib/plan/plan.js';
import { type PlanRecord as Recorded, planParameter } from '../../../lib/plan/record.js';
import { planText } from '../../../lib/plan/resolve.js';
import { configurationHash } from '../../../lib/point/configuration.js';
import { ConfigurationStore, PLAN } from '../mesh/configuration-store.js';
import type { Mesh } from '../mesh/index.js';
import type { BucketKeyProps } from '../support/bucket-key.js';
import { bucketProtection } from '../support/bucket-protection.js';
import { encryptedLogGroup, grantToLogs, type LogProps, logKey } from '../support/encrypted-log-group.js';
import { denied, functionProtection } from '../support/function-protection.js';

/** What a deployment says of its plan. */
export interface IPlanRecord extends IResource {
  /** Of a parameter that holds bucket, key and SHA-256 of the plan: for `ztp diff --parameter`. */
  readonly parameterName: string;
  /** Let somebody read the parameter and the plans, and nothing else: what `ztp diff` needs. */
  grantRead(grantee: IGrantable): Grant;
}

export interface PlanRecordProps extends LogProps, BucketKeyProps {
  readonly plan: Plan;
  /** A mesh of the same plan, which keeps it beside its configurations. @default a bucket of the record's own */
  readonly mesh?: Mesh;
  /** Where accesses to a bucket of the record's own are logged. @default not logged */
  readonly accessLogBucket?: IBucket;
}

export interface PlanRecordAttributes {
  /** The trust domain of the platform. */
  readonly trustDomain: string;
  readonly bucketName: string;
}

/**
 * The plan of a deployment, so that `ztp diff` can say what the next one changes about who may do what. The plan is an
 * object of a versioned bucket, named by its hash, which nobody but one function writes; a parameter holds address and
 * hash. Who writes to the bucket can therefore hide the plan, and not put another in its place.
 */
export class PlanRecord extends Resource implements IPlanRecord {
  /** The record of another stack or app of this account and region. */
  static fromAttributes(scope: Construct, id: string, attributes: PlanRecordAttributes): IPlanRecord {
    return new ImportedPlanRecord(scope, id, attributes);
  }

  readonly parameterName: string;
  private readonly store: ConfigurationStore;
  private readonly parameter: StringParameter;

  constructor(scope: Construct, id: string, props: PlanRecordProps) {
    super(scope, id);
    const { plan, mesh } = props;
    this.store = mesh?.store ?? this.ownStore(props);
    this.parameterName = planParameter(plan.trustDomain);
    // The bucket's name is known when the plan is stored: the parameter never names what is not there.
    const recorded: Recorded = {
      bucket: this.store.bucketName,
      key: this.store.keyOf(PLAN),
      sha256: configurationHash(planText(plan)),
    };
    this.parameter = new StringParameter(this, 'Parameter', {
      parameterName: this.parameterName,
      description: `Where the deployed plan of ${plan.trustDomain} is; for ztp diff`,
      stringValue: Stack.of(this).toJsonString(recorded),
    });
  }

  grantRead(grantee: IGrantable): Grant {
    return grantRead(grantee, this.parameter.parameterArn, this.store.bucket);
  }

  /**
   * Statements for a service control policy or a permissions boundary: the parameter stays as the deployers made it, and
   * so do bucket and writer where they are the record's own (else the mesh says it of them).
   * @param deployers ARNs of roles, with `*` for what varies
   */
  protectionStatements(deployers: readonly string[]): PolicyStatement[] {
    const { bucket, writer } = this.store;
    const own = this.store.node.scope === this;
    return [
      denied(
        'PlanRecord',
        ['ssm:PutParameter', 'ssm:DeleteParameter*'],
        [this.parameter.parameterArn],
        deployers,
      ),
      ...(own ? [bucketProtection('PlanBucket', [bucket.bucketArn], deployers)] : []),
      ...(own ? functionProtection('PlanWriter', writer, deployers) : []),
    ];
  }

  private ownStore({ plan, ...props }: PlanRecordProps): ConfigurationStore {
    const { encryptionKey = logKey(this, 'Key'), retention, mesh: _, ...bucket } = props;
    grantToLogs(this, encryptionKey);
    const logGroup = encryptedLogGroup(this, 'Log', {
      encryptionKey,
      ...(retention !== undefined && { retention }),
    });
    return new ConfigurationStore(this, 'Store', {
      plan,
      configurations: {},
      logGroup,
      ...bucket,
    });
  }
}

class ImportedPlanRecord extends Resource implements IPlanRecord {
  readonly parameterName: string;
  private readonly bucket: IBucket;

  constructor(scope: Construct, id: string, { trustDomain, bucketName }: PlanRecordAttributes) {
    super(scope, id);
    this.parameterName = planParameter(trustDomain);
    this.bucket = Bucket.fromBucketName(this, 'Bucket', bucketName);
  }

  grantRead(grantee: IGrantable): Grant {
    const resourceName = this.parameterName.slice(1);
    const arnFormat = ArnFormat.SLASH_RESOURCE_NAME;
    const parameter = Stack.of(this).formatArn({
      service: 'ssm',
      resource: 'parameter',
      resourceName,
      arnFormat,
    });
    return grantRead(grantee, parameter, this.bucket);
  }
}

function grantRead(grantee: IGrantable, parameterArn: string, bucket: IBucket): Grant {
  const grant = Grant.addToPrincipal({
    grantee,
    actions: ['ssm:GetParameter'],
    resourceArns: [parameterArn],
  });
  // Of every deployment: the names of objects are hashes.
  const plans = [bucket.arnForObjects(`${PLAN}/*`)];
  return grant.combine(Grant.addToPrincipal({ grantee, actions: ['s3:GetObject'], resourceArns: plans }));
}
