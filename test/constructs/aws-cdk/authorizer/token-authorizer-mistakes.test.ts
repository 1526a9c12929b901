import '../support/bundles.js';
import { type App, Duration, Stack } from 'aws-cdk-lib';
import { RestApi } from 'aws-cdk-lib/aws-apigateway';
import {
  FULL_CACHE_KEY,
  TokenAuthorizer,
  type TokenAuthorizerProps,
} from '../../../../constructs/aws-cdk/authorizer/index.js';
import { allow, anyone, deny, type Plan, signedInWithin, user } from '../../../../lib/index.js';
import { ENV, mistake, mistakeAtSynthesis } from '../support/app.js';
import {
  certificatePlan,
  internalPlan,
  model,
  networkPlan,
  plan,
  planFor,
  publicPlan,
} from '../support/plan.js';
import { existingApi } from './existing-api.js';

/** What the same request comes to changes with time alone. */
function datedPlans(): [what: string, plan: Plan][] {
  const audit = { until: '2027-01-01', reason: 'tried' };
  const staff = () => user({ groups: ['staff'] });
  const rules = {
    'a rule ends': allow(staff()).to('orders', 'GET /audit').until('2027-01-01'),
    'an audit ends': deny(anyone()).to('orders', 'DELETE /**').audited(audit),
    'a sign-in must be recent': allow(staff())
      .to('orders', 'GET /audit')
      .when(signedInWithin({ minutes: 5 })),
  };
  return Object.entries(rules).map(([what, rule]) => [what, planFor({ access: [...model.access, rule] })]);
}

const cached = { cacheTtl: Duration.seconds(30), cacheKey: FULL_CACHE_KEY };

test.each<[string, string, Partial<TokenAuthorizerProps>]>([
  ['a cache without a key', 'cache-key-incomplete', { cacheTtl: Duration.seconds(30) }],
  [
    'a cache by the token alone',
    'cache-key-incomplete',
    { cacheTtl: Duration.seconds(30), cacheKey: ['method.request.header.Authorization'] },
  ],
  [
    'a cache that outlives a revocation',
    'cache-outlives-revocation',
    { ...cached, cacheTtl: Duration.seconds(31) },
  ],
  ['a cache over an hour', 'out-of-range', { ...cached, cacheTtl: Duration.hours(2) }],
  ['a cache where the address counts', 'cache-of-proof', { ...cached, plan: networkPlan }],
  ['a cache where the certificate counts', 'cache-of-proof', { ...cached, plan: certificatePlan }],
  ['a cache before a public route', 'cache-of-public-route', { ...cached, plan: publicPlan }],
  ...datedPlans().map(([what, dated]): [string, string, Partial<TokenAuthorizerProps>] => [
    `a cache where ${what}`,
    'cache-of-dated-rule',
    { ...cached, plan: dated },
  ]),
  ['a service that the plan does not have', 'unknown-service', { services: ['order'] }],
  ['a service that users do not reach', 'unknown-service', { services: ['stock'] }],
  ['a plan without public services', 'no-service', { plan: internalPlan }],
  ['no provisioned environment', 'out-of-range', { provisionedConcurrency: 0 }],
  ['more provisioned than reserved', 'out-of-range', { provisionedConcurrency: 5, reservedConcurrency: 2 }],
  ['too little memory', 'out-of-range', { memorySize: 64 }],
])('%s is an error', (_, code, props) => {
  expect(mistake((scope) => new TokenAuthorizer(scope, 'Authorizer', { plan, ...props })).code).toBe(code);
});

test.each<[string, string, (stack: Stack) => unknown]>([
  [
    'an API of another stack',
    'api-in-another-stack',
    (stack) => {
      const other = new Stack(Stack.of(stack).node.root as App, 'Other', { env: ENV });
      const api = new RestApi(other, 'Api');
      return new TokenAuthorizer(stack, 'Authorizer', { plan, services: ['orders'] }).authorizerFor(
        api,
        'orders',
      );
    },
  ],
  [
    'an API for a service that was not named',
    'service-not-awaited',
    (stack) =>
      new TokenAuthorizer(stack, 'Authorizer', { plan, services: ['orders'] }).authorizerFor(
        new RestApi(stack, 'Api'),
        'reports',
      ),
  ],
  [
    'a second API for a service',
    'service-of-two-apis',
    (stack) => {
      const authorizer = new TokenAuthorizer(stack, 'Authorizer', { plan, services: ['orders'] });
      authorizer.authorizerFor(new RestApi(stack, 'One'), 'orders');
      authorizer.authorizerFor(new RestApi(stack, 'Two'), 'orders');
    },
  ],
  [
    'an API that is made for two services',
    'api-of-two-services',
    (stack) => {
      const authorizer = new TokenAuthorizer(stack, 'Authorizer', { plan, services: ['orders', 'reports'] });
      const api = new RestApi(stack, 'One');
      authorizer.authorizerFor(api, 'orders');
      authorizer.authorizerFor(api, 'reports');
    },
  ],
  [
    'an imported API that is two services',
    'api-of-two-services',
    (stack) =>
      new TokenAuthorizer(stack, 'Authorizer', {
        plan,
        apis: [
          { service: 'orders', api: RestApi.fromRestApiId(stack, 'One', 'abc1234567') },
          { service: 'reports', api: RestApi.fromRestApiId(stack, 'Two', 'abc1234567') },
        ],
      }),
  ],
  [
    'an API that is two services',
    'api-of-two-services',
    (stack) => {
      const api = existingApi(stack);
      return new TokenAuthorizer(stack, 'Authorizer', {
        plan,
        apis: [
          { service: 'orders', api },
          { service: 'reports', api },
        ],
      });
    },
  ],
  [
    'protecting an API that was not adopted',
    'api-not-adopted',
    (stack) => new TokenAuthorizer(stack, 'Authorizer', { plan }).protect(existingApi(stack)),
  ],
  [
    'protecting an API whose deployment is unknown',
    'deployment-unknown',
    (stack) => {
      const api = new RestApi(stack, 'Api', { deploy: false });
      new TokenAuthorizer(stack, 'Authorizer', { plan, apis: [{ service: 'orders', api }] }).protect(api);
    },
  ],
])('%s is an error', (_, code, build) => {
  expect(mistake((scope) => build(scope as Stack)).code).toBe(code);
});

test('a service without an API stops synthesis, and says what to do', () => {
  const message = mistakeAtSynthesis((stack) => new TokenAuthorizer(stack, 'Authorizer', { plan }));
  expect(message).toContain('no value for services/orders/api/id');
  expect(message).toContain('Call authorizerFor with its API');
});
