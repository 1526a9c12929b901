import { Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { SubnetType } from 'aws-cdk-lib/aws-ec2';
import { GatewayService, type GatewayServiceProps } from '../../../../constructs/aws-cdk/gateway/index.js';
import { ConstructError } from '../../../../constructs/aws-cdk/support/error.js';
import { allow, defineZeroTrust, http, workload } from '../../../../lib/model/index.js';
import { resolve } from '../../../../lib/plan/resolve.js';
import { warningsOf } from '../support/app.js';
import { container, environment, world } from '../mesh/world.js';

const UNVERIFIED = { reason: 'a public certificate is on order', expires: '2099-01-01' };

function gateway(props: Partial<GatewayServiceProps> = {}) {
  const made = world();
  const secret = new Secret(made.platform, 'Certificate');
  const service = new GatewayService(made.platform, 'Gateway', {
    mesh: made.mesh,
    certificate: secret,
    ...props,
  });
  return { ...made, service, template: () => Template.fromStack(made.platform) };
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(ConstructError);
    return (error as ConstructError).code;
  }
  return 'none';
}

test('TLS passes through an internal load balancer that only VPC links reach', () => {
  const template = gateway().template();
  template.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', {
    Scheme: 'internal',
    Type: 'network',
    EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: 'off',
    LoadBalancerAttributes: Match.arrayWith([{ Key: 'load_balancing.cross_zone.enabled', Value: 'true' }]),
  });
  template.resourceCountIs('AWS::ElasticLoadBalancingV2::Listener', 1);
  template.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', { Port: 443, Protocol: 'TCP' });
  template.hasResourceProperties('AWS::ElasticLoadBalancingV2::TargetGroup', {
    Protocol: 'TCP',
    TargetType: 'ip',
    HealthCheckProtocol: 'HTTP',
    HealthCheckPath: '/ready',
    HealthCheckPort: '15021',
  });
  template.resourceCountIs('AWS::ApiGateway::VpcLink', 1);
});

test('the gateway takes connections of the load balancer alone, and calls public services alone', () => {
  const { mesh, platform, template } = gateway();
  const idOf = (name: string) =>
    JSON.stringify(platform.resolve(mesh.network(name).securityGroup.securityGroupId));
  const rules = (type: string, own: string, other: string) =>
    Object.values(template().findResources(type))
      .filter(({ Properties }) => JSON.stringify(Properties[own]) === idOf('gateway'))
      .map(({ Properties }) => ({
        port: Properties.FromPort as number,
        other: JSON.stringify(Properties[other]),
      }));
  const ingress = rules('AWS::EC2::SecurityGroupIngress', 'GroupId', 'SourceSecurityGroupId');
  expect(ingress.map(({ port }) => port).sort((a, b) => a - b)).toEqual([15_021, 15_443]);
  expect(new Set(ingress.map(({ other }) => other)).size).toBe(1);
  const egress = rules('AWS::EC2::SecurityGroupEgress', 'GroupId', 'DestinationSecurityGroupId');
  expect(egress.filter(({ port }) => port === 15_006).map(({ other }) => other)).toEqual([idOf('web')]);
  expect(egress.map(({ port }) => port).sort((a, b) => a - b)).toEqual([443, 15_006, 15_010]);
});

test('a rollout never has fewer tasks, and one that does not get healthy is undone', () => {
  const template = gateway().template();
  template.hasResourceProperties('AWS::ECS::Service', {
    DesiredCount: Match.absent(),
    DeploymentConfiguration: {
      MinimumHealthyPercent: 100,
      MaximumPercent: 200,
      DeploymentCircuitBreaker: { Enable: true, Rollback: true },
    },
    NetworkConfiguration: { AwsvpcConfiguration: { AssignPublicIp: 'DISABLED' } },
    LoadBalancers: [{ ContainerName: 'gateway', ContainerPort: 15_443 }],
  });
  template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
    MinCapacity: 2,
    MaxCapacity: 10,
  });
  expect(container(template, 'gateway')).toMatchObject({
    User: '20901:20901',
    ReadonlyRootFilesystem: true,
    LinuxParameters: { Capabilities: { Drop: ['ALL'] } },
  });
});

