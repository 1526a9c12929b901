import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Plan } from '../../../lib/plan/plan.js';
import type { TokenAuthorizer } from '../authorizer/index.js';
import type { ServiceEdge } from '../edge/index.js';
import type { WebFirewall } from '../firewall/index.js';
import type { LoadBalancerEdge } from '../load-balancer/index.js';
import type { Mesh } from '../mesh/index.js';
import {
  AuditTrail,
  DecisionQueries,
  LogArchive,
  type LogArchiveProps,
  type RecordedTraffic,
  RefusalCount,
  type RefusingPoints,
  SecurityAlarms,
  SecurityDashboard,
} from '../visibility/index.js';
import { logicalId, type Renames } from '../support/logical-id.js';
import { acknowledge, acknowledgeArchive } from './acknowledgements.js';
import type { PlatformStacks } from './stacks.js';

/** What is kept of what happened, and who is told. */
export interface PlatformVisibilityProps {
  /** How logs are kept, or an archive of yours. @default an archive of the platform's own, locked for a year */
  readonly archive?: LogArchive | Omit<LogArchiveProps, 'accessLogBucket' | 'retention' | 'alarmActions'>;
  /**
   * `existing`: the account has a trail already, with all management events and with writes to the platform's buckets; a
   * second one is paid for.
   * @default 'made'
   */
  readonly trail?: 'made' | 'existing';
  /** What is recorded of the network. @default 'all' for one of the platform's own, 'none' for yours */
  readonly flowLogs?: RecordedTraffic | 'none';
  /** Requests in five minutes that points behind the edge may refuse before an alarm sounds. @default 10 */
  readonly refusedByPoints?: number;
}

/** What a platform shows of itself. */
export interface PlatformVisibility {
  readonly archive: LogArchive;
  /** Absent where the account has one. */
  readonly trail?: AuditTrail;
  readonly queries: DecisionQueries;
  readonly dashboard: SecurityDashboard;
}

interface Seen {
  readonly plan: Plan;
  readonly stacks: PlatformStacks;
  readonly renames?: Renames;
  readonly topic: ITopic;
  readonly retention?: RetentionDays;
  readonly accessLogs: IBucket;
  readonly vpc: IVpc;
  readonly isOwnVpc: boolean;
  readonly mesh: Mesh;
  readonly authorizers: readonly TokenAuthorizer[];
  readonly edges: Readonly<Record<string, ServiceEdge>>;
  /** Absent where clients come by REST APIs alone. */
  readonly loadBalancer?: LoadBalancerEdge;
  /** Absent for one of the user's own. */
  readonly firewall?: WebFirewall;
  /** Where what is enforced lies. */
  readonly watchedBuckets: readonly IBucket[];
}

/**
 * The archive stands in the stack itself; trail, queries, alarms and dashboard in a nested one. What sends a log group
 * into the archive stands beside the group: a reference leads there and none back.
 */
export function platformVisibility(props: PlatformVisibilityProps, seen: Seen): PlatformVisibility {
  const { plan, stacks, topic, mesh, authorizers, loadBalancer, firewall } = seen;
  const archive = archiveOf(props, seen);
  for (const name of mesh.decidingPoints) {
    const network = mesh.network(name);
    archive.collect('Archived', network.logGroup, 'decisions', network);
    new RefusalCount(network, 'Refused', {
      platform: plan.trustDomain,
      points: kindOf(plan, name),
      logGroup: network.logGroup,
    });
  }
  for (const authorizer of authorizers) {
    archive.collect('Archived', authorizer.logGroup, 'decisions', authorizer);
  }
  if (firewall) {
    archive.collect('Archived', firewall.logGroup, 'firewall', firewall);
    new SecurityAlarms(stacks.part('firewall'), 'Alarms', { topic, firewall });
  }
  const place = stacks.part('visibility');
  acknowledge(place, 'visibility');
  const { flowLogs = seen.isOwnVpc ? 'all' : 'none' } = props;
  if (flowLogs !== 'none') archive.recordFlows('Flows', seen.vpc, flowLogs, place);
  const trail =
    props.trail === 'existing'
      ? undefined
      : new AuditTrail(place, 'Trail', { archive, watchedBuckets: seen.watchedBuckets });
  const refusals = refusalsOf(seen);
  const { refusedByPoints: most = 10 } = props;
  const alarms = new SecurityAlarms(place, 'Alarms', {
    topic,
    evidence: { archive, ...(trail && { trail }) },
    refusals: Object.fromEntries(
      Object.entries(refusals).map(([points, refused]) => [points, { refused, most }]),
    ),
  });
  const queries = new DecisionQueries(place, 'Queries', { platform: plan.trustDomain, archive });
  const dashboard = new SecurityDashboard(place, 'Dashboard', {
    alarms,
    ...(loadBalancer && { loadBalancer }),
    ...(firewall && { firewall }),
    graphs: graphsOf(seen, refusals),
  });
  return { archive, ...(trail && { trail }), queries, dashboard };
}

