import { Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { SubnetType } from 'aws-cdk-lib/aws-ec2';
import type { ServiceLogin } from '../../../../constructs/aws-cdk/login/index.js';
import { ConstructError } from '../../../../constructs/aws-cdk/support/error.js';
import { configurationsOf } from '../../../../constructs/aws-cdk/mesh/configurations.js';
import { refsOf } from '../../../../lib/plan/refs.js';
import { container, environment } from '../mesh/world.js';
import { loginOnlyPlan, loginPlan, loginWorld } from './world.js';

type World = ReturnType<typeof loginWorld>;
const [LISTENER, BALANCER] = [
  'AWS::ElasticLoadBalancingV2::Listener',
  'AWS::ElasticLoadBalancingV2::LoadBalancer',
];

let made: World;
let template: Template;
beforeAll(() => {
  made = loginWorld();
  template = Template.fromStack(made.platform);
});

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(ConstructError);
    return (error as ConstructError).code;
  }
  return 'none';
}

test('a load balancer in public subnets ends TLS behind the firewall, and browsers come back by TLS alone', () => {
  template.hasResourceProperties(BALANCER, {
    Scheme: 'internet-facing',
    Type: 'application',
    LoadBalancerAttributes: Match.arrayWith([
      { Key: 'routing.http.drop_invalid_header_fields.enabled', Value: 'true' },
      { Key: 'routing.http.desync_mitigation_mode', Value: 'strictest' },
      { Key: 'routing.http.preserve_host_header.enabled', Value: 'true' },
      { Key: 'routing.http.xff_header_processing.mode', Value: 'append' },
    ]),
  });
  template.hasResourceProperties(LISTENER, {
    Port: 443,
    Protocol: 'HTTPS',
    SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09',
    Certificates: [{ CertificateArn: Match.stringLikeRegexp('Desk$') }],
    ListenerAttributes: Match.arrayWith([
      { Key: 'routing.http.response.strict_transport_security.header_value', Value: 'max-age=31536000' },
    ]),
  });
  template.hasResourceProperties('AWS::ElasticLoadBalancingV2::ListenerCertificate', {
    Certificates: [{ CertificateArn: Match.stringLikeRegexp('Books$') }],
  });
  template.hasResourceProperties('AWS::ElasticLoadBalancingV2::TargetGroup', {
    Protocol: 'HTTPS',
    Port: 15_444,
    HealthCheckProtocol: 'HTTP',
    HealthCheckPath: '/ready',
    HealthCheckPort: '15021',
  });
  template.resourceCountIs('AWS::WAFv2::WebACLAssociation', 1);
  template.hasResourceProperties('AWS::Route53::RecordSet', { Name: 'desk.shop.example.', Type: 'A' });
  template.hasResourceProperties('AWS::ECS::Service', {
    LoadBalancers: [
      Match.objectLike({ ContainerPort: 15_443 }),
      Match.objectLike({ ContainerName: 'gateway', ContainerPort: 15_444 }),
    ],
  });
});

test('its group lets browsers in at one port, and reaches the gateway alone; nobody else reaches that listener', () => {
  const { platform, edge, mesh } = made;
  const id = (group: { securityGroupId: string }) => JSON.stringify(platform.resolve(group.securityGroupId));
  const [own, gateway] = [id(edge.securityGroup), id(mesh.network('gateway').securityGroup)];
  template.hasResourceProperties('AWS::EC2::SecurityGroup', {
    GroupDescription: 'Load balancer of browsers: reached from the internet',
    SecurityGroupIngress: [
      Match.objectLike({ CidrIp: '0.0.0.0/0', FromPort: 443, ToPort: 443, IpProtocol: 'tcp' }),
    ],
  });
  const rules = (type: string, of: string) =>
    Object.values(template.findResources(`AWS::EC2::SecurityGroup${type}`)).filter(
      ({ Properties }) => JSON.stringify(Properties['GroupId']) === of,
    );
  const ways = rules('Egress', own).map(({ Properties }) => [
    Properties.FromPort as number,
    JSON.stringify(Properties.DestinationSecurityGroupId),
  ]);
  expect(ways).toEqual([
    [15_444, gateway],
    [15_021, gateway],
  ]);
  expect(rules('Ingress', own)).toEqual([]);
  const browsers = rules('Ingress', gateway).filter(({ Properties }) => Properties.FromPort === 15_444);
  expect(browsers.map(({ Properties }) => JSON.stringify(Properties.SourceSecurityGroupId))).toEqual([own]);
});

