import '../support/bundles.js';
import { type App, CfnResource, Fn, Lazy, Stack } from 'aws-cdk-lib';
import {
  AuthorizationType,
  CfnBasePathMapping,
  CfnBasePathMappingV2,
  CfnDeployment,
  CfnMethod,
  type CfnRestApi,
  CfnStage,
  HttpIntegration,
  MockIntegration,
  RestApi,
  VpcLink,
} from 'aws-cdk-lib/aws-apigateway';
import { CfnApiMapping, CfnRoutingRule } from 'aws-cdk-lib/aws-apigatewayv2';
import { TokenAuthorizer } from '../../../../constructs/aws-cdk/authorizer/index.js';
import { EdgeApi, ServiceEdge } from '../../../../constructs/aws-cdk/edge/index.js';
import { WebFirewall } from '../../../../constructs/aws-cdk/firewall/index.js';
import { testStack } from '../support/app.js';
import { plan } from '../support/plan.js';

const list = 'arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/a/b';

// An edge that the library made, and an API that a user had, after a synthesis that is right.
const stack = testStack();
const edge = new ServiceEdge(stack, 'Edge', {
  plan,
  service: 'orders',
  authorizer: new TokenAuthorizer(stack, 'Authorizer', { plan, services: ['orders'] }),
  link: VpcLink.fromVpcLinkId(stack, 'Link', 'link12'),
  firewall: WebFirewall.fromWebAclArn(stack, 'Firewall', list),
});
const api = new RestApi(stack, 'Adopted', { cloudWatchRole: false });
api.root.addMethod('GET', new MockIntegration());
api.root.addCorsPreflight({ allowOrigins: ['https://shop.example'] });
const second = new TokenAuthorizer(stack, 'Second', { plan, apis: [{ service: 'orders', api }] });
second.protect(api);
(stack.node.root as App).synth();

const at = (type: string, path: string): CfnResource => {
  const found = stack.node
    .findAll()
    .filter((node) => (node as Partial<CfnResource>).cfnResourceType === `AWS::ApiGateway::${type}`)
    .filter(({ node }) => node.path.includes(path));
  expect(found.map(({ node }) => node.path)).toHaveLength(1);
  return found[0] as CfnResource;
};
const codes = (construct: ServiceEdge | TokenAuthorizer | EdgeApi) => [
  ...new Set(construct.node.validate().map((text) => text.slice(0, text.indexOf(':')))),
];

/** What a later synthesis says: one goes through the tree once. */
const later = async (construct: ServiceEdge | EdgeApi | TokenAuthorizer) => {
  await Promise.resolve();
  return codes(construct);
};

const OTHER = { Ref: 'Other' };
const root = () => at('Method', 'Edge/RestApi/Default/ANY');
const stage = () => edge.stage.node.defaultChild as CfnStage;
const get = () => at('Method', 'Adopted/Default/GET');
const options = () => at('Method', 'Adopted/Default/OPTIONS');
const adopted = () => api.deploymentStage.node.defaultChild as CfnStage;
const ofEdge = edge.api.node.defaultChild as CfnRestApi;
const ofUser = api.node.defaultChild as CfnRestApi;

test.each<
  [
    what: string,
    of: ServiceEdge | TokenAuthorizer,
    on: () => CfnResource,
    path: string,
    value: unknown,
    code: string,
  ]
