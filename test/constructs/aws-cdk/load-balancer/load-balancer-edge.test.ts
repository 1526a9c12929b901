import { Stack } from 'aws-cdk-lib';
import { VpcLink } from 'aws-cdk-lib/aws-apigateway';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { CfnSecurityGroupIngress, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import {
  ApplicationListenerRule,
  type CfnListener,
  ListenerAction,
  ListenerCondition,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { TokenAuthorizer } from '../../../../constructs/aws-cdk/authorizer/index.js';
import { ServiceEdge } from '../../../../constructs/aws-cdk/edge/index.js';
import type { LoadBalancerOptions } from '../../../../constructs/aws-cdk/load-balancer/index.js';
import { SecurityAlarms, SecurityDashboard } from '../../../../constructs/aws-cdk/visibility/index.js';
import { configurationsOf } from '../../../../constructs/aws-cdk/mesh/configurations.js';
import { ConstructError } from '../../../../constructs/aws-cdk/support/error.js';
import { refsOf } from '../../../../lib/plan/refs.js';
import { container, environment } from '../mesh/world.js';
import { certificate } from '../gateway/behind.js';
import { ledPlan, ledWorld, mixedPlan } from './world.js';

const BALANCER = 'AWS::ElasticLoadBalancingV2::LoadBalancer';
const LISTENER = 'AWS::ElasticLoadBalancingV2::Listener';

/** The code of what it throws, and the prop at fault. */
function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(ConstructError);
    const { code, message } = error as ConstructError;
    return `${code} ${/^\[\S+, ([^\]]+)\]/.exec(message)?.[1]}`;
  }
  return 'none';
}

/** The options with a login of the desk beside them. */
function withDesk(options: LoadBalancerOptions, stack: Stack) {
  const desk = { certificate: certificate(stack, 'Desk'), clientSecret: new Secret(stack, 'DeskClient') };
  return { loadBalancer: options, login: { services: { desk } } };
}

describe('alone', () => {
  const made = ledWorld();
  const { platform, gateway, edge } = made;
  new SecurityAlarms(platform, 'Alarms', { loadBalancer: edge });
  new SecurityDashboard(platform, 'Dashboard', { loadBalancer: edge });
  const template = Template.fromStack(platform);

  test('the same load balancer as that of browsers that sign in', () => {
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
      SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09',
      Certificates: [{ CertificateArn: Match.stringLikeRegexp('Orders$') }],
      DefaultActions: [{ Type: 'forward', TargetGroupArn: Match.anyValue() }],
    });
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::ListenerCertificate', {
      Certificates: [{ CertificateArn: Match.stringLikeRegexp('Stock$') }],
    });
    template.resourceCountIs('AWS::WAFv2::WebACLAssociation', 1);
    template.hasResourceProperties('AWS::Route53::RecordSet', { Name: 'orders.shop.example.', Type: 'A' });
    template.resourceCountIs('AWS::ApiGateway::VpcLink', 1);
  });

  test('nothing of a login is there', () => {
    expect(gateway.sessionSecrets).toBeUndefined();
    template.resourceCountIs('AWS::SecretsManager::RotationSchedule', 0);
    const { ZTP_LOGINS: logins, ZTP_REFS: refs } = environment(container(template, 'gateway'));
    expect(logins).toBeUndefined();
    const { bootstrap } = configurationsOf(ledPlan)['gateway']!;
    const open = refsOf(bootstrap).filter(
      (name) =>
        !JSON.stringify(refs).includes(`${name}`) && !/^gateway\/(admin|routes|secrets|keys)\//.test(name),
    );
    expect(open).toEqual([]);
    const sids = gateway
      .protectionStatements(['arn:aws:iam::111122223333:role/deploy'])
      .map(({ sid }) => sid);
    expect(sids).toContain('BrowserEdge');
    expect(sids).not.toContain('SessionSecrets');
  });

  test('alarms and graphs speak of clients', () => {
    const texts = [
      ...Object.values(template.findResources('AWS::CloudWatch::Alarm')),
      ...Object.values(template.findResources('AWS::CloudWatch::Dashboard')),
    ].map((found) => JSON.stringify(found));
    expect(texts.filter((text) => /clients get errors/i.test(text))).toHaveLength(1);
    expect(texts.filter((text) => /\bbrowsers\b/i.test(text))).toEqual([]);
  });
});

