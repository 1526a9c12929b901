import { Duration, Resource, Token } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import type { IRestApi } from 'aws-cdk-lib/aws-apigateway';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { TIMEOUT } from '../authorizer/authorizer-function.js';
import type { ITokenAuthorizer } from '../authorizer/index.js';
import type { ServiceEdge } from '../edge/index.js';
import type { LoadBalancerEdge } from '../load-balancer/index.js';
import type { WebFirewall } from '../firewall/index.js';
import { ConstructError } from '../support/error.js';
import { checkRange } from '../support/literal.js';
import { ruleOfCalls } from '../support/management-events.js';
import { AlarmTopic } from './alarm-topic.js';
import type { AuditTrail } from './audit-trail.js';
import { ruleOfEvidence } from './evidence-rule.js';
import type { LogArchive } from './log-archive.js';

/** The age of a certificate in use, and how long it lives. */
export interface CertificateAge {
  /** Seconds since it was issued. */
  readonly age: IMetric;
  /** Seconds of its life; it is renewed between a half and two thirds of it. */
  readonly lifetime: number;
}

/** Certificates that were issued, and how many a rollout of everything takes. */
export interface Issuance {
  readonly issued: IMetric;
  readonly workloads: number;
}

/** Requests that points refuse, and how many of them are too many. */
export interface Refusals {
  readonly refused: IMetric;
  /** In five minutes. */
  readonly most: number;
}

export interface SecurityAlarmsProps {
  /** Where alarms go. @default an encrypted topic of the construct's own */
  readonly topic?: ITopic;
  /** @default none */
  readonly authorizer?: ITokenAuthorizer;
  /** By name of the service. @default none */
  readonly edges?: Readonly<Record<string, ServiceEdge>>;
  /** How clients come to the gateway past API Gateway. @default they do not */
  readonly loadBalancer?: LoadBalancerEdge;
  /**
   * APIs that were adopted, by any name. What an authorizer fails to answer is among their errors: an edge has an alarm
   * of its own for that, which needs its access log. An API that is imported must be told by its name
   * (`RestApi.fromRestApiAttributes` with `restApiName`).
   * @default none
   */
  readonly apis?: Readonly<Record<string, IRestApi>>;
  /** @default none */
  readonly firewall?: WebFirewall;
  /** By name of the workload. @default none */
  readonly certificates?: Readonly<Record<string, CertificateAge>>;
  /** @default none */
  readonly issuance?: Issuance;
  /** By any name, such as `Sidecars`: `RefusalCount` counts them. @default none */
  readonly refusals?: Readonly<Record<string, Refusals>>;
  /**
   * Every change is told that keeps logs out of the archive, ends its lock, or stops the trail. CloudTrail must log
   * management events.
   * @default none
   */
  readonly evidence?: { readonly archive: LogArchive; readonly trail?: AuditTrail };
  /** Keys whose every use is told, such as a root key. CloudTrail must log management events. @default none */
  readonly watchedKeys?: Readonly<Record<string, IKey>>;
  /** Of a hundred judged requests, how many may be refused in five minutes. @default 50 */
  readonly refusedPercent?: number;
  /** Requests that the firewall may block in five minutes. @default 1000 */
  readonly blockedRequests?: number;
  /** What the slowest hundredth of judgements may take for a quarter of an hour. @default a second */
  readonly slowAuthorizer?: Duration;
  /** Connections to the load balancer that may come to no TLS in five minutes: everybody on the internet can try. @default 1000 */
  readonly tlsErrors?: number;
  /** What the slowest hundredth of a service's answers may take for a quarter of an hour. @default five seconds */
  readonly slowAnswer?: Duration;
}

const PERIOD = Duration.minutes(5);
/** One slow minute is no alarm, and of few requests a hundredth says nothing. */
const SLOW = { evaluationPeriods: 3, evaluateLowSampleCountPercentile: 'ignore' };
/** Below so many requests in a period a ratio says nothing. */
const FEWEST = 100;
/** Revocations are up to 60 s old; from so many seconds on something is wrong. */
const OLD_REVOCATIONS = 90;
/** A certificate that is older than this part of its life was not renewed when it should have been. */
const LATE = 0.8;

/** What security must hear of, as alarms that need no one to look. */
export class SecurityAlarms extends Resource {
  readonly topic: ITopic;
  /** By their ids, such as `AuthorizerThrottles`. */
  readonly alarms: Readonly<Record<string, Alarm>>;
  private readonly made: Record<string, Alarm> = {};

