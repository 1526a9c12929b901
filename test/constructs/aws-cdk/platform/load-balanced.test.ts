import { Stack } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { allow, defineZeroTrust, http, oidc, user } from 'zero-trust-platform';
import { ConstructError, ZeroTrustPlatform, type ZeroTrustPlatformProps } from 'zero-trust-platform/aws-cdk';
import { expectGolden } from '../../../golden.js';
import { LAWS } from '../../../support/aws/laws/index.js';
import { ledgerOf } from '../../../support/aws/ledger.js';
import { unexplainedFindings } from '../../../support/aws/nag.js';
import { TEST_ENVIRONMENT, testApp } from '../../../support/aws/synth.js';
import { resourcesOf, templatesOf } from '../../../support/aws/template.js';

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
    },
  },
  services: { orders: http({ host: 'orders.led.example', edge: 'loadBalancer' }) },
  access: [allow(user({ issuer: 'people' })).to('orders', 'GET /orders/{id}')],
});

/** A platform whose one service clients reach by the load balancer. */
function platform(stack: Stack, props: Partial<ZeroTrustPlatformProps> = {}): ZeroTrustPlatform {
  const { account, region } = TEST_ENVIRONMENT;
  const arn = `arn:aws:acm:${region}:${account}:certificate/orders`;
  return new ZeroTrustPlatform(stack, 'ZeroTrust', {
    model,
    mesh: { unjoined: ['orders'] },
    gateway: { certificate: Secret.fromSecretNameV2(stack, 'Gateway', 'led/gateway') },
    loadBalancer: {
      services: { orders: { certificate: Certificate.fromCertificateArn(stack, 'Orders', arn) } },
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
  expect(of('AWS::WAFv2::WebACLAssociation')).toHaveLength(1);
});

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
