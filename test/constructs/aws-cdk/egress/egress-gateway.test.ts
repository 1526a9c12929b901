import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { Mesh } from '../../../../constructs/aws-cdk/mesh/index.js';
import { configurationsOf } from '../../../../constructs/aws-cdk/mesh/configurations.js';
import { egressRefs, gatewayRefs, sidecarRefs } from '../../../../constructs/aws-cdk/mesh/refs.js';
import { identitiesOf } from '../../../../lib/authority/registration.js';
import { type RefValues, refsOf } from '../../../../lib/plan/refs.js';
import { configurationHash, configurationText } from '../../../../lib/point/configuration.js';
import { compileRules } from '../../../../lib/point/rules.js';
import { testStack } from '../support/app.js';
import { application, container, DIGEST, environment, templateOf } from '../mesh/world.js';
import { egressWorld, plan } from './world.js';

/** Rules between groups, by the names of their points. */
function ways() {
  const { platform, mesh } = egressWorld();
  const template = templateOf(platform);
  const names = new Map(
    ['web', 'payments', 'ledger', 'gateway', 'egress'].map((name) => [
      JSON.stringify(platform.resolve(mesh.network(name).securityGroup.securityGroupId)),
      name,
    ]),
  );
  names.set(JSON.stringify(platform.resolve(mesh.endpointSecurityGroup.securityGroupId)), 'endpoints');
  const nameOf = (id: unknown) => names.get(JSON.stringify(id)) ?? JSON.stringify(id);
  const ends = (type: string, from: string, to: string) =>
    Object.values(template.findResources(type))
      .map(({ Properties: rule }) => `${nameOf(rule[from])} → ${nameOf(rule[to])}:${rule.FromPort}`)
      .sort();
  const ranges = Object.values(template.findResources('AWS::EC2::SecurityGroup')).flatMap(
    ({ Properties }) => [
      ...(Properties.SecurityGroupIngress ?? []),
      ...(Properties.SecurityGroupEgress ?? []).filter(
        ({ CidrIp }: { CidrIp: string }) => CidrIp !== '255.255.255.255/32',
      ),
    ],
  );
  return {
    into: ends('AWS::EC2::SecurityGroupIngress', 'SourceSecurityGroupId', 'GroupId'),
    out: ends('AWS::EC2::SecurityGroupEgress', 'GroupId', 'DestinationSecurityGroupId'),
    ranges,
  };
}

test('a workload reaches its peers, the endpoints and the egress gateway, and this one alone reaches anything else', () => {
  const { into, out, ranges } = ways();
  const all = [
    ...['egress', 'gateway', 'ledger', 'payments', 'web'].map((name) => `${name} → endpoints:443`),
    // A database takes no tokens, so it fetches no keys.
    ...['gateway', 'payments', 'web'].map((name) => `${name} → egress:15010`),
    // Who calls a host outside, and nobody else.
    'payments → egress:15006',
    'gateway → web:15006',
    'payments → ledger:15006',
    'web → payments:15006',
  ].sort();
  expect(into).toEqual(all);
  expect(out).toEqual(all);
  expect(
    ranges.map(({ CidrIp, FromPort, ToPort, Description }) => [CidrIp, FromPort, ToPort, Description]),
  ).toEqual([
    ['0.0.0.0/0', 443, 443, 'egress gateway: the hosts that the model names'],
    ['0.0.0.0/0', 8443, 8443, 'egress gateway: the hosts that the model names'],
  ]);
});

test('there is no key tunnel beside it, and no identity of one', () => {
  const { mesh, platform } = egressWorld();
  expect(mesh.keyTunnel).toBeUndefined();
  expect(JSON.stringify(templateOf(platform).toJSON())).not.toContain('key-tunnel');
  expect([...identitiesOf(plan).keys()]).not.toContain('key-tunnel');
});

test('the task is the point egress: its configuration by hash, its identity on record, no public address', () => {
  const { platform } = egressWorld();
  const template = templateOf(platform);
  const told = environment(container(template, 'egress'));
  const text = configurationText(configurationsOf(plan)['egress']!);
  expect(told['ZTP_CONFIGURATION_KEY']).toBe(`egress/${configurationHash(text)}`);
  const records = Object.values(template.findResources('AWS::SSM::Parameter'));
  expect(JSON.stringify(records)).toContain('\\"point\\":\\"egress\\"');
  template.hasResourceProperties('AWS::ECS::Service', {
    NetworkConfiguration: { AwsvpcConfiguration: { AssignPublicIp: 'DISABLED' } },
    DeploymentConfiguration: { MinimumHealthyPercent: 100 },
  });
  template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
    MinCapacity: 2,
    MaxCapacity: 10,
  });
  template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'CertificateAge-egress' });
});