>([
  ['another authorizer of a method of the edge', edge, root, 'AuthorizerId', OTHER, 'open-method'],
  ['no authorizer of one', edge, root, 'AuthorizationType', 'NONE', 'open-method'],
  ['the right of IAM for one', edge, root, 'AuthorizationType', 'AWS_IAM', 'open-method'],
  [
    'another way of an integration',
    edge,
    root,
    'Integration.Uri',
    'https://elsewhere.example/',
    'edge-changed',
  ],
  ['one without the link', edge, root, 'Integration.ConnectionType', 'INTERNET', 'edge-changed'],
  ['one that answers by itself', edge, root, 'Integration.Type', 'MOCK', 'edge-changed'],
  ['a header that says who calls', edge, root, 'Integration.RequestParameters', { a: 'b' }, 'edge-changed'],
  ['another deployment of the stage', edge, stage, 'DeploymentId', 'abc', 'edge-changed'],
  ['a canary', edge, stage, 'CanarySetting', { DeploymentId: 'abc', PercentTraffic: 9 }, 'edge-changed'],
  ['another certificate', edge, stage, 'ClientCertificateId', 'abc', 'edge-changed'],
  ['methods of a document', edge, () => ofEdge, 'Body', { openapi: '3.0.0' }, 'api-from-document'],
  [
    'another function behind the authorizer',
    edge,
    () => at('Authorizer', 'Edge/'),
    'AuthorizerUri',
    'x',
    'authorizer-changed',
  ],
  [
    'a cache of it',
    edge,
    () => at('Authorizer', 'Edge/'),
    'AuthorizerResultTtlInSeconds',
    300,
    'authorizer-changed',
  ],
  ['another authorizer of an adopted method', second, get, 'AuthorizerId', OTHER, 'open-method'],
  ['no authorizer of one', second, get, 'AuthorizationType', 'NONE', 'open-method'],
  ['a preflight that leads to a service', second, options, 'Integration.Type', 'HTTP_PROXY', 'open-method'],
  ['a preflight that is no preflight', second, options, 'HttpMethod', 'GET', 'open-method'],
  ['another deployment of an adopted stage', second, adopted, 'DeploymentId', 'abc', 'deployment-unknown'],
  [
    'a canary of one',
    second,
    adopted,
    'CanarySetting',
    { DeploymentId: 'abc', PercentTraffic: 9 },
    'deployment-unknown',
  ],
  ['methods of a document', second, () => ofUser, 'BodyS3Location', { Bucket: 'b' }, 'api-from-document'],
  [
    'a cache of its authorizer',
    second,
    () => at('Authorizer', 'Adopted/'),
    'AuthorizerResultTtlInSeconds',
    300,
    'authorizer-changed',
  ],
])('%s, by an override, stops synthesis (%#)', (_what, of, on, path, value, code) => {
  expect(codes(of)).toEqual([]);
  const resource = on() as unknown as Pick<CfnResource, 'addPropertyOverride'> & { rawOverrides: object };
  const own = structuredClone(resource.rawOverrides);
  resource.addPropertyOverride(path, value);
  const said = codes(of);
  resource.rawOverrides = own;
  expect(said).toContain(code);
});

test.each<[string, () => object, string, unknown, string]>([
  [
    'the way of a method',
    root,
    'integration',
    { type: 'HTTP', uri: 'https://elsewhere.example' },
    'edge-changed',
  ],
  ['what is served', stage, 'deploymentId', 'abc', 'edge-changed'],
  ['what the gateway is shown', stage, 'clientCertificateId', 'abc', 'edge-changed'],
  ['a canary', stage, 'canarySetting', { deploymentId: 'abc', percentTraffic: 100 }, 'edge-changed'],
  [
    'whom its authorizer asks',
    () => at('Authorizer', 'Edge'),
    'authorizerUri',
    'arn:x',
    'authorizer-changed',
  ],
])('%s of the edge, assigned to its L1, stops synthesis', (_what, on, name, value, code) => {
  const resource = on() as Record<string, unknown>;
  const before = resource[name];
  resource[name] = value;
  const said = codes(edge);
  resource[name] = before;
  expect(said).toEqual([code]);
  expect(codes(edge)).toEqual([]);
});

test('the time limit of an integration may be overridden', () => {
  root().addPropertyOverride('Integration.TimeoutInMillis', 5000);
  expect(codes(edge)).toEqual([]);
});

test('an open method whose API only the template knows stops synthesis, and so does one by the name of its type', async () => {
  const { restApiId, rootResourceId } = edge.api;
  const id = stack.getLogicalId(ofEdge);
  const spellings = [
    Fn.ref(id),
    Fn.sub(`\${${id}}`),
    Fn.conditionIf('Always', restApiId, 'x').toString(),
    Lazy.string({ produce: () => restApiId }),
  ];
  for (const spelling of spellings) {
    const props = { resourceId: rootResourceId, httpMethod: 'GET', authorizationType: 'NONE' };
    new CfnMethod(stack, 'Spelled', { ...props, restApiId: spelling });
    expect(await later(edge)).toEqual(['open-method', 'method-beside-edge']);
    stack.node.tryRemoveChild('Spelled');
  }
  const properties = { RestApiId: restApiId, HttpMethod: 'GET', AuthorizationType: 'NONE' };
  new CfnResource(stack, 'Typed', { type: 'AWS::ApiGateway::Method', properties });
  expect(await later(edge)).toEqual(['open-method', 'method-beside-edge']);
  stack.node.tryRemoveChild('Typed');
  new CfnResource(stack, 'Stage', {
    type: 'AWS::ApiGateway::Stage',
    properties: { RestApiId: Fn.ref(id), DeploymentId: 'abc' },
  });
  expect(await later(edge)).toEqual(['stage-beside-edge']);
  stack.node.tryRemoveChild('Stage');
  expect(await later(edge)).toEqual([]);
});

