import { CfnResource, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { CfnSecurityGroupIngress, Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
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
import { loginWorld } from './world.js';

type World = ReturnType<typeof loginWorld>;

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
          edge.loadBalancer.listeners[0]!.node.findChild('Of-books-1').node
            .defaultChild as CfnListenerCertificate
        ).addPropertyOverride('Certificates.0.CertificateArn', 'arn:aws:acm:::certificate/other'),
      /not-as-made: .*Certificates of \S*Https\/Of-books-1/,
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
  const untouched = loginWorld();
  const saidOf = (change: (balancer: World['edge']['loadBalancer']) => void) => {
    const { edge } = untouched;
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
