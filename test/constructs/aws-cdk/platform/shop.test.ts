import { Stack } from 'aws-cdk-lib';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { RefusalCount } from '../../../../constructs/aws-cdk/visibility/index.js';
import { ShopStack } from '../../../../examples/aws-cdk/shop-stack.js';
import { expectGolden } from '../../../golden.js';
import { cfnLint } from '../../../support/aws/cfn-lint.js';
import { LAWS } from '../../../support/aws/laws/index.js';
import { ledgerOf } from '../../../support/aws/ledger.js';
import { acknowledgementsOf, unexplainedFindings } from '../../../support/aws/nag.js';
import { Reach } from '../../../support/aws/reach.js';
import { TEST_ENVIRONMENT, testApp } from '../../../support/aws/synth.js';
import { resourcesOf, templatesOf } from '../../../support/aws/template.js';
import { PYTHON_TOOLS_TIMEOUT } from '../../../support/python-tools.js';

const app = testApp();
const { platform } = new ShopStack(app, 'Shop', { env: TEST_ENVIRONMENT });
const templates = templatesOf(app.synth().directory);

const KINDS: Readonly<Record<string, 'Gateway' | 'Egress'>> = { gateway: 'Gateway', egress: 'Egress' };

test('no logical ID of the shop has changed: a change would replace what is deployed', () => {
  expectGolden('aws/shop-logical-ids.txt', `${ledgerOf(templates).join('\n')}\n`);
});

test('what a construct names as its metric a filter of its log writes, and nothing else is written', () => {
  const { authority, mesh, gateway, dnsFirewall, edges, plan } = platform;
  const points = [...Object.keys(plan.services), 'gateway', 'egress'];
  const named = (scope: Construct, ...metrics: readonly Metric[]) =>
    // A name may have a part that only the deployment knows.
    metrics.map((metric) => JSON.stringify(Stack.of(scope).resolve([metric.namespace, metric.metricName])));
  const names = [
    ...named(authority, authority.metricIssued(), authority.metricRefused()),
    ...named(authority, authority.metricRootSignatures(), authority.metricIssuerDaysLeft()),
    ...named(mesh, ...points.map((name) => mesh.metricCertificateAge(name))),
    ...named(mesh, ...points.map((name) => mesh.metricRevocationAge(name))),
    ...named(dnsFirewall!, dnsFirewall!.metricBlocked()),
    ...named(gateway!, gateway!.metricCertificateDaysLeft(), gateway!.metricClientCertificateDaysLeft()),
    ...edges!.authorizers.flatMap((made) => named(made, made.metricRefused(), made.metricUnavailable())),
    ...Object.values(edges!.edges).flatMap((edge) => named(edge, edge.metricAuthorizerFailures())),
    // Each point counts into the one metric of its kind.
    ...mesh.decidingPoints.flatMap((name) =>
      named(mesh, RefusalCount.metricOf(plan.trustDomain, KINDS[name] ?? 'Sidecars')),
    ),
  ];
  const written = resourcesOf(templates, 'AWS::Logs::MetricFilter').flatMap(({ properties }) =>
    (properties['MetricTransformations'] as Record<string, unknown>[]).map((made) =>
      JSON.stringify([made['MetricNamespace'], made['MetricName']]),
    ),
  );
  expect(written.toSorted()).toEqual(names.toSorted());
});

test('each point tells when it has not read what is revoked for half as long as it may, and when it closes', () => {
  const alarms = resourcesOf(templates, 'AWS::CloudWatch::Alarm').map(({ properties }) => properties);
  for (const point of [...Object.keys(platform.plan.services), 'gateway', 'egress']) {
    const found = alarms.filter(({ MetricName }) => MetricName === `RevocationAge-${point}`);
    const told = found.map(({ Threshold, AlarmActions }) => [Threshold, (AlarmActions as unknown[])?.length]);
    expect([point, told.toSorted((one, other) => Number(one[0]) - Number(other[0]))]).toEqual([
      point,
      [
        [150, 1],
        [300, 1],
      ],
    ]);
  }
});

test('a workload that leaves without Envoy comes to sidecars that a rule names, to the egress gateway and to endpoints that lead home', () => {
  const reach = new Reach(templates);
  for (const { name, sidecar, protocol } of Object.values(platform.plan.services)) {
    expect([name, reach.from(name)]).toEqual([
      name,
      [
        ...sidecar.upstreams.map((peer) => `${peer}:15006`),
        ...(sidecar.destinations ? ['egress:15006'] : []),
        ...(protocol === 'tcp' ? [] : ['egress:15010']),
        'endpoints:443',
      ].sort(),
    ]);
  }
});

test.each(LAWS.map((law) => [law.name, law] as const))('%s', (_, law) => {
  expect(law.broken(templates)).toEqual([]);
});

test('cdk-nag finds nothing that is not explained, by AwsSolutions and NIST 800-53 r5', () => {
  expect(unexplainedFindings(app)).toEqual([]);
});

test('every acknowledgement has a reason that says something', () => {
  const acknowledged = acknowledgementsOf(app);
  expect(acknowledged.length).toBeGreaterThan(20);
  for (const { reason } of acknowledged) expect(reason.split(' ').length).toBeGreaterThan(8);
});

test(
  'cfn-lint finds nothing',
  async () => {
    expect(await cfnLint(templates)).toEqual([]);
  },
  PYTHON_TOOLS_TIMEOUT,
);
