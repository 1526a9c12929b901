import { Stack } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { allow, cognito, defineZeroTrust, http, oidc, user } from 'zero-trust-platform';
import {
  ConstructError,
  ZeroTrustChecks,
  ZeroTrustPlatform,
  type ZeroTrustPlatformProps,
} from 'zero-trust-platform/aws-cdk';
import { expectGolden } from '../../../golden.js';
import { cfnLint } from '../../../support/aws/cfn-lint.js';
import { LAWS } from '../../../support/aws/laws/index.js';
import { ledgerOf } from '../../../support/aws/ledger.js';
import { unexplainedFindings } from '../../../support/aws/nag.js';
import { TEST_ENVIRONMENT, testApp } from '../../../support/aws/synth.js';
import { resourcesOf, templatesOf } from '../../../support/aws/template.js';
import { PYTHON_TOOLS_TIMEOUT } from '../../../support/python-tools.js';

const model = defineZeroTrust({
  trustDomain: 'led.example',
  environment: 'test',
  identity: {
    providers: {
      people: oidc({
        issuer: 'https://login.led.example',
        jwksUri: 'https://login.led.example/jwks',
        algorithms: ['RS256'],
      }),
      guests: cognito({ directory: 'guests', clients: { offers: 'web' } }),
    },
  },
  services: {
    orders: http({ host: 'orders.led.example', edge: 'loadBalancer' }),
    offers: http({ host: 'offers.led.example', edge: 'loadBalancer' }),
  },
  access: [
    allow(user({ issuer: 'people' })).to('orders', 'GET /orders/{id}'),
    allow(user({ issuer: 'guests' })).to('offers', 'GET /'),
  ],
});
const jwtCheck = { audience: 'single-string' } as const;

/** A platform whose services clients reach by the load balancer, which looks at their tokens. */
function platform(stack: Stack, props: Partial<ZeroTrustPlatformProps> = {}): ZeroTrustPlatform {
  const { account, region } = TEST_ENVIRONMENT;
  const certificate = Certificate.fromCertificateArn(
    stack,
    'Hosts',
    `arn:aws:acm:${region}:${account}:certificate/hosts`,
  );
  return new ZeroTrustPlatform(stack, 'ZeroTrust', {
    model,
    mesh: { unjoined: ['orders', 'offers'] },
    directories: {
      guests: {
        clients: { web: { callbackUrls: ['https://www.led.example/signed-in'] } },
        domain: { prefix: 'guests-led' },
      },
    },
    gateway: { certificate: Secret.fromSecretNameV2(stack, 'Gateway', 'led/gateway') },
    loadBalancer: {
      services: { orders: { certificate, jwtCheck }, offers: { certificate, jwtCheck } },
    },
    ...props,
  });
}

const app = testApp();
const made = platform(new Stack(app, 'Stack', { env: TEST_ENVIRONMENT }));
const templates = templatesOf(app.synth().directory);
const of = (type: string) => resourcesOf(templates, type).map(({ properties }) => properties);

test('no logical ID has changed: a change would replace what is deployed', () => {
  expectGolden('aws/load-balanced-logical-ids.txt', `${ledgerOf(templates).join('\n')}\n`);
});

test('one load balancer leads to the gateway, with alarms, and no API, no authorizer and no login is there', () => {
  expect(of('AWS::ElasticLoadBalancingV2::LoadBalancer')).toMatchObject([
    { Type: 'application', Scheme: 'internet-facing' },
  ]);
  expect([
    ...of('AWS::ApiGateway::VpcLink'),
    ...of('AWS::ApiGateway::RestApi'),
    ...of('AWS::SecretsManager::RotationSchedule'),
  ]).toEqual([]);
  expect([made.edges, made.authorizer]).toEqual([undefined, undefined]);
  expect(made.gateway!.loadBalancerEdge).toBeDefined();
  const watched = of('AWS::CloudWatch::Alarm').filter((alarm) => alarm['Namespace'] === 'AWS/ApplicationELB');
  expect(watched).toHaveLength(7);
  const protectedArns = of('AWS::WAFv2::WebACLAssociation').map(({ ResourceArn }) =>
    JSON.stringify(ResourceArn),
  );
  expect(protectedArns.filter((arn) => arn.includes('LoadBalancer'))).toHaveLength(1);
});

test('what tokens are looked at for is whole: of a directory of the same deployment too, and nothing stands for it', () => {
  const configs = of('AWS::ElasticLoadBalancingV2::ListenerRule').map((rule) => {
    const [check] = rule['Actions'] as { JwtValidationConfig: Record<string, unknown> }[];
    return check!.JwtValidationConfig;
  });
  const claims = configs.map(({ AdditionalClaims }) =>
    (AdditionalClaims as { Name: string; Values: unknown[] }[]).map(({ Name, Values }) => [
      Name,
      Values.map((value) => typeof value),
    ]),
  );
  expect(claims).toEqual(
    expect.arrayContaining([
      [['aud', ['string']]],
      [
        ['client_id', ['object']],
        ['token_use', ['string']],
      ],
    ]),
  );
  expect(configs.map(({ Issuer }) => typeof Issuer).sort()).toEqual(['object', 'string']);
  expect(JSON.stringify(configs)).not.toContain('directory.invalid');
});

test('the guardrails have nothing to say of the checks, and of the load balancer that it reaches keys anywhere', () => {
  const { violations } = new ZeroTrustChecks(app).validate({
    templatePaths: templates.map(({ file }) => file),
    stackTemplates: [],
    appConstruct: app,
  });
  const found = violations.flatMap(({ ruleName, violatingResources }) =>
    violatingResources.map(({ constructPath }) => `${ruleName} ${constructPath}`),
  );
  expect(found.filter((one) => one.startsWith('balancer-jwt'))).toEqual([]);
  expect(found.filter((one) => one.includes('/Browsers/'))).toEqual([
    expect.stringMatching(/^open-egress \S+\/Browsers\/SecurityGroup/),
  ]);
});

test(
  'cfn-lint finds nothing in what has the load balancer',
  async () => {
    const led = templates.filter(
      (template) => resourcesOf([template], 'AWS::ElasticLoadBalancingV2::ListenerRule').length > 0,
    );
    expect(led).toHaveLength(1);
    expect(await cfnLint(led)).toEqual([]);
  },
  PYTHON_TOOLS_TIMEOUT,
);

test.each(LAWS.map((law) => [law.name, law] as const))('%s', (_, law) => {
  expect(law.broken(templates)).toEqual([]);
});

test('cdk-nag finds nothing that is not explained', () => {
  expect(unexplainedFindings(app)).toEqual([]);
});

test.each<[what: string, props: Partial<ZeroTrustPlatformProps>, code: string]>([
  ['no certificate for it', { loadBalancer: undefined as never }, 'load-balancer-without-edge'],
  ['no gateway', { gateway: 'none' }, 'load-balancer-without-gateway'],
  [
    'a domain of a REST API',
    { domains: { orders: { certificate: { certificateArn: 'arn:aws:acm:x' } as never } } },
    'unknown-service',
  ],
  ['a service that users are not to reach', { notExposed: ['orders'] }, 'unknown-service'],
])('mistake: %s', (_, props, code) => {
  const work = () => platform(new Stack(testApp(), 'Mistaken', { env: TEST_ENVIRONMENT }), props);
  let found: unknown;
  try {
    work();
  } catch (error) {
    found = error;
  }
  expect(found).toBeInstanceOf(ConstructError);
  expect((found as ConstructError).code).toBe(code);
});