/** Statements that keep a platform's record as the deployers made it. */
export function visibilityProtection(
  { archive, trail }: PlatformVisibility,
  deployers: readonly string[],
): PolicyStatement[] {
  return [...archive.protectionStatements(deployers), ...(trail?.protectionStatements(deployers) ?? [])];
}

function archiveOf(
  { archive }: PlatformVisibilityProps,
  { stacks, accessLogs, topic, retention, renames = {} }: Seen,
): LogArchive {
  if (archive instanceof LogArchive) return archive;
  const place = stacks.stateful('archive');
  acknowledge(place, 'archive');
  const made = new LogArchive(place, 'Archive', {
    ...archive,
    accessLogBucket: accessLogs,
    ...(retention !== undefined && { retention }),
    alarmActions: [new SnsAction(topic)],
  });
  const bucket = logicalId('archive', ['Archive', 'Bucket']);
  acknowledgeArchive(made, renames[bucket] ?? bucket);
  return made;
}

function kindOf(plan: Plan, name: string): RefusingPoints {
  if (Object.hasOwn(plan.services, name)) return 'Sidecars';
  return name === plan.gateway.key ? 'Gateway' : 'Egress';
}

/** One metric for each kind of point that there is. */
function refusalsOf({ plan, mesh }: Seen): Readonly<Record<string, Metric>> {
  const kinds = new Set(mesh.decidingPoints.map((name) => kindOf(plan, name)));
  const of = { period: Duration.minutes(5) };
  return Object.fromEntries(
    [...kinds].map((points) => [points, RefusalCount.metricOf(plan.trustDomain, points, of)]),
  );
}

/** A graph for each question, with a line for each authorizer or service: what grows is a line, and no parameter. */
function graphsOf(
  { authorizers, edges }: Seen,
  refusals: Readonly<Record<string, Metric>>,
): Readonly<Record<string, readonly Metric[]>> {
  const each = (metric: (authorizer: TokenAuthorizer) => Metric) => authorizers.map(metric);
  const ofApis = (metricName: string, statistic: string) =>
    Object.entries(edges).map(
      ([label, { api }]) =>
        new Metric({
          namespace: 'AWS/ApiGateway',
          metricName,
          statistic,
          label,
          dimensionsMap: { ApiName: api.restApiName },
        }),
    );
  const graphs: Record<string, readonly Metric[]> = {
    'Refused by points behind the edge': Object.values(refusals),
    'Refused by authorizers': each((made) => made.metricRefused()),
    'Not judged by authorizers': each((made) => made.metricUnavailable()),
    'Time of authorizers': each((made) => made.metricDuration({ statistic: 'p99' })),
    'Requests of services': ofApis('Count', 'SampleCount'),
    'Errors of services': ofApis('5XXError', 'Sum'),
    'Time of services': ofApis('Latency', 'p99'),
  };
  return Object.fromEntries(Object.entries(graphs).filter(([, metrics]) => metrics.length > 0));
}
