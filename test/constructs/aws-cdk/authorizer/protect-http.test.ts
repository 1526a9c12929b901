import '../support/bundles.js';
import { Duration, type Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import {
  type CfnApi,
  CfnAuthorizer,
  type CfnRoute,
  type CfnStage,
  CorsHttpMethod,
  HttpApi,
  HttpMethod,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpUrlIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import {
  FULL_CACHE_KEY,
  TokenAuthorizer,
  type TokenAuthorizerProps,
} from '../../../../constructs/aws-cdk/authorizer/index.js';
import { LAWS } from '../../../support/aws/laws/index.js';
import { mistake, mistakeAtSynthesis, testStack, warningsOf } from '../support/app.js';
import { plan } from '../support/plan.js';

const withoutFirewall = { reason: 'partners alone, by their addresses', expires: '2099-01-01' };
const backend = () => new HttpUrlIntegration('Backend', 'https://orders.internal.example');

/** An HTTP API with two routes, and the authorizer before it. */
function protectedApi(stack: Stack, props: Partial<TokenAuthorizerProps> = {}) {
  const api = new HttpApi(stack, 'Api', {
    corsPreflight: { allowOrigins: ['https://www.shop.example'], allowMethods: [CorsHttpMethod.GET] },
  });
  const [first] = api.addRoutes({ path: '/orders', methods: [HttpMethod.GET], integration: backend() });
  const authorizer = new TokenAuthorizer(stack, 'Authorizer', { plan, services: ['orders'], ...props });
  authorizer.protectHttp(api, { service: 'orders', withoutFirewall });
  // After it was protected.
  api.addRoutes({ path: '/{proxy+}', methods: [HttpMethod.ANY], integration: backend() });
  return { api, authorizer, route: first!.node.defaultChild as CfnRoute };
}

test('every route asks, whenever it was made, in the one form that is an answer, and nothing is cached', () => {
  const stack = testStack();
  const { authorizer } = protectedApi(stack);
  const template = Template.fromStack(stack);
  const authorizers = template.findResources('AWS::ApiGatewayV2::Authorizer');
  const [id] = Object.keys(authorizers);
  expect(authorizers[id!]!['Properties']).toMatchObject({
    AuthorizerType: 'REQUEST',
    AuthorizerPayloadFormatVersion: '2.0',
    EnableSimpleResponses: true,
    AuthorizerResultTtlInSeconds: 0,
  });
  expect(authorizers[id!]!['Properties']).not.toHaveProperty('IdentitySource');
  const routes = Object.values(template.findResources('AWS::ApiGatewayV2::Route'));
  expect(routes).toHaveLength(2);
  for (const { Properties } of routes) {
    expect(Properties).toMatchObject({ AuthorizationType: 'CUSTOM', AuthorizerId: { Ref: id } });
  }
  template.hasResourceProperties('AWS::Lambda::Permission', {
    Principal: 'apigateway.amazonaws.com',
    SourceArn: { 'Fn::Join': ['', Match.arrayWith([{ Ref: id }])] },
  });
  expect(JSON.stringify(stack.resolve(authorizer.protected.httpApis))).toContain('Api');
  expect(JSON.stringify(stack.resolve(authorizer.protectionStatements(['arn:deploy'])))).toContain('/apis/');
});

test('the laws of a platform hold for it', () => {
  const stack = testStack();
  protectedApi(stack);
  const { Resources: resources } = Template.fromStack(stack).toJSON() as { Resources: never };
  const templates = [{ name: 'Test', file: '', resources, parameters: {}, outputs: {} }] as never;
  expect(LAWS.flatMap((law) => law.broken(templates))).toEqual([]);
});

test('that no firewall stands before it is said, with a reason', () => {
  const stack = testStack();
  protectedApi(stack);
  expect(warningsOf(stack).join()).toContain(withoutFirewall.reason);
});

test.each<[string, string, (made: ReturnType<typeof protectedApi>, stack: Stack) => unknown]>([
  [
    'a route that an override opens',
    'open-route',
    ({ route }) => route.addPropertyOverride('AuthorizationType', 'NONE'),
  ],
  [
    'a route that an override takes from the authorizer',
    'open-route',
    ({ route }) => route.addPropertyDeletionOverride('AuthorizerId'),
  ],
  [
    'a stage that serves an older deployment',
    'deployment-unknown',
    ({ api }) => (api.defaultStage!.node.defaultChild as CfnStage).addPropertyOverride('AutoDeploy', false),
  ],
  [
    'routes that a target makes',
    'api-from-document',
    ({ api }) => (api.node.defaultChild as CfnApi).addPropertyOverride('Target', 'https://x.example'),
  ],
  [
    'answers that are kept',
    'authorizer-changed',
    ({ api }) => {
      const found = api.node.findAll().find((node) => node instanceof CfnAuthorizer)!;
      found.authorizerResultTtlInSeconds = 300;
    },
  ],
])('%s stops synthesis', (_, code, change) => {
  expect(mistakeAtSynthesis((stack) => change(protectedApi(stack), stack))).toContain(code);
});

test('a route with another authorizer stops synthesis', () => {
  const text = mistakeAtSynthesis((stack) => {
    const { api } = protectedApi(stack);
    const authorizer = new HttpJwtAuthorizer('Other', 'https://id.example', { jwtAudience: ['other'] });
    api.addRoutes({ path: '/other', methods: [HttpMethod.GET], integration: backend(), authorizer });
  });
  expect(text).toContain('a route has an authorizer already');
});

test.each<[string, string, (scope: Stack) => unknown]>([
  [
    'a service that the authorizer does not wait for',
    'service-not-awaited',
    (stack) =>
      protectedApi(stack).authorizer.protectHttp(new HttpApi(stack, 'More'), {
        service: 'reports',
        withoutFirewall,
      }),
  ],
  [
    'a second API of a service',
    'service-of-two-apis',
    (stack) =>
      protectedApi(stack).authorizer.protectHttp(new HttpApi(stack, 'More'), {
        service: 'orders',
        withoutFirewall,
      }),
  ],
  [
    'an imported API',
    'api-not-protectable',
    (stack) =>
      protectedApi(stack).authorizer.protectHttp(
        HttpApi.fromHttpApiAttributes(stack, 'Import', { httpApiId: 'a1b2c3d4e5' }) as HttpApi,
        { service: 'orders', withoutFirewall },
      ),
  ],
  [
    'an authorizer whose answers API Gateway keeps',
    'http-api-cache',
    (stack) => protectedApi(stack, { cacheTtl: Duration.seconds(30), cacheKey: FULL_CACHE_KEY }),
  ],
  [
    'no word of what it is',
    'missing',
    (stack) => protectedApi(stack).authorizer.protectHttp(new HttpApi(stack, 'More'), undefined as never),
  ],
  [
    'no firewall without a reason',
    'weakening-without-reason',
    (stack) =>
      new TokenAuthorizer(stack, 'Authorizer', { plan, services: ['orders'] }).protectHttp(
        new HttpApi(stack, 'Api'),
        { service: 'orders' } as never,
      ),
  ],
  [
    'no firewall for a time that has ended',
    'weakening-expired',
    (stack) =>
      new TokenAuthorizer(stack, 'Authorizer', { plan, services: ['orders'] }).protectHttp(
        new HttpApi(stack, 'Api'),
        { service: 'orders', withoutFirewall: { ...withoutFirewall, expires: '2020-01-01' } },
      ),
  ],
])('%s is an error', (_, code, build) => {
  expect(mistake((scope) => build(scope as Stack)).code).toBe(code);
});
