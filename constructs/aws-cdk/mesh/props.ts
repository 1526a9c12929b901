import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import type { ICluster } from 'aws-cdk-lib/aws-ecs';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IPrivateDnsNamespace } from 'aws-cdk-lib/aws-servicediscovery';
import type { Construct } from 'constructs';
import type { Plan } from '../../../lib/plan/plan.js';
import type { ICertificateAuthority, ImportedRole } from '../authority/index.js';
import type { Directories } from '../identity/index.js';
import type { IRevocationList } from '../revocations/index.js';
import type { BucketKeyProps } from '../support/bucket-key.js';
import type { LogProps } from '../support/encrypted-log-group.js';
import type { AgentImageProps } from './agent-image.js';

/** Where the resources of a service stand. Rules name two services, so they stand apart from both. */
export interface MeshPlacement {
  /** Security group, log group and discovery of a service. */
  readonly service: (service: string) => Construct;
  /** Who may connect to a service. */
  readonly rules: (service: string) => Construct;
}

/** How every point of a mesh runs. */
export interface PointProps extends AgentImageProps {
  /** Directories that the model leaves to the engine, by name. @default the model names every issuer by its ids */
  readonly directories?: Directories;
  /**
   * What gateway and sidecars read again and again, and refuse from then on.
   * @default what was revoked when the plan was made, until the next deployment
   */
  readonly revocations?: IRevocationList;
  /**
   * Seconds without an answer of `revocations` after which every service is closed, at most a day: what is revoked
   * is not known then.
   * @default 300
   */
  readonly revocationOutageSeconds?: number;
  /** Seconds for which an ending point takes connections, at most 55; as many again for what is under way. @default 20 */
  readonly drainSeconds?: number;
  /** What the alarms of each point do: of its certificate's age, of what it knows of `revocations`, of its decision service's ends. @default nothing: the alarms are there to be seen */
  readonly alarmActions?: readonly IAlarmAction[];
}

export interface MeshProps extends LogProps, BucketKeyProps, PointProps {
  /** The plan of the engine `aws`. */
  readonly plan: Plan;
  readonly authority: ICertificateAuthority;
  /** Where the services run; it needs private subnets. */
  readonly vpc: IVpc;
  /** Where the mesh's own tasks run. @default a cluster of the mesh's own */
  readonly cluster?: ICluster;
  /**
   * Where the key tunnel runs: it needs a way out. This and its size are of no use where the plan has an egress gateway,
   * which carries keys too.
   * @default private subnets with egress
   */
  readonly tunnelSubnets?: SubnetSelection;
  /** CPU units of a key tunnel's task; 1024 are a core. @default 256 */
  readonly tunnelCpu?: number;
  /** Memory of a key tunnel's task, in MiB; half of it is kept for the proxy. @default 512 */
  readonly tunnelMemoryMiB?: number;
  /** Key tunnels that run. With one no point fetches keys while it is replaced. @default 2 */
  readonly tunnelTasks?: number;
  /** Where services find one another. @default `<trust domain>.internal`, of the mesh's own */
  readonly namespace?: IPrivateDnsNamespace;
  /**
   * The group of interface endpoints that the VPC has already, for Lambda, CloudWatch Logs, ECR (`api` and
   * `dkr`) and S3; for Secrets Manager too, if the gateway has a certificate. What applications call, or have secrets
   * from, is up to them.
   * @default they are made, in each private subnet's zone
   */
  readonly endpointSecurityGroup?: ISecurityGroup;
  /**
   * The organization of AWS whose accounts tasks may use through the endpoints, `o-…`: images or buckets of another
   * account, for one. Of no use with `endpointSecurityGroup`.
   * @default this account alone
   */
  readonly organizationId?: string;
  /**
   * The account's quota of inbound, and of outbound, rules of a security group. Each service takes one at the endpoints'
   * group and one at that of what carries keys, and each public one takes one at the gateway's: above some 57 services AWS must raise it.
   * @default 60, which is that of every account
   */
  readonly rulesPerSecurityGroup?: number;
  /** Services of the plan that do not join in this app, or not yet. @default every service joins */
  readonly unjoined?: readonly string[];
  /** Where accesses to the bucket of configurations are logged. @default not logged */
  readonly accessLogBucket?: IBucket;
  /** @default everything stands in the mesh itself */
  readonly placement?: MeshPlacement;
}

export interface JoinOptions {
  /** Where the application listens, on the task's loopback; it need not be declared. */
  readonly applicationPort: number;
  /** Memory that is kept for the sidecar, in MiB. @default 128; 256 with a decision service */
  readonly sidecarMemoryMiB?: number;
  /** Needed for a task role that is not made in this app. @default the role is made here and its trust is set */
  readonly importedRole?: ImportedRole;
}
