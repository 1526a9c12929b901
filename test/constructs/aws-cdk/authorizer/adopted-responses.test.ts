import '../support/bundles.js';
import { NestedStack, type Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { CfnGatewayResponse, HttpIntegration, ResponseType, RestApi } from 'aws-cdk-lib/aws-apigateway';
import {
  type ProofProps,
  type ProtectOptions,
  TokenAuthorizer,
} from '../../../../constructs/aws-cdk/authorizer/index.js';
import { testStack, warningsOf } from '../support/app.js';
import { model, planFor } from '../support/plan.js';

const TYPE = 'AWS::ApiGateway::GatewayResponse';
const OWN = {
  type: ResponseType.UNAUTHORIZED,
  responseHeaders: { 'WWW-Authenticate': '\'Bearer realm="shop"\'' },
};

interface Answer {
  readonly ResponseType: string;
  readonly StatusCode?: string;
  readonly ResponseParameters: Readonly<Record<string, string>>;
  readonly ResponseTemplates?: Readonly<Record<string, string>>;
}

/** An adopted API to which the app itself does something, before and after the adoption. */
function adopted({ before, after, proofs, ...options }: Adoption = {}) {
  const stack = testStack();
  const api = new RestApi(stack, 'Shop', { cloudWatchRole: false });
  api.root.addMethod('GET', new HttpIntegration('https://shop.example/orders'));
  before?.(api, stack);
  const orders = { ...model.services.orders, cors: { origins: ['https://www.shop.example'] } };
  const plan = planFor({ services: { ...model.services, orders } });
  const props = { plan, apis: [{ service: 'orders', api }], ...(proofs && { proofs }) };
  new TokenAuthorizer(stack, 'Authorizer', props).protect(api, options);
  after?.(api, stack);
  return { stack, template: Template.fromStack(stack) };
}
interface Adoption extends ProtectOptions {
  readonly before?: Does;
  readonly after?: Does;
  readonly proofs?: ProofProps;
}
type Does = (api: RestApi, stack: Stack) => void;

function answersOf(template: Template): Map<string, Answer[]> {
  const answers = new Map<string, Answer[]>();
  for (const { Properties } of Object.values(template.findResources(TYPE))) {
    const answer = Properties as Answer;
    answers.set(answer.ResponseType, [...(answers.get(answer.ResponseType) ?? []), answer]);
  }
  return answers;
}

const deploymentOf = (template: Template) =>
  Object.entries(template.findResources('AWS::ApiGateway::Deployment'))[0]!;

test('a client may come with either kind of token where the policy takes proofs, and a 401 says so', () => {
  const challenge = (proofs?: ProofProps) =>
    answersOf(adopted({ ...(proofs && { proofs }) }).template).get('UNAUTHORIZED')![0]!.ResponseParameters[
      'gatewayresponse.header.WWW-Authenticate'
    ];
  expect(challenge({ usedProofs: 'environment' })).toBe(
    `'Bearer, DPoP algs="RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA"'`,
  );
  expect(challenge()).toBe("'Bearer'");
});

test('who is refused on an adopted API hears a challenge or a refusal, and nothing that tells why', () => {
  const { template } = adopted();
  const answers = answersOf(template);
  expect([...answers].map(([type, [answer]]) => `${type} ${answer!.StatusCode}`).sort()).toEqual([
    'ACCESS_DENIED 403',
    'AUTHORIZER_CONFIGURATION_ERROR 503',
    'AUTHORIZER_FAILURE 503',
    'UNAUTHORIZED 401',
    'WAF_FILTERED 403',
  ]);
  expect(answers.get('UNAUTHORIZED')![0]).toMatchObject({
    ResponseParameters: {
      'gatewayresponse.header.WWW-Authenticate': "'Bearer'",
      'gatewayresponse.header.Access-Control-Allow-Origin': "'https://www.shop.example'",
    },
    ResponseTemplates: { 'application/json': 'unauthorized' },
  });
  expect(JSON.stringify([...answers])).not.toContain('$context');
});

test('the deployment comes after them, and is made anew when one is no longer wanted', () => {
  const [id, { DependsOn }] = deploymentOf(adopted().template);
  expect(DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(/UNAUTHORIZED/)]));
  const [other] = deploymentOf(adopted({ responses: 'left' }).template);
  expect(other).not.toBe(id);
});

test.each(['before', 'after'] as const)(
  'an answer that the app makes %s the adoption takes the place of ours, and is reported',
  (when) => {
    const { stack, template } = adopted({ [when]: (api: RestApi) => api.addGatewayResponse('Own', OWN) });
    const answers = answersOf(template).get('UNAUTHORIZED')!;
    expect(answers.map(({ ResponseParameters }) => ResponseParameters)).toEqual([
      { 'gatewayresponse.header.WWW-Authenticate': OWN.responseHeaders['WWW-Authenticate'] },
    ]);
    Annotations.fromStack(stack).hasInfo('*', Match.stringLikeRegexp("UNAUTHORIZED.*the app's own answer"));
    expect(warningsOf(stack)).toEqual([]);
    const [, { DependsOn }] = deploymentOf(template);
    expect(JSON.stringify(DependsOn)).not.toMatch(/UNAUTHORIZED/);
  },
);

test('so does one that is made by hand in a nested stack', () => {
  const { template } = adopted({
    after: ({ restApiId }, stack) =>
      new CfnGatewayResponse(new NestedStack(stack, 'Nested'), 'Own', {
        restApiId,
        responseType: 'ACCESS_DENIED',
      }),
  });
  expect(answersOf(template).has('ACCESS_DENIED')).toBe(false);
});

test.each<[string, Parameters<RestApi['addGatewayResponse']>[1], RegExp]>([
  ['lacks the challenge', { type: ResponseType.UNAUTHORIZED }, /no WWW-Authenticate/],
  [
    'tells why',
    {
      type: ResponseType.ACCESS_DENIED,
      templates: { 'application/json': '{"message":$context.error.messageString}' },
    },
    /tells what the authorizer/,
  ],
])('an answer of the app that %s stays, with a warning', (_, own, expected) => {
  const { stack, template } = adopted({ before: (api) => api.addGatewayResponse('Own', own) });
  expect(answersOf(template).get(own.type.responseType)).toHaveLength(1);
  expect(warningsOf(stack).join()).toMatch(expected);
});

test('headers that the app gives to every refusal are on ours too; its body and challenge are not', () => {
  const { template } = adopted({
    after: (api) =>
      api.addGatewayResponse('All', {
        type: ResponseType.DEFAULT_4XX,
        responseHeaders: {
          'Access-Control-Allow-Origin': "'*'",
          'content-type': "'text/html'",
          'www-authenticate': "'Basic'",
        },
      }),
  });
  const answers = answersOf(template);
  expect(answers.get('UNAUTHORIZED')![0]!.ResponseParameters).toEqual({
    'gatewayresponse.header.Access-Control-Allow-Origin': "'*'",
    'gatewayresponse.header.Content-Type': "'text/plain'",
    'gatewayresponse.header.Vary': "'Origin'",
    'gatewayresponse.header.WWW-Authenticate': "'Bearer'",
  });
  expect(answers.get('AUTHORIZER_FAILURE')![0]!.ResponseParameters).toMatchObject({
    'gatewayresponse.header.Access-Control-Allow-Origin': "'https://www.shop.example'",
  });
  expect(answers.get('DEFAULT_4XX')).toHaveLength(1);
});

test('with `left` nothing is added', () => {
  expect(answersOf(adopted({ responses: 'left' }).template).size).toBe(0);
});