  constructor(scope: Construct, id: string, props: SecurityAlarmsProps) {
    super(scope, id);
    this.topic = props.topic ?? new AlarmTopic(this, 'Alarms').topic;
    if (props.authorizer) this.watchAuthorizer(props.authorizer, props);
    for (const [service, edge] of Object.entries(props.edges ?? {})) this.watchEdge(service, edge, props);
    if (props.loadBalancer) this.watchLoadBalancer(props.loadBalancer, props);
    for (const [name, api] of Object.entries(props.apis ?? {})) this.watchApi(name, api);
    if (props.apis && props.authorizer) this.watchTime(props.authorizer);
    if (props.firewall) this.watchFirewall(props.firewall, props);
    for (const [name, certificate] of Object.entries(props.certificates ?? {})) {
      this.watchCertificate(name, certificate);
    }
    if (props.issuance) this.watchIssuance(props.issuance);
    for (const [name, { refused, most }] of Object.entries(props.refusals ?? {})) {
      this.alarm(`Refusals-${name}`, refused, most, `${name} refuse more than usual`);
    }
    for (const [name, key] of Object.entries(props.watchedKeys ?? {})) this.watchKey(name, key);
    if (props.evidence) {
      ruleOfEvidence(this, 'Evidence', props.evidence).addTarget(new SnsTopic(this.topic));
    }
    this.alarms = this.made;
    if (Object.keys(this.made).length === 0 && !props.watchedKeys && !props.evidence) {
      throw new ConstructError(this, {
        code: 'nothing-to-watch',
        message: 'no alarm would ever sound',
        expected:
          'an authorizer, edges, a load balancer, APIs, a firewall, certificates, issuance, refusals, evidence or keys',
        remedy: 'Pass what is to be watched.',
      });
    }
  }

  private watchAuthorizer(
    authorizer: ITokenAuthorizer,
    { refusedPercent = 50, slowAuthorizer = Duration.seconds(1) }: SecurityAlarmsProps,
  ): void {
    checkRange(this, refusedPercent, {
      prop: 'refusedPercent',
      min: 1,
      max: 100,
      unit: 'percent',
      remedy: 'Say how many of a hundred requests may be refused.',
    });
    const of = { period: PERIOD };
    this.alarm('AuthorizerUnavailable', authorizer.metricUnavailable(of), 1, 'Requests could not be judged');
    this.alarm('AuthorizerThrottles', authorizer.metricThrottles(of), 1, 'The authorizer was throttled');
    const ratio = new MathExpression({
      label: 'Refused, percent',
      expression: `IF(judged > ${FEWEST}, 100 * FILL(refused, 0) / judged, 0)`,
      usingMetrics: { judged: authorizer.metricInvocations(of), refused: authorizer.metricRefused(of) },
      period: PERIOD,
    });
    this.alarm('RefusedRatio', ratio, refusedPercent, 'More requests are refused than usual');
    this.watchRevocations(authorizer);
    const slowest = authorizer.metricDuration({ ...of, statistic: 'p99' });
    this.alarmOfTime('AuthorizerLatency', slowest, slowAuthorizer, 'The authorizer is slow');
  }

  /** Before nothing is admitted any more: the function tells the age once a minute, as long as it is asked. */
  private watchRevocations(authorizer: ITokenAuthorizer): void {
    const bound = authorizer.revocationOutageSeconds;
    if (bound === undefined) return;
    const age = authorizer.metric('RevocationAge', { period: Duration.minutes(1) });
    const description = `What is revoked cannot be read; after ${bound} s nothing is admitted`;
    this.alarm('RevocationAge', age, Math.max(bound / 2, OLD_REVOCATIONS), description);
  }

  private watchEdge(
    service: string,
    edge: ServiceEdge,
    { slowAnswer = Duration.seconds(5) }: SecurityAlarmsProps,
  ): void {
    const of = { period: PERIOD };
    this.alarm(
      `AuthorizerFailures-${service}`,
      edge.metricAuthorizerFailures(of),
      1,
      `The authorizer gave no answer for ${service}`,
    );
    this.alarm(`ServerErrors-${service}`, edge.metricServerError(of), 10, `Users of ${service} get errors`);
    const slowest = edge.metricLatency(of);
    this.alarmOfTime(`Latency-${service}`, slowest, slowAnswer, `Users of ${service} wait for answers`);
  }