test('an application is told where its hosts outside are, behind its upstreams, and nobody else is', () => {
  const { shop, mesh } = egressWorld();
  mesh.join('payments', application(shop, 'Payments'), { applicationPort: 8080 });
  const template = templateOf(shop);
  expect(environment(container(template, 'app'))).toEqual({
    ZTP_LEDGER_URL: 'tcp://127.0.0.1:15101',
    ZTP_LEDGER_HOST: '127.0.0.1',
    ZTP_LEDGER_PORT: '15101',
    ZTP_EGRESS_API_BANK_EXAMPLE_URL: 'http://127.0.0.1:15102',
    ZTP_EGRESS_MAIL_EXAMPLE_URL: 'http://127.0.0.1:15103',
  });
  const { shop: other, mesh: same } = egressWorld();
  same.join('web', application(other, 'Web'), { applicationPort: 8080 });
  expect(JSON.stringify(environment(container(templateOf(other), 'app')))).not.toContain('EGRESS');
});

test('in another app a service that calls outside joins as it would here', () => {
  const stack = testStack();
  const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-1',
    availabilityZones: ['a'],
    privateSubnetIds: ['s'],
  });
  const image = ContainerImage.fromRegistry(`images.example/agent@${DIGEST}`);
  const mesh = Mesh.fromAttributes(stack, 'Mesh', { plan, vpc, image });
  mesh.join('payments', application(stack, 'Payments'), { applicationPort: 8080 });
  const template = templateOf(stack);
  expect(environment(container(template, 'app'))).toHaveProperty('ZTP_EGRESS_MAIL_EXAMPLE_URL');
  const told = environment(container(template, 'sidecar'));
  expect(told['ZTP_CONFIGURATION_KEY']).toBe(egressWorld().mesh.store.keyOf('payments'));
  expect(JSON.stringify(told['ZTP_REFS'])).toContain('egress/tunnel/endpoint/address');
});

test('an application cannot take the port of a host outside', () => {
  const { shop, mesh } = egressWorld();
  const join = () => mesh.join('payments', application(shop, 'Payments'), { applicationPort: 15_103 });
  expect(join).toThrow(/declares-sidecar-port|door of the sidecar/);
});

test('every ref of every configuration has a value, and nothing more is told', () => {
  const names = 'mesh.internal';
  const values: Record<string, RefValues> = {
    ...Object.fromEntries(
      ['web', 'payments'].map((name) => [name, sidecarRefs(plan, name, 8080, names)] as const),
    ),
    gateway: gatewayRefs(plan, names, { current: 'a', next: 'b' }),
    egress: egressRefs(plan, new Map()),
  };
  const configurations = configurationsOf(plan);
  expect(Object.keys(configurations).sort()).toEqual(['egress', 'gateway', 'ledger', 'payments', 'web']);
  for (const [name, told] of Object.entries(values)) {
    const { point, bootstrap, rules } = configurations[name]!;
    const own = ['admin', 'keys', 'routes', 'secrets'].map((part) => `${point}/${part}/`);
    const routes = compileRules(point, rules!, plan.revocation.document);
    const wanted = [...refsOf(bootstrap), ...refsOf(routes)].filter(
      (ref) => !own.some((start) => ref.startsWith(start)),
    );
    // A database is called by its port alone.
    const names = Object.keys(told).filter((ref) => !ref.endsWith('/outbound/ledger/authority'));
    expect(names.sort()).toEqual([...new Set(wanted)].sort());
  }
  expect(values['egress']).toMatchObject({
    'egress/api.bank.example/endpoint/address': 'api.bank.example',
    'egress/mail.example/endpoint/port': 8443,
    'egress/tunnel/listen/port': 15_010,
    'issuers/people/endpoint/address': 'keys.shop.example',
  });
  expect(values['payments']).toMatchObject({
    'egress/endpoint/address': 'egress.mesh.internal',
    'egress/tunnel/endpoint/address': 'egress.mesh.internal',
  });
});