test('one load balancer serves browsers that sign in and other clients, and those who were first stay first', () => {
  const { platform, gateway, edge } = ledWorld(withDesk, mixedPlan);
  const template = Template.fromStack(platform);
  template.resourceCountIs(BALANCER, 1);
  template.hasResourceProperties(LISTENER, {
    Certificates: [{ CertificateArn: Match.stringLikeRegexp('Desk$') }],
  });
  const CERTIFICATE = 'AWS::ElasticLoadBalancingV2::ListenerCertificate';
  template.resourceCountIs(CERTIFICATE, 2);
  // Each goes by its service's name: none is taken away because another comes or goes.
  for (const name of ['Orders', 'Stock']) {
    const found = template.findResources(CERTIFICATE, {
      Properties: { Certificates: [{ CertificateArn: Match.stringLikeRegexp(`${name}$`) }] },
    });
    expect(Object.keys(found)[0]).toMatch(new RegExp(`HttpsOf${name.toLowerCase()}1`));
  }
  expect([gateway.takesApis, edge.clients]).toEqual([false, 'Clients']);
  expect(gateway.sessionSecrets).toBeDefined();
  expect(Object.keys(gateway.sessionSecrets!.secrets)).toEqual(['desk']);
});

describe('mistakes', () => {
  test('no options where the model asks for them, some too few, some too many, and some where it does not', () => {
    expect(codeOf(() => ledWorld(() => ({ loadBalancer: undefined as never })))).toBe(
      'load-balancer-without-edge loadBalancer.services',
    );
    const change = (pick: (services: LoadBalancerOptions['services']) => LoadBalancerOptions['services']) =>
      codeOf(() =>
        ledWorld(({ services, ...rest }) => ({ loadBalancer: { ...rest, services: pick(services) } })),
      );
    expect(change(({ orders }) => ({ orders: orders! }))).toBe(
      'load-balancer-without-edge loadBalancer.services',
    );
    expect(change((services) => ({ ...services, web: services['orders']! }))).toBe(
      'unknown-service loadBalancer.services',
    );
  });

  test('a setting that is given for both ways', () => {
    const twice = () =>
      ledWorld((options, stack) => {
        const { login, loadBalancer } = withDesk(options, stack);
        return { login: { ...login, firewall: options.firewall! }, loadBalancer };
      }, mixedPlan);
    expect(codeOf(twice)).toBe('setting-twice loadBalancer.firewall');
  });

  test('no firewall; a zone of another host; addresses of IPv6', () => {
    const change = (more: object) =>
      codeOf(() => ledWorld((options) => ({ loadBalancer: { ...options, ...more } })));
    expect(change({ firewall: undefined })).toBe('edge-without-firewall loadBalancer.firewall');
    expect(change({ allowedNetworks: ['2001:db8::/32'] })).toBe(
      'malformed-network loadBalancer.allowedNetworks',
    );
    const other = () =>
      ledWorld(({ services, ...rest }) => {
        const hostedZone = { ...services['orders']!.hostedZone!, zoneName: 'other.example' } as never;
        return {
          loadBalancer: { ...rest, services: { ...services, stock: { ...services['stock']!, hostedZone } } },
        };
      });
    expect(codeOf(other)).toBe('host-outside-zone loadBalancer.services.stock.hostedZone');
  });

  test('a REST API before such a service', () => {
    const { platform } = ledWorld();
    const authorizer = new TokenAuthorizer(platform, 'Authorizer', { plan: ledPlan, services: ['web'] });
    const made = () =>
      new ServiceEdge(platform, 'Edge', {
        plan: ledPlan,
        service: 'orders',
        authorizer,
        link: VpcLink.fromVpcLinkId(platform, 'Link', 'link'),
      });
    expect(codeOf(made)).toBe('edge-of-load-balancer service');
  });
});

test('synthesis stops where something leads past it, or it leads elsewhere', () => {
  const { platform, edge, mesh, vpc } = ledWorld();
  const [listener] = edge.loadBalancer.listeners;
  new ApplicationListenerRule(platform, 'Elsewhere', {
    listener: listener!,
    priority: 1,
    conditions: [ListenerCondition.pathPatterns(['/admin'])],
    action: ListenerAction.redirect({ host: 'evil.example' }),
  });
  (listener!.node.defaultChild as CfnListener).addPropertyOverride('SslPolicy', 'ELBSecurityPolicy-2016-08');
  new CfnSecurityGroupIngress(platform, 'Past', {
    groupId: mesh.network('gateway').securityGroup.securityGroupId,
    sourceSecurityGroupId: new SecurityGroup(platform, 'Other', { vpc }).securityGroupId,
    ipProtocol: 'tcp',
    fromPort: 15_444,
    toPort: 15_444,
  });
  const said = Stack.of(platform)
    .node.findAll()
    .flatMap(({ node }) => node.validate())
    .join('\n');
  expect(said).toMatch(/changed-beside: .*\n?.*Elsewhere/);
  expect(said).toMatch(/not-as-made: .*SslPolicy/);
  expect(said).toMatch(/way-past-browser-edge: /);
});
