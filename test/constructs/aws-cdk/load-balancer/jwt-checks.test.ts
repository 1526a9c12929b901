import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Peer, Port } from 'aws-cdk-lib/aws-ec2';
import type { CfnListenerRule } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type {
  JwtCheckProps,
  LoadBalancerOptions,
} from '../../../../constructs/aws-cdk/load-balancer/index.js';
import { SecurityDashboard } from '../../../../constructs/aws-cdk/visibility/index.js';
import { ConstructError } from '../../../../constructs/aws-cdk/support/error.js';
import { allow, anyone, defineZeroTrust, http, oidc, user } from '../../../../lib/model/index.js';
import { resolve } from '../../../../lib/plan/resolve.js';
import { ledWorld } from './world.js';

const RULE = 'AWS::ElasticLoadBalancingV2::ListenerRule';
const jwtCheck: JwtCheckProps = { audience: 'single-string' };

/** The options with a check of the orders, or of some. */
const checked = (more: Partial<LoadBalancerOptions> = {}, names: readonly string[] = ['orders']) =>
  ledWorld(({ services, ...rest }) => ({
    loadBalancer: {
      ...rest,
      ...more,
      services: Object.fromEntries(
        Object.entries(services).map(([name, service]) => [
          name,
          { ...service, ...(names.includes(name) && { jwtCheck }) },
        ]),
      ),
    },
  }));

function thrown(work: () => unknown): ConstructError {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(ConstructError);
    return error as ConstructError;
  }
  throw new Error('nothing was thrown');
}

interface Rule {
  readonly Priority: number;
  readonly Conditions: readonly unknown[];
  readonly Actions: readonly { readonly Type: string; readonly TargetGroupArn?: unknown }[];
}

const rulesOf = (template: Template) =>
  Object.values(template.findResources(RULE)).map(({ Properties }) => Properties as Rule);

describe('with a check of one service', () => {
  const { platform, edge, gateway } = checked();
  new SecurityDashboard(platform, 'Dashboard', { loadBalancer: edge });
  const template = Template.fromStack(platform);

  test('tokens for its host are looked at, with their audience, and then the gateway judges', () => {
    expect(rulesOf(template)).toMatchObject([
      {
        Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: ['orders.shop.example'] } }],
        Actions: [
          {
            Type: 'jwt-validation',
            Order: 1,
            JwtValidationConfig: {
              Issuer: 'https://login.shop.example',
              JwksEndpoint: 'https://keys.shop.example/jwks',
              AdditionalClaims: [
                { Name: 'aud', Format: 'single-string', Values: ['https://orders.shop.example'] },
              ],
            },
          },
          { Type: 'forward', Order: 2 },
        ],
      },
    ]);
    const [{ Actions: actions }] = rulesOf(template) as [Rule];
    expect(actions).toHaveLength(2);
    expect(actions[1]!.TargetGroupArn).toEqual(platform.resolve(edge.targetGroup.targetGroupArn));
  });

  test('what comes without a rule goes to the gateway all the same: no check is the last to judge', () => {
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', {
      DefaultActions: [
        { Type: 'forward', TargetGroupArn: platform.resolve(edge.targetGroup.targetGroupArn) as unknown },
      ],
    });
  });

  test('the load balancer reaches keys by TLS, and its own refusals are shown', () => {
    template.hasResourceProperties('AWS::EC2::SecurityGroup', {
      GroupDescription: 'Load balancer of browsers: reached from the internet',
      SecurityGroupEgress: [
        {
          CidrIp: '0.0.0.0/0',
          Description: 'Keys of issuers',
          FromPort: 443,
          ToPort: 443,
          IpProtocol: 'tcp',
        },
      ],
    });
    const [dashboard] = Object.values(template.findResources('AWS::CloudWatch::Dashboard'));
    expect(JSON.stringify(dashboard)).toContain('HTTPCode_ELB_4XX_Count');
  });

  test('nobody but the deployers changes what is looked at', () => {
    const statements = gateway.protectionStatements(['arn:aws:iam::111122223333:role/deploy']);
    const [statement] = statements.filter(({ sid }) => sid === 'JwtChecks');
    expect(JSON.stringify(Stack.of(platform).resolve(statement!.toStatementJson()))).toMatch(
      /ModifyRule.*listener-rule\//,
    );
  });
});

test('without a check there is no rule, and no way out but to the gateway', () => {
  const { platform, edge, gateway } = ledWorld();
  const template = Template.fromStack(platform);
  expect([rulesOf(template), edge.looksAtTokens]).toEqual([[], false]);
  expect(JSON.stringify(template.toJSON())).not.toContain('Keys of issuers');
  const sids = gateway.protectionStatements(['arn:aws:iam::111122223333:role/deploy']).map(({ sid }) => sid);
  expect(sids).not.toContain('JwtChecks');
});

test('the order of a rule is its own, whatever other services there are; ranges of keys are said', () => {
  const of = (names: readonly string[], more: Partial<LoadBalancerOptions> = {}) => {
    const template = Template.fromStack(checked(more, names).platform);
    return { template, priorities: rulesOf(template).map(({ Priority }) => Priority) };
  };
  const both = of(['orders', 'stock'], { keyNetworks: ['198.51.100.0/24'] });
  const [orders] = of(['orders']).priorities;
  expect(both.priorities).toContain(orders);
  expect(new Set(both.priorities).size).toBe(2);
  expect(Math.max(...both.priorities)).toBeLessThanOrEqual(50_000);
  expect(Math.min(...both.priorities)).toBeGreaterThan(0);
  expect(JSON.stringify(both.template.toJSON())).toContain('"CidrIp":"198.51.100.0/24"');
});