  private watchLoadBalancer(
    edge: LoadBalancerEdge,
    { slowAnswer = Duration.seconds(5), tlsErrors = 1000 }: SecurityAlarmsProps,
  ): void {
    const of = { period: PERIOD };
    const { clients } = edge;
    const few = clients.toLowerCase();
    this.alarm('BrowserErrors', edge.metricServerError(of), 10, `${clients} get errors from the gateway`);
    const unanswered = `${clients} get no answer of a gateway, or the firewall gave none`;
    this.alarm('BrowserUnanswered', edge.metricUnanswered(of), 10, unanswered);
    this.alarm(
      'BrowserLatency',
      edge.metricLatency(of),
      slowAnswer.toSeconds(),
      `${clients} wait for answers`,
      SLOW,
    );
    const full = `The load balancer of ${few} has no room for connections`;
    this.alarm('BrowserRejected', edge.metricRejectedConnections(of), 1, full);
    this.alarm('BrowserTls', edge.metricTlsErrors(of), tlsErrors, `More ${few} than usual come to no TLS`);
    const behind = `The load balancer of ${few} and the gateway come to no TLS`;
    this.alarm('BrowserGatewayTls', edge.metricGatewayTlsErrors(of), 10, behind);
    const unhealthy = 'A gateway has not been healthy for a quarter of an hour';
    this.alarm('BrowserHosts', edge.metricUnhealthyHosts(of), 1, unhealthy, { evaluationPeriods: 3 });
  }

  private watchApi(name: string, api: IRestApi): void {
    const metric = new Metric({
      namespace: 'AWS/ApiGateway',
      metricName: '5XXError',
      dimensionsMap: { ApiName: this.nameOf(name, api) },
      statistic: 'Sum',
      period: PERIOD,
    });
    const description = `Users of ${api.node.path} get errors, from the service or because the authorizer gave no answer`;
    this.alarm(`ServerErrors-${name}`, metric, 10, description);
  }

  /** The metrics of API Gateway go by the name of an API; for an import that does not say it the CDK takes its id. */
  private nameOf(name: string, api: IRestApi): string {
    if (api.node.defaultChild !== undefined || api.restApiName !== api.node.id) return api.restApiName;
    throw new ConstructError(this, {
      code: 'api-without-name',
      message: 'the metrics of an API go by its name, which this import does not say',
      prop: `apis.${name}`,
      found: api.node.path,
      remedy: 'Import it by RestApi.fromRestApiAttributes with its restApiName, under another construct id.',
    });
  }

  /** An authorizer that takes its whole time has given no answer. */
  private watchTime(authorizer: ITokenAuthorizer): void {
    const longest = authorizer.metricDuration({ period: PERIOD, statistic: 'Maximum' });
    const limit = TIMEOUT.toMilliseconds();
    this.alarm(
      'AuthorizerTimeouts',
      longest,
      limit,
      'The authorizer took all of its time, and gave no answer',
    );
  }

  private watchFirewall(firewall: WebFirewall, { blockedRequests = 1000 }: SecurityAlarmsProps): void {
    const blocked = firewall.metricBlocked(undefined, { period: PERIOD });
    this.alarm('FirewallBlocks', blocked, blockedRequests, 'The firewall blocks more than usual');
  }

  private watchCertificate(name: string, { age, lifetime }: CertificateAge): void {
    checkRange(this, lifetime, {
      prop: `certificates.${name}.lifetime`,
      min: 60,
      max: 604_800,
      unit: 'seconds',
      remedy: 'Give the life of a leaf as the plan has it.',
    });
    const late = Token.isUnresolved(lifetime) ? lifetime : Math.floor(lifetime * LATE);
    this.alarm(`CertificateAge-${name}`, age, late, `${name} does not renew its certificate`);
  }

  private watchIssuance({ issued, workloads }: Issuance): void {
    this.alarm('IssuanceSpike', issued, 2 * workloads + 10, 'More certificates than a rollout takes');
  }

  /** Every call with the key, the moment CloudTrail tells of it; of refused ones it tells most. */
  private watchKey(name: string, key: IKey): void {
    const rule = ruleOfCalls(this, `Key-${name}`, {
      description: `Every use of the key ${name}`,
      eventPattern: {
        source: ['aws.kms'],
        detailType: ['AWS API Call via CloudTrail'],
        detail: {
          eventSource: ['kms.amazonaws.com'],
          eventName: ['Sign', 'PutKeyPolicy', 'CreateGrant', 'DisableKey', 'ScheduleKeyDeletion'],
          resources: { ARN: [key.keyArn] },
        },
      },
    });
    rule.addTarget(new SnsTopic(this.topic));
  }

  private alarmOfTime(id: string, metric: IMetric, most: Duration, description: string): void {
    this.alarm(id, metric, most.toMilliseconds(), description, SLOW);
  }

  private alarm(
    id: string,
    metric: IMetric,
    threshold: number,
    description: string,
    more: Partial<AlarmProps> = {},
  ): void {
    const alarm = new Alarm(this, id, {
      metric,
      threshold,
      alarmDescription: description,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      // No request is no refusal; a metric that must be there says so by its own alarm.
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ...more,
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
    this.made[id] = alarm;
  }
}
