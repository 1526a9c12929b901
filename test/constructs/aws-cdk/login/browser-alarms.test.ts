import { Duration } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { SecurityAlarms, SecurityDashboard } from '../../../../constructs/aws-cdk/visibility/index.js';
import { loginWorld } from './world.js';

const { platform, edge } = loginWorld();
const alarms = new SecurityAlarms(platform, 'Alarms', {
  loadBalancer: edge,
  tlsErrors: 50,
  slowAnswer: Duration.seconds(2),
});
new SecurityDashboard(platform, 'Dashboard', { loadBalancer: edge, alarms });
const template = Template.fromStack(platform);

interface AlarmProperties {
  readonly MetricName: string;
  readonly Namespace: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: unknown }[];
  readonly Threshold: number;
  readonly AlarmActions: readonly unknown[];
  readonly EvaluationPeriods: number;
  readonly ExtendedStatistic?: string;
  readonly Statistic?: string;
}

const propertiesOf = (id: string) => {
  const name = platform.resolve(alarms.alarms[id]!.alarmArn)['Fn::GetAtt'][0] as string;
  return template.toJSON()['Resources'][name].Properties as AlarmProperties;
};

const [BALANCER, BOTH] = [['LoadBalancer'], ['LoadBalancer', 'TargetGroup']];

test.each<[id: string, metric: string, of: string[], statistic: string, threshold: number, periods: number]>([
  ['BrowserErrors', 'HTTPCode_Target_5XX_Count', BOTH, 'Sum', 10, 1],
  ['BrowserUnanswered', 'HTTPCode_ELB_5XX_Count', BALANCER, 'Sum', 10, 1],
  ['BrowserLatency', 'TargetResponseTime', BOTH, 'p99', 2, 3],
  ['BrowserRejected', 'RejectedConnectionCount', BALANCER, 'Sum', 1, 1],
  ['BrowserTls', 'ClientTLSNegotiationErrorCount', BALANCER, 'Sum', 50, 1],
  ['BrowserGatewayTls', 'TargetTLSNegotiationErrorCount', BOTH, 'Sum', 10, 1],
  ['BrowserHosts', 'UnHealthyHostCount', BOTH, 'Maximum', 1, 3],
])('the alarm %s is of %s', (id, MetricName, of, statistic, Threshold, EvaluationPeriods) => {
  const alarm = propertiesOf(id);
  expect(alarm).toMatchObject({ Namespace: 'AWS/ApplicationELB', MetricName, Threshold, EvaluationPeriods });
  expect(alarm.ExtendedStatistic ?? alarm.Statistic).toBe(statistic);
  expect(alarm.Dimensions.map(({ Name }) => Name)).toEqual(of);
  expect(alarm.Dimensions[0]!.Value).toEqual(platform.resolve(edge.loadBalancer.loadBalancerFullName));
  expect(alarm.AlarmActions).toHaveLength(1);
});

test('nothing else of it has an alarm', () => {
  expect(Object.keys(alarms.alarms)).toHaveLength(7);
});

test('the dashboard shows them all, and who is refused', () => {
  const [dashboard] = Object.values(template.findResources('AWS::CloudWatch::Dashboard'));
  const shown = JSON.stringify(dashboard);
  const names = Object.keys(alarms.alarms).map((id) => propertiesOf(id).MetricName);
  expect(
    [...names, 'RequestCount', 'HTTPCode_Target_4XX_Count'].filter((name) => !shown.includes(name)),
  ).toEqual([]);
});