test('the task is told where secrets are, and nothing of what they are', () => {
  const { platform, options, gateway } = made;
  const { ZTP_LOGINS: logins } = environment(container(template, 'gateway'));
  const arns = [
    ...Object.values(options.services).map(({ clientSecret }) => clientSecret.secretArn),
    ...Object.values(gateway.sessionSecrets!.secrets).map(({ secretArn }) => secretArn),
  ];
  for (const arn of arns) {
    expect(JSON.stringify(logins)).toContain(JSON.stringify(platform.resolve(arn)));
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'],
            Resource: platform.resolve(arn),
          }),
        ]),
      },
    });
  }
  expect(JSON.stringify(template.toJSON()).includes('"SecretString":')).toBe(false);
  // Every ref of the login has its value, the agent's own aside.
  const { bootstrap } = configurationsOf(loginPlan)['gateway']!;
  const { ZTP_REFS: refs } = environment(container(template, 'gateway'));
  const open = refsOf(bootstrap).filter(
    (name) =>
      !JSON.stringify(refs).includes(`${name}`) && !/^gateway\/(admin|routes|secrets|keys)\//.test(name),
  );
  expect(open).toEqual([]);
});

test('what seals sessions is made by Secrets Manager, and another one each month', () => {
  template.hasResourceProperties('AWS::SecretsManager::Secret', {
    GenerateSecretString: { GenerateStringKey: 'secret', PasswordLength: 64, SecretStringTemplate: '{}' },
    KmsKeyId: Match.anyValue(),
  });
  template.resourceCountIs('AWS::SecretsManager::RotationSchedule', 2);
  template.allResourcesProperties('AWS::SecretsManager::RotationSchedule', {
    RotationRules: { AutomaticallyAfterDays: 30 },
    RotateImmediatelyOnUpdate: false,
  });
  template.hasResourceProperties('AWS::Lambda::Permission', {
    Principal: 'secretsmanager.amazonaws.com',
    SourceAccount: '111122223333',
  });
});

test('codes are exchanged through the tunnel, which leads to the token server too', () => {
  const { ZTP_REFS: refs } = environment(container(template, 'key-tunnel'));
  expect(JSON.stringify(refs)).toContain('tokens.shop.example');
});