test('synthesis stops where a rule is changed, leads elsewhere or is taken away, and where more leads out', () => {
  const world = checked({}, ['orders', 'stock']);
  const said = () =>
    Stack.of(world.platform)
      .node.findAll()
      .flatMap(({ node }) => node.validate())
      .join('\n');
  expect(said()).toBe('');
  const rule = (service: string) => world.edge.node.findChild(`Check-${service}`) as CfnListenerRule;
  rule('orders').addPropertyDeletionOverride('Actions.0.JwtValidationConfig.AdditionalClaims');
  rule('stock').addPropertyOverride('Priority', 7);
  world.edge.securityGroup.addEgressRule(Peer.anyIpv4(), Port.tcp(8443), 'More');
  expect(said()).toMatch(/not-as-made: .*Actions of \S*Check-orders/);
  expect(said()).toMatch(/not-as-made: .*Priority of \S*Check-stock/);
  expect(said()).toMatch(/way-past-browser-edge: .*\n?.*8443/);
  rule('stock').addPropertyOverride('Actions.1', { Type: 'fixed-response', Order: 2 });
  expect(said()).toMatch(/not-as-made: .*Actions of \S*Check-stock/);
  world.edge.node.tryRemoveChild('Check-orders');
  expect(said()).toMatch(/not-as-made: .*Check-orders.* removed/);
});

describe('mistakes', () => {
  const plan = resolve(
    defineZeroTrust({
      trustDomain: 'shop.example',
      environment: 'test',
      identity: {
        providers: {
          people: oidc({ issuer: 'https://login.shop.example', jwksUri: 'https://keys.shop.example/jwks' }),
        },
      },
      services: {
        orders: http({ host: 'orders.shop.example', edge: 'loadBalancer' }),
        stock: http({ host: 'stock.shop.example', edge: 'loadBalancer' }),
      },
      access: [
        allow(user({ issuer: 'people' })).to('orders', 'GET /orders/{id}'),
        allow(anyone()).to('orders', 'GET /menu'),
        allow(anyone()).to('stock', 'GET /'),
      ],
    }),
    { engine: 'aws' },
  );

  test('a check that would refuse what the model admits: every reason, each with the request that shows it', () => {
    const { code, message } = thrown(() =>
      ledWorld(({ services, ...rest }) => {
        const { orders, stock } = services as Record<
          'orders' | 'stock',
          LoadBalancerOptions['services'][string]
        >;
        return { loadBalancer: { ...rest, services: { orders: { ...orders, jwtCheck }, stock } } };
      }, plan),
    );
    expect(code).toBe('jwt-check-too-strict');
    expect(message).toContain('loadBalancer.services.orders.jwtCheck');
    expect(message).toMatch(/GET \/menu at the gateway .* without a token, .*: the gateway says allow/);
    expect(message).toMatch(/algorithm: .* ES256/);
    expect(message).toMatch(/with a good token .*, signed by ES256: the gateway says allow/);
  });

  test('ranges of keys that nobody fetches, or of IPv6', () => {
    const change = (more: object) =>
      thrown(() => ledWorld((options) => ({ loadBalancer: { ...options, ...more } }))).code;
    expect(change({ keyNetworks: ['198.51.100.0/24'] })).toBe('no-jwt-check');
    for (const keyNetworks of [['2001:db8::/32'], null, '198.51.100.0/24', 5])
      expect(change({ keyNetworks })).toBe('malformed-network');
  });

  test('a check that is null, where no types are', () => {
    const { code } = thrown(() =>
      ledWorld(({ services, ...rest }) => {
        const orders = { ...services['orders']!, jwtCheck: null as never };
        return { loadBalancer: { ...rest, services: { ...services, orders } } };
      }),
    );
    expect(code).toBe('audience-format');
  });

  test('an audience in a format that there is none of, where no types are', () => {
    const { code, message } = thrown(() =>
      ledWorld(({ services, ...rest }) => {
        const orders = { ...services['orders']!, jwtCheck: {} as JwtCheckProps };
        return { loadBalancer: { ...rest, services: { ...services, orders } } };
      }),
    );
    expect([code, message]).toEqual([
      'audience-format',
      expect.stringContaining('loadBalancer.services.orders.jwtCheck.audience'),
    ]);
  });

  test('a host that no rule of a load balancer takes', () => {
    const host = `${'a'.repeat(60)}.${'b'.repeat(60)}.shop.example`;
    const long = resolve(
      defineZeroTrust({
        trustDomain: 'shop.example',
        environment: 'test',
        identity: {
          providers: {
            people: oidc({
              issuer: 'https://login.shop.example',
              jwksUri: 'https://keys.shop.example/jwks',
              algorithms: ['RS256'],
            }),
          },
        },
        services: { orders: http({ host, edge: 'loadBalancer' }) },
        access: [allow(user({ issuer: 'people' })).to('orders', 'GET /')],
      }),
      { engine: 'aws' },
    );
    const { code } = thrown(() =>
      ledWorld(({ services, ...rest }) => {
        const orders = { certificate: services['orders']!.certificate, jwtCheck };
        return { loadBalancer: { ...rest, services: { orders } } };
      }, long),
    );
    expect(code).toBe('host-too-long');
  });
});