test('an alarm comes 60 days before the end of a client certificate, also if nothing says when that is', () => {
  gateway()
    .template()
    .hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'ClientCertificateDaysLeft',
      Namespace: Match.stringLikeRegexp('^ZeroTrustPlatform/'),
      Threshold: 60,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
    });
});

test('the server certificate is read from its secret by the gateway alone, or is a named weakening', () => {
  const template = gateway().template();
  const { ZTP_EDGE_CERTIFICATE: source } = environment(container(template, 'gateway'));
  expect(source).toEqual({ Ref: expect.stringContaining('Certificate') });
  template.hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({
          Action: ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'],
          Resource: source,
        }),
      ]),
    },
  });
  const { platform, template: weak } = gateway({ certificate: undefined, unverifiedCertificate: UNVERIFIED });
  expect(environment(container(weak(), 'gateway'))['ZTP_EDGE_CERTIFICATE']).toBe('self-made');
  expect(warningsOf(platform).join('\n')).toContain('a public certificate is on order');
});

describe('mistakes', () => {
  test('no certificate and no weakening, both, or a weakening that has ended', () => {
    expect(codeOf(() => gateway({ certificate: undefined }))).toBe('no-server-certificate');
    expect(codeOf(() => gateway({ unverifiedCertificate: UNVERIFIED }))).toBe('no-server-certificate');
    const ended = { reason: 'was on order', expires: '2020-01-01' };
    expect(codeOf(() => gateway({ certificate: undefined, unverifiedCertificate: ended }))).toBe(
      'weakening-expired',
    );
  });

  test('one zone, one task, and fewer at most than at least', () => {
    const subnets = { subnetType: SubnetType.PRIVATE_WITH_EGRESS, availabilityZones: ['eu-west-1a'] };
    expect(codeOf(() => gateway({ subnets }))).toBe('one-zone');
    expect(codeOf(() => gateway({ subnets: { subnetType: SubnetType.PUBLIC } }))).toBe('public-subnets');
    expect(codeOf(() => gateway({ minTasks: 1 }))).toBe('out-of-range');
    expect(codeOf(() => gateway({ minTasks: 5, maxTasks: 4 }))).toBe('out-of-range');
    expect(codeOf(() => gateway({ memoryMiB: Token.asNumber({ Ref: 'Memory' }) }))).toBe('literal-needed');
    expect(codeOf(() => gateway({ clientCertificateStep: 0 }))).toBe('out-of-range');
    expect(codeOf(() => gateway({ clientCertificateStep: Token.asNumber({ Ref: 'Step' }) }))).toBe(
      'literal-needed',
    );
  });

  test('a plan without a public service', () => {
    const internal = resolve(
      defineZeroTrust({
        trustDomain: 'shop.example',
        environment: 'test',
        services: { orders: http(), payments: http() },
        access: [allow(workload('orders')).to('payments', 'GET /charges/{id}')],
      }),
      { engine: 'aws' },
    );
    const { mesh, platform } = world({ plan: internal, unjoined: ['orders', 'payments'] });
    expect(
      codeOf(() => new GatewayService(platform, 'Gateway', { mesh, unverifiedCertificate: UNVERIFIED })),
    ).toBe('no-public-service');
  });
});

test('a size that Fargate does not have is an error', () => {
  expect(codeOf(() => gateway({ cpu: 512, memoryMiB: 8192 }))).toBe('no-fargate-size');
  gateway({ cpu: 4096, memoryMiB: 8192 })
    .template()
    .hasResourceProperties('AWS::ECS::TaskDefinition', { Cpu: '4096', Memory: '8192' });
});