describe('mistakes', () => {
  test('no options where browsers sign in, some too few, and some too many', () => {
    expect(codeOf(() => loginWorld(() => ({ login: undefined as never })))).toBe('login-without-edge');
    const one = loginWorld.bind(undefined, ({ services, ...rest }) => ({
      login: { ...rest, services: { desk: services['desk']! } },
    }));
    expect(codeOf(one)).toBe('login-without-edge');
    const three = loginWorld.bind(undefined, ({ services, ...rest }) => ({
      login: { ...rest, services: { ...services, web: services['desk']! } },
    }));
    expect(codeOf(three)).toBe('unknown-service');
  });

  test('no firewall, unless somebody says why', () => {
    const without = (more: object) => () =>
      loginWorld((options) => {
        const { firewall: _, ...rest } = options;
        return { login: { ...rest, ...more } };
      });
    expect(codeOf(without({}))).toBe('edge-without-firewall');
    const reason = { reason: 'one is in front of it', expires: '2099-01-01' };
    expect(codeOf(without({ withoutFirewall: reason }))).toBe('none');
  });

  test('a certificate of another region, also without a platform', () => {
    const arn = (region: string) => `arn:aws:acm:${region}:111122223333:certificate/desk`;
    const certified = (region: string) => () =>
      loginWorld(({ services, ...rest }, stack) => ({
        login: {
          ...rest,
          services: {
            ...services,
            desk: {
              ...services['desk']!,
              certificate: Certificate.fromCertificateArn(stack, 'C', arn(region)),
            },
          },
        },
      }));
    expect(codeOf(certified('us-east-1'))).toBe('other-environment');
    expect(codeOf(certified('eu-west-1'))).toBe('none');
  });

  test.each<[string, (given: ServiceLogin) => unknown, string]>([
    ['nothing at all', () => undefined, 'certificate'],
    ['an empty object', () => ({}), 'certificate'],
    ['no certificate', ({ clientSecret }) => ({ clientSecret }), 'certificate'],
    ['no secret', ({ certificate }) => ({ certificate }), 'clientSecret'],
  ])('%s for a service, from JavaScript: the error says what is missing', (_what, given, part) => {
    const left = () =>
      loginWorld(({ services, ...rest }) => ({
        login: { ...rest, services: { ...services, desk: given(services['desk']!) as never } },
      }));
    expect(left).toThrow(
      expect.objectContaining({
        code: 'missing',
        message: expect.stringContaining(`, login.services.desk.${part}]`),
      }),
    );
  });

  test('a rotation that is no whole number of days', () => {
    const rotated = () =>
      loginWorld((options) => ({ login: { ...options, sealRotation: Duration.hours(36) } }));
    expect(codeOf(rotated)).toBe('out-of-range');
  });

  test('more networks than a security group has rules, at synthesis', () => {
    const networks = (count: number) => Array.from({ length: count }, (_, index) => `198.51.${index}.0/24`);
    const told = (count: number) =>
      loginWorld((options) => ({ login: { ...options, allowedNetworks: networks(count) } }))
        .edge.node.validate()
        .join();
    expect(told(61)).toMatch(/too-many-group-rules: .*61 inbound rules .*load balancer of clients/);
    expect(told(60)).toBe('');
  });

  test('private subnets, open or foreign ranges, a zone of another host, a rotation that never comes', () => {
    const change = (more: object) => () => loginWorld((options) => ({ login: { ...options, ...more } }));
    expect(codeOf(change({ subnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS } }))).toBe(
      'no-public-subnets',
    );
    expect(codeOf(change({ allowedNetworks: ['0.0.0.0/0'] }))).toBe('malformed-network');
    expect(codeOf(change({ allowedNetworks: ['2001:db8::/32'] }))).toBe('malformed-network');
    expect(codeOf(change({ sealRotation: Duration.days(400) }))).toBe('out-of-range');
    for (const range of ['999.1.1.1/24', '10.0.0.1/99', '198.51/16', 'banana'])
      expect(codeOf(change({ allowedNetworks: [range] }))).toBe('malformed-network');
    expect(codeOf(change({ minimumTls: '1.1' }))).toBe('unknown-tls-version');
    expect(codeOf(change({ allowedNetworks: ['198.51.100.0/24'], minimumTls: '1.3' }))).toBe('none');
  });
});

test('where browsers sign in to every service there is no way of APIs', () => {
  const { platform, gateway } = loginWorld(undefined, undefined, loginOnlyPlan);
  const alone = Template.fromStack(platform);
  alone.resourceCountIs('AWS::ApiGateway::VpcLink', 0);
  alone.resourceCountIs(BALANCER, 1);
  alone.hasResourceProperties('AWS::ECS::Service', {
    LoadBalancers: [Match.objectLike({ ContainerName: 'gateway', ContainerPort: 15_444 })],
  });
  expect([codeOf(() => gateway.link), codeOf(() => gateway.loadBalancer)]).toEqual([
    'no-api-edge',
    'no-api-edge',
  ]);
  expect(gateway.protectionStatements(['arn:aws:iam::111122223333:role/deploy'])).not.toEqual([]);
  // With one service without, both are there.
  template.resourceCountIs('AWS::ApiGateway::VpcLink', 1);
  template.resourceCountIs(BALANCER, 2);
});

test('protection: the load balancer and what seals sessions are the deployers', () => {
  const statements = made.gateway.protectionStatements(['arn:aws:iam::111122223333:role/deploy']);
  const text = JSON.stringify(
    Stack.of(made.platform).resolve(statements.map((one) => one.toStatementJson())),
  );
  expect(text).toContain('elasticloadbalancing:CreateRule');
  expect(text).toContain('elasticloadbalancing:AddListenerCertificates');
  expect(text).toContain('secretsmanager:PutSecretValue');
});