test("an open method, a stage and a deployment with a stage that somebody adds to the edge's API stop synthesis", async () => {
  const { restApiId, rootResourceId } = edge.api;
  const added = (id: string) => `${id}${stack.node.children.length}`;
  const method = { restApiId, resourceId: rootResourceId, httpMethod: 'GET' };
  new CfnMethod(stack, added('Low'), { ...method, authorizationType: 'NONE' });
  expect(await later(edge)).toEqual(['open-method', 'method-beside-edge']);
  expect(await later(edge.api)).toEqual(['open-method']);
  stack.node.tryRemoveChild(stack.node.children.at(-1)!.node.id);
  edge.api.in(stack, 'ByL2').root.addMethod('POST', new MockIntegration());
  expect(await later(edge)).toEqual(['open-method', 'method-beside-edge']);
  stack.node.tryRemoveChild('ByL2');
  new CfnDeployment(stack, 'Deployed', { restApiId });
  expect(await later(edge)).toEqual([]);
  new CfnStage(stack, 'Served', { restApiId, deploymentId: 'abc', stageName: 'open' });
  expect(await later(edge)).toEqual(['stage-beside-edge']);
  stack.node.tryRemoveChild('Served');
  new CfnDeployment(stack, 'WithStage', { restApiId, stageName: 'open' });
  expect(await later(edge)).toEqual(['stage-beside-edge']);
  stack.node.tryRemoveChild('WithStage');
  new CfnMethod(new Stack(stack.node.root, 'Elsewhere'), 'Other', {
    ...method,
    restApiId: 'another',
    authorizationType: 'NONE',
  });
  expect(await later(edge)).toEqual([]);
});

test('a method that asks the authorizer and leads elsewhere, or answers a preflight by itself, stops synthesis too', async () => {
  const beside = (id: string) => edge.api.in(stack, id);
  const { authorizerId } = root() as CfnMethod;
  const authorizer = { authorizerId: authorizerId!, authorizationType: AuthorizationType.CUSTOM };
  beside('Led').root.addMethod('POST', new HttpIntegration('https://elsewhere.example'), { authorizer });
  expect(await later(edge)).toEqual(['method-beside-edge']);
  stack.node.tryRemoveChild('Led');
  beside('Preflight').root.addCorsPreflight({ allowOrigins: ['*'] });
  expect(await later(edge)).toEqual(['method-beside-edge']);
  stack.node.tryRemoveChild('Preflight');
});

test("another domain that leads to the edge's API stops synthesis, whatever makes it do so", async () => {
  const { restApiId } = edge.api;
  const domainName = 'old.shop.example';
  const ways: ((id: string) => unknown)[] = [
    (id) => new CfnBasePathMapping(stack, id, { domainName, restApiId, stage: 'live' }),
    (id) => new CfnBasePathMappingV2(stack, id, { domainNameArn: 'arn:x', restApiId, stage: 'live' }),
    (id) => new CfnApiMapping(stack, id, { domainName, apiId: restApiId, stage: 'live' }),
    (id) =>
      new CfnRoutingRule(stack, id, {
        domainNameArn: 'arn:x',
        priority: 1,
        conditions: [],
        actions: [{ invokeApi: { apiId: restApiId, stage: 'live' } }],
      }),
  ];
  for (const make of ways) {
    make('Mapping');
    expect(await later(edge)).toEqual(['domain-beside-edge']);
    stack.node.tryRemoveChild('Mapping');
  }
  new CfnBasePathMapping(stack, 'Elsewhere', { domainName, restApiId: 'another' });
  expect(await later(edge)).toEqual([]);
});

test('a deployment that moves a stage of an adopted API past its methods, by a prop or an override, stops synthesis', async () => {
  const { restApiId } = api;
  new CfnDeployment(stack, 'Moves', { restApiId, stageName: 'prod' });
  expect(await later(second)).toEqual(['deployment-unknown']);
  stack.node.tryRemoveChild('Moves');
  const plain = new CfnDeployment(stack, 'Plain', { restApiId });
  expect(await later(second)).toEqual([]);
  plain.addPropertyOverride('StageName', 'prod');
  expect(await later(second)).toEqual(['deployment-unknown']);
  stack.node.tryRemoveChild('Plain');
});

test('an API without an edge takes no open method either', async () => {
  const alone = new EdgeApi(testStack(), 'Api', { plan, service: 'orders' });
  expect(await later(alone)).toEqual([]);
  alone.restApi.root.addMethod('GET', new MockIntegration());
  expect(await later(alone)).toEqual(['open-method']);
});
