import { Duration, Resource } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { ITokenAuthorizer } from '../authorizer/index.js';
import type { ServiceEdge } from '../edge/index.js';
import type { LoadBalancerEdge } from '../load-balancer/index.js';
import type { WebFirewall } from '../firewall/index.js';
import { ConstructError } from '../support/error.js';
import type { SecurityAlarms } from './security-alarms.js';

export interface SecurityDashboardProps {
  readonly authorizer?: ITokenAuthorizer;
  /** By name of the service. @default none */
  readonly edges?: Readonly<Record<string, ServiceEdge>>;
  /** How clients come to the gateway past API Gateway. @default they do not */
  readonly loadBalancer?: LoadBalancerEdge;
  readonly firewall?: WebFirewall;
  readonly alarms?: SecurityAlarms;
  /** Any other metrics, by the title of their graph. @default none */
  readonly graphs?: Readonly<Record<string, readonly IMetric[]>>;
}

/** Columns of a dashboard ("CloudWatch dashboard body structure"). */
const WIDTH = 24;

/** What was asked, what was refused and by whom, on one page. */
export class SecurityDashboard extends Resource {
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, props: SecurityDashboardProps) {
    super(scope, id);
    const widgets = rowsOf(props);
    if (widgets.length === 0) {
      throw new ConstructError(this, {
        code: 'nothing-to-show',
        message: 'the dashboard would be empty',
        expected: 'an authorizer, edges, a load balancer, a firewall, alarms or graphs',
        remedy: 'Pass what is to be shown.',
      });
    }
    this.dashboard = new Dashboard(this, 'Dashboard', {
      defaultInterval: Duration.hours(24),
      widgets: widgets.map((widget) => [widget]),
    });
  }
}

function rowsOf({
  authorizer,
  edges = {},
  loadBalancer,
  firewall,
  alarms,
  graphs = {},
}: SecurityDashboardProps): IWidget[] {
  const rows: IWidget[] = [];
  if (alarms) {
    rows.push(new AlarmStatusWidget({ title: 'Alarms', alarms: Object.values(alarms.alarms), width: WIDTH }));
  }
  if (authorizer) {
    const decisions = [
      authorizer.metricInvocations(),
      authorizer.metricRefused(),
      authorizer.metricUnavailable(),
    ];
    rows.push(graph('Authorizer: judged, refused, not judged', decisions));
    rows.push(
      graph('Authorizer: time and throttles', [authorizer.metricDuration(), authorizer.metricThrottles()]),
    );
  }
  for (const [service, edge] of Object.entries(edges)) {
    const answers = [edge.metricCount(), edge.metricClientError(), edge.metricServerError()];
    rows.push(graph(`${service}: requests, refusals, errors`, answers));
  }
  if (loadBalancer) {
    const { clients } = loadBalancer;
    const answers = [
      loadBalancer.metricCount(),
      loadBalancer.metricClientError(),
      loadBalancer.metricServerError(),
      loadBalancer.metricUnanswered(),
      ...(loadBalancer.looksAtTokens ? [loadBalancer.metricRefused()] : []),
    ];
    rows.push(graph(`${clients}: requests, refusals, errors, no answer`, answers));
    const connections = [
      loadBalancer.metricRejectedConnections(),
      loadBalancer.metricTlsErrors(),
      loadBalancer.metricGatewayTlsErrors(),
      loadBalancer.metricUnhealthyHosts(),
    ];
    rows.push(graph(`${clients}: connections without room or TLS, unhealthy gateways`, connections));
    rows.push(graph(`${clients}: time`, [loadBalancer.metricLatency()]));
  }
  if (firewall) {
    const requests = [firewall.metricAllowed(), firewall.metricBlocked(), firewall.metricCounted()];
    rows.push(graph('Firewall: allowed, blocked, counted', requests));
  }
  for (const [title, metrics] of Object.entries(graphs)) rows.push(graph(title, metrics));
  return rows;
}

function graph(title: string, metrics: readonly IMetric[]): GraphWidget {
  return new GraphWidget({ title, left: [...metrics], width: WIDTH });
}
