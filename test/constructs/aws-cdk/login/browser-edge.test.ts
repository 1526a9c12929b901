import { CfnResource, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { CfnSecurityGroupIngress, Peer, Port, SecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2';
import { ContainerImage, FargateService, FargateTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import {
  ApplicationListenerRule,
  ApplicationLoadBalancer,
  ApplicationProtocol,
  type CfnListener,
  type CfnListenerCertificate,
  type CfnLoadBalancer,
  ListenerAction,
  ListenerCertificate,
  ListenerCondition,
  SslPolicy,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { IpTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2-targets';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { AwsCustomResource, AwsCustomResourcePolicy, PhysicalResourceId } from 'aws-cdk-lib/custom-resources';
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

/** A custom resource that makes one call about something. */
function calls(stack: Stack, id: string, service: string, action: string, about: string): void {
  new AwsCustomResource(stack, id, {
    onUpdate: {
      service,
      action,
      parameters: { About: about },
      physicalResourceId: PhysicalResourceId.of(id),
    },
    policy: AwsCustomResourcePolicy.fromSdkCalls({ resources: AwsCustomResourcePolicy.ANY_RESOURCE }),
  });
}

describe('synthesis stops', () => {
  const listener = (edge: World['edge']) => edge.loadBalancer.listeners[0]!.node.defaultChild as CfnListener;
  /** What is changed, and what then is found. */
  const CHANGES: readonly (readonly [what: string, change: (world: World) => void, found: RegExp])[] = [
    [
      'for another TLS policy',
      ({ edge }) => (listener(edge).sslPolicy = SslPolicy.TLS13_10),
      /not-as-made: .*SslPolicy of \S*Browsers/,
    ],
    [
      'without HSTS',
      ({ edge }) => (listener(edge).listenerAttributes = []),
      /not-as-made: .*ListenerAttributes of \S*Browsers/,
    ],
    [
      'where a browser says itself from where it comes',
      ({ edge }) => edge.loadBalancer.setAttribute('routing.http.xff_header_processing.mode', 'preserve'),
      /not-as-made: .*LoadBalancerAttributes of \S*Browsers/,
    ],
    [
      'for another attribute of what requests are sent to',
      ({ edge }) => edge.targetGroup.setAttribute('stickiness.enabled', 'true'),
      /not-as-made: .*TargetGroupAttributes of \S*Browsers/,
    ],
    [
      'for another certificate',
      ({ edge }) => (listener(edge).certificates = [{ certificateArn: 'arn:aws:acm:::certificate/other' }]),
      /not-as-made: .*Certificates of \S*Browsers/,
    ],
    [
      'where another group is put before it',
      ({ edge }) =>
        (edge.loadBalancer.node.defaultChild as CfnLoadBalancer).addPropertyOverride('SecurityGroups', [
          'sg-1',
        ]),
      /not-as-made: .*SecurityGroups of \S*Browsers/,
    ],
    [
      'for a listener in clear text',
      ({ edge }) =>
        void edge.loadBalancer.addListener('Clear', {
          port: 80,
          protocol: ApplicationProtocol.HTTP,
          open: false,
          defaultAction: ListenerAction.forward([edge.targetGroup]),
        }),
      /changed-beside: .*LoadBalancer\/Clear/,
    ],
    [
      'for a rule that leads elsewhere',
      ({ edge, platform }) =>
        void new ApplicationListenerRule(platform, 'Elsewhere', {
          listener: edge.loadBalancer.listeners[0]!,
          priority: 1,
          conditions: [ListenerCondition.pathPatterns(['/admin'])],
          action: ListenerAction.redirect({ host: 'evil.example' }),
        }),
      /changed-beside: .*Elsewhere/,
    ],
    [
      'for an answer of its own',
      ({ edge }) =>
        listener(edge).addPropertyOverride('DefaultActions', [
          { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200' } },
        ]),
      /not-as-made: .*DefaultActions of \S*Browsers/,
    ],
    [
      'for a certificate of somebody else',
      ({ edge }) =>
        edge.loadBalancer.listeners[0]!.addCertificates('More', [
          ListenerCertificate.fromArn('arn:aws:acm:eu-west-1:111122223333:certificate/more'),
        ]),
      /changed-beside: .*More1\/Resource \(AWS::ElasticLoadBalancingV2::ListenerCertificate\)/,
    ],
    [
      'for another certificate of the other hosts',
      ({ edge }) =>
        (
          edge.loadBalancer.listeners[0]!.node.findChild('Others1').node
            .defaultChild as CfnListenerCertificate
        ).addPropertyOverride('Certificates.0.CertificateArn', 'arn:aws:acm:::certificate/other'),
      /not-as-made: .*Certificates of \S*Https\/Others1/,
    ],
    [
      'for a target that is no gateway',
      ({ edge }) => edge.targetGroup.addTarget(new IpTarget('10.0.0.9')),
      /not-as-made: .*Targets of \S*Browsers\/Targets/,
    ],
    [
      'for a service that takes what is for the gateway',
      ({ edge, platform, mesh }) => {
        const taskDefinition = new FargateTaskDefinition(platform, 'Taker');
        taskDefinition.addContainer('taker', {
          image: ContainerImage.fromRegistry('taker'),
          portMappings: [{ containerPort: 15_444 }],
        });
        const taker = new FargateService(platform, 'TakerService', { cluster: mesh.cluster, taskDefinition });
        taker.attachToApplicationTargetGroup(edge.targetGroup);
      },
      /changed-beside: .*TakerService\/Service \(AWS::ECS::Service\)/,
    ],
    [
      'for another load balancer in its group, whose word the gateway would take',
      ({ edge, platform, vpc }) =>
        void new ApplicationLoadBalancer(platform, 'Twin', { vpc, securityGroup: edge.securityGroup }),
      /changed-beside: .*Twin\/Resource \(AWS::ElasticLoadBalancingV2::LoadBalancer\)/,
    ],
    [
      'for a function in its group',
      ({ edge, platform }) =>
        void new CfnFunction(platform, 'Forger', {
          code: { zipFile: '' },
          role: 'arn:aws:iam::111122223333:role/forger',
          vpcConfig: { securityGroupIds: [edge.securityGroup.securityGroupId] },
        }),
      /changed-beside: .*Forger \(AWS::Lambda::Function\)/,
    ],
    [
      'for an API that asks it for others',
      ({ edge, platform }) =>
        void new CfnResource(platform, 'Integration', {
          type: 'AWS::ApiGatewayV2::Integration',
          properties: { IntegrationUri: edge.loadBalancer.listeners[0]!.listenerArn },
        }),
      /changed-beside: .*Integration \(AWS::ApiGatewayV2::Integration\)/,
    ],
    [
      'for an accelerator before it',
      ({ edge, platform }) =>
        void new CfnResource(platform, 'Accelerated', {
          type: 'AWS::GlobalAccelerator::EndpointGroup',
          properties: { EndpointConfigurations: [{ EndpointId: edge.loadBalancer.loadBalancerArn }] },
        }),
      /changed-beside: .*Accelerated \(AWS::GlobalAccelerator::EndpointGroup\)/,
    ],
    [
      'for a call that adds a target',
      ({ edge, platform }) =>
        calls(platform, 'Register', 'ELBv2', 'registerTargets', edge.targetGroup.targetGroupArn),
      /changed-beside: .*Register\/\S*, which calls elbv2:registertargets/,
    ],
    [
      'for a call that takes the firewall away',
      ({ edge, platform }) =>
        calls(
          platform,
          'Disarm',
          '@aws-sdk/client-wafv2',
          'DisassociateWebACL',
          edge.loadBalancer.loadBalancerArn,
        ),
      /changed-beside: .*Disarm\/\S*, which calls wafv2:disassociatewebacl/,
    ],
    [
      'for a call that opens its group',
      ({ edge, platform }) =>
        calls(platform, 'Open', 'EC2', 'authorizeSecurityGroupIngress', edge.securityGroup.securityGroupId),
      /changed-beside: .*Open\/\S*, which calls ec2:authorizesecuritygroupingress/,
    ],
    [
      'for another list before it',
      ({ edge, platform }) =>
        void new CfnWebACLAssociation(platform, 'Lax', {
          resourceArn: edge.loadBalancer.loadBalancerArn,
          webAclArn: 'arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/lax/1',
        }),
      /second-firewall: .*Lax/,
    ],
    [
      'without the list before it',
      ({ edge }) => void edge.node.tryRemoveChild('Firewall'),
      /not-as-made: .*Firewall.* removed/,
    ],
    [
      'where a browser may come in clear text',
      ({ edge }) => edge.securityGroup.addIngressRule(Peer.anyIpv4(), Port.tcp(80)),
      /way-past-browser-edge: .*"FromPort":80/,
    ],
    [
      'where it may go elsewhere',
      ({ edge, mesh }) =>
        edge.securityGroup.addEgressRule(mesh.network('web').securityGroup, Port.tcp(15_006)),
      /way-past-browser-edge: .*15006/,
    ],
    [
      'where another group reaches the listener for browsers',
      ({ mesh, platform, vpc }) =>
        void new CfnSecurityGroupIngress(platform, 'Past', {
          groupId: mesh.network('gateway').securityGroup.securityGroupId,
          sourceSecurityGroupId: new SecurityGroup(platform, 'Other', { vpc }).securityGroupId,
          ipProtocol: 'tcp',
          fromPort: 15_444,
          toPort: 15_444,
        }),
      /way-past-browser-edge: .*Past/,
    ],
  ];
  let said: readonly string[];
  beforeAll(() => {
    const world = loginWorld();
    for (const [, change] of CHANGES) change(world);
    try {
      Template.fromStack(world.platform);
      said = [];
    } catch (error) {
      said = (error as Error).message
        .split('\n')
        .map((line, at, all) => `${line}${all[at + 1] ?? ''}${all[at + 2] ?? ''}`);
    }
  });

  test.each(CHANGES)('%s', (_what, _change, found) => {
    expect(said.filter((line) => found.test(line))).not.toEqual([]);
  });
});

describe('attributes of the load balancer', () => {
  const saidOf = (change: (balancer: World['edge']['loadBalancer']) => void) => {
    const { edge } = made;
    const balancer = edge.loadBalancer.node.defaultChild as CfnLoadBalancer;
    const before: unknown = Stack.of(edge).resolve(balancer.loadBalancerAttributes);
    change(edge.loadBalancer);
    const said = Stack.of(edge)
      .node.findAll()
      .flatMap(({ node }) => node.validate())
      .filter((text) => text.includes('LoadBalancerAttributes'));
    balancer.loadBalancerAttributes = before as CfnLoadBalancer.LoadBalancerAttributeProperty[];
    return said;
  };

  test('none that a request is treated by is added, changed or removed; logs and a deletion lock are free', () => {
    const set = (attributes: Record<string, string>) => {
      const keys = Object.keys(attributes);
      return saidOf(({ node }) => {
        const balancer = node.defaultChild as CfnLoadBalancer;
        const now = Stack.of(balancer).resolve(balancer.loadBalancerAttributes) as { key: string }[];
        balancer.loadBalancerAttributes = [
          ...now.filter(({ key }) => !keys.includes(key)),
          ...Object.entries(attributes).map(([key, value]) => ({ key, value })),
        ];
      });
    };
    expect(set({ 'access_logs.s3.enabled': 'true', 'deletion_protection.enabled': 'true' })).toEqual([]);
    expect(set({ 'waf.fail_open.enabled': 'true' })).toHaveLength(1);
    expect(set({ 'routing.http.drop_invalid_header_fields.enabled': 'false' })).toHaveLength(1);
    expect(set({ 'routing.http.desync_mitigation_mode': 'monitor' })).toHaveLength(1);
    expect(set({ 'zonal_shift.config.enabled': 'true' })).toHaveLength(1);
    expect(
      saidOf(({ node }) =>
        (node.defaultChild as CfnLoadBalancer).addPropertyDeletionOverride('LoadBalancerAttributes'),
      ),
    ).toHaveLength(1);
  });
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

  test('private subnets, open or foreign ranges, a zone of another host, a rotation that never comes', () => {
    const change = (more: object) => () => loginWorld((options) => ({ login: { ...options, ...more } }));
    expect(codeOf(change({ subnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS } }))).toBe(
      'no-public-subnets',
    );
    expect(codeOf(change({ allowedNetworks: ['0.0.0.0/0'] }))).toBe('malformed-network');
    expect(codeOf(change({ allowedNetworks: ['2001:db8::/32'] }))).toBe('malformed-network');
    expect(codeOf(change({ sealRotation: Duration.days(400) }))).toBe('out-of-range');
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
