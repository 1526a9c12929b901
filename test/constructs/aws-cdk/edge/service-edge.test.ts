import '../support/bundles.js';
import { NestedStack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { VpcLink } from 'aws-cdk-lib/aws-apigateway';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { TokenAuthorizer } from '../../../../constructs/aws-cdk/authorizer/index.js';
import { EdgeApi, ServiceEdge, type ServiceEdgeProps } from '../../../../constructs/aws-cdk/edge/index.js';
import { expectGolden } from '../../../golden.js';
import { onlyResource, templateOf, testStack, warningsOf } from '../support/app.js';
import { certificatePlan, networkPlan, plan, planFor, model, proofPlan } from '../support/plan.js';
import { cors, http } from '../support/model-parts.js';
import { once, edge, withDomain } from './edge-of-orders.js';

type Properties = Readonly<Record<string, unknown>>;
const propertiesOf = (template: Template, type: string): Properties[] =>
  Object.values(template.findResources(type)).map(({ Properties }) => Properties as Properties);

test('the edge is in the template as it was reviewed', () => {
  const template = templateOf((stack) => edge(stack, withDomain(stack)));
  const types = [
    'RestApi',
    'Method',
    'Authorizer',
    'GatewayResponse',
    'Stage',
    'DomainName',
    'BasePathMapping',
  ];
  const parts = types.map((type) => [type, propertiesOf(template, `AWS::ApiGateway::${type}`)]);
  expectGolden('aws-cdk/service-edge.json', `${JSON.stringify(Object.fromEntries(parts), null, 2)}\n`);
});

test('every method has the authorizer and goes through the link under the name of the service', () => {
  const methods = propertiesOf(templateOf(edge), 'AWS::ApiGateway::Method');
  expect(methods).toHaveLength(2);
  for (const method of methods) {
    expect(method).toMatchObject({
      HttpMethod: 'ANY',
      AuthorizationType: 'CUSTOM',
      AuthorizerId: { Ref: expect.any(String) },
      Integration: {
        Type: 'HTTP_PROXY',
        ConnectionType: 'VPC_LINK',
        ConnectionId: 'link12',
        IntegrationHttpMethod: 'ANY',
        TimeoutInMillis: 29_000,
      },
    });
    expect(JSON.stringify(method)).not.toContain('InsecureSkipVerification');
  }
});

test("what is handed on is the client's whole path, and nothing before it", () => {
  const uris = propertiesOf(templateOf(edge), 'AWS::ApiGateway::Method').map(
    ({ Integration }) => Integration as { Uri: string; RequestParameters?: object },
  );
  expect(uris.map(({ Uri }) => Uri).sort()).toEqual([
    'https://orders.shop.example/',
    'https://orders.shop.example/{path}',
  ]);
  expect(uris.find(({ Uri }) => Uri.endsWith('{path}'))?.RequestParameters).toEqual({
    'integration.request.path.path': 'method.request.path.path',
  });
});

test('with a domain the endpoint of API Gateway is closed, and the host stands at the root', () => {
  const template = templateOf((stack) => edge(stack, withDomain(stack)));
  expect(onlyResource(template, 'AWS::ApiGateway::RestApi')['DisableExecuteApiEndpoint']).toBe(true);
  expect(onlyResource(template, 'AWS::ApiGateway::BasePathMapping')).not.toHaveProperty('BasePath');
  template.hasResource('AWS::ApiGateway::BasePathMapping', { DependsOn: Match.anyValue() });
  expect(onlyResource(templateOf(edge), 'AWS::ApiGateway::RestApi')['DisableExecuteApiEndpoint']).toBe(false);
});

test.each([
  ['1.2', 'SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09'],
  ['1.3', 'SecurityPolicy_TLS13_1_3_2025_09'],
] as const)('no client with less than TLS %s, at the API and at the domain', (minimumTls, policy) => {
  const template = templateOf((stack) => edge(stack, { ...withDomain(stack), minimumTls }));
  for (const type of ['AWS::ApiGateway::RestApi', 'AWS::ApiGateway::DomainName']) {
    expect(onlyResource(template, type)).toMatchObject({
      SecurityPolicy: policy,
      EndpointAccessMode: 'STRICT',
    });
  }
});

test('with mutual TLS the trust store is one version of one object', () => {
  const template = templateOf((stack) => {
    const bucket = Bucket.fromBucketName(stack, 'Bucket', 'trust');
    const ownership = Certificate.fromCertificateArn(
      stack,
      'Ownership',
      'arn:aws:acm:eu-west-1:111122223333:certificate/own',
    );
    return edge(
      stack,
      withDomain(stack, { mutualTls: { bucket, key: 'clients.pem', version: 'v1', ownership } }),
    );
  });
  expect(onlyResource(template, 'AWS::ApiGateway::DomainName')).toMatchObject({
    MutualTlsAuthentication: { TruststoreUri: 's3://trust/clients.pem', TruststoreVersion: 'v1' },
    OwnershipVerificationCertificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/own',
    SecurityPolicy: 'TLS_1_2',
  });
  expect(onlyResource(template, 'AWS::ApiGateway::RestApi')['DisableExecuteApiEndpoint']).toBe(true);
});

test('where the policy takes proofs a 401 says so', () => {
  const template = templateOf((stack) => edge(stack, { plan: proofPlan }));
  const responses = propertiesOf(template, 'AWS::ApiGateway::GatewayResponse');
  const challenges = responses.flatMap(({ ResponseType, ResponseParameters }) => {
    const challenge = (ResponseParameters as Record<string, string>)[
      'gatewayresponse.header.WWW-Authenticate'
    ];
    return challenge === undefined ? [] : [[ResponseType, challenge]];
  });
  expect(challenges).toEqual([
    ['UNAUTHORIZED', expect.stringMatching(/^'Bearer, DPoP algs="RS256 .*EdDSA"'$/)],
  ]);
});

test('answers of API Gateway tell nothing, and a 401 carries a challenge', () => {
  const responses = propertiesOf(templateOf(edge), 'AWS::ApiGateway::GatewayResponse');
  const unauthorized = responses.find(({ ResponseType }) => ResponseType === 'UNAUTHORIZED');
  expect(unauthorized).toMatchObject({
    StatusCode: '401',
    ResponseParameters: { 'gatewayresponse.header.WWW-Authenticate': "'Bearer'" },
  });
  for (const { ResponseTemplates, ResponseParameters } of responses) {
    for (const body of Object.values(ResponseTemplates as Record<string, string>)) {
      expect(body).toMatch(/^[a-z ]+$/);
    }
    expect(JSON.stringify(ResponseParameters)).not.toMatch(/context\.|method\.request/);
  }
  const statuses = Object.fromEntries(
    responses.map(({ ResponseType, StatusCode }) => [ResponseType, StatusCode]),
  );
  expect(statuses).toMatchObject({
    ACCESS_DENIED: '403',
    MISSING_AUTHENTICATION_TOKEN: '403',
    AUTHORIZER_FAILURE: '503',
    AUTHORIZER_CONFIGURATION_ERROR: '503',
    THROTTLED: '429',
  });
  expect(Object.keys(statuses)).toEqual(expect.arrayContaining(['DEFAULT_4XX', 'DEFAULT_5XX']));
});

test('the only origin that the model declares may read refusals; of several none can be told', () => {
  const originsOf = (...origins: string[]) => {
    const changed = planFor({
      services: { ...model.services, orders: http({ host: 'orders.shop.example', cors: cors(...origins) }) },
    });
    const template = templateOf((stack) => edge(stack, { plan: changed }));
    return propertiesOf(template, 'AWS::ApiGateway::GatewayResponse').map(
      ({ ResponseParameters }) =>
        (ResponseParameters as Record<string, string>)['gatewayresponse.header.Access-Control-Allow-Origin'],
    );
  };
  expect(new Set(originsOf('https://www.shop.example'))).toEqual(new Set(["'https://www.shop.example'"]));
  expect(new Set(originsOf('https://www.shop.example', 'https://m.shop.example'))).toEqual(
    new Set([undefined]),
  );
});

test('the access log has neither a header nor a query, is encrypted and kept, as the execution log is', () => {
  const template = templateOf(edge);
  const { AccessLogSetting, MethodSettings, ClientCertificateId } = onlyResource(
    template,
    'AWS::ApiGateway::Stage',
  );
  const { Format } = AccessLogSetting as { Format: string };
  expect(Format).not.toMatch(/header|query|authorizationToken|stageVariables|error\.message|accessKey/i);
  expect(JSON.parse(Format)).toMatchObject({ path: '$context.path', status: '$context.status' });
  expect(MethodSettings).toEqual([
    {
      DataTraceEnabled: false,
      CachingEnabled: false,
      HttpMethod: '*',
      LoggingLevel: 'ERROR',
      MetricsEnabled: true,
      ResourcePath: '/*',
      ThrottlingBurstLimit: 200,
      ThrottlingRateLimit: 200,
    },
  ]);
  expect(ClientCertificateId).toBeDefined();
  const groups = propertiesOf(template, 'AWS::Logs::LogGroup');
  for (const group of groups)
    expect(group).toMatchObject({ RetentionInDays: 365, KmsKeyId: expect.anything() });
  expect(JSON.stringify(groups)).toContain('API-Gateway-Execution-Logs_');
});

test('requests from elsewhere are refused before anything looks at a token', () => {
  const template = templateOf((stack) => edge(stack, { allowedNetworks: ['198.51.100.0/24'] }));
  const { Policy } = onlyResource(template, 'AWS::ApiGateway::RestApi') as {
    Policy: { Statement: { Effect: string; Resource: string; Condition?: object }[] };
  };
  expect(
    Policy.Statement.filter(({ Effect }) => Effect === 'Deny').map(({ Condition }) => Condition),
  ).toEqual([
    { Bool: { 'aws:SecureTransport': 'false' } },
    { NotIpAddress: { 'aws:SourceIp': ['198.51.100.0/24'] } },
  ]);
});

test('another policy is another deployment, and an equal one the same', () => {
  const deploymentOf = (props: Partial<ServiceEdgeProps> = {}) =>
    Object.keys(templateOf((stack) => edge(stack, props)).findResources('AWS::ApiGateway::Deployment'));
  const before = deploymentOf();
  expect(before).toHaveLength(1);
  expect(deploymentOf()).toEqual(before);
  expect(deploymentOf({ port: 8443 })).not.toEqual(before);
  expect(deploymentOf({ allowedNetworks: ['198.51.100.0/24'] })).not.toEqual(before);
});

test('the API may stand in the stack above, and everything else in a nested one', () => {
  const stack = testStack();
  const api = new EdgeApi(stack, 'Api', { plan, service: 'orders' });
  const parts = new NestedStack(stack, 'Parts');
  const authorizer = new TokenAuthorizer(parts, 'Authorizer', {
    plan,
    services: ['orders'],
    invokedBy: 'account',
  });
  const services = new NestedStack(stack, 'Services');
  new ServiceEdge(services, 'Edge', {
    plan,
    service: 'orders',
    api,
    authorizer,
    link: VpcLink.fromVpcLinkId(services, 'Link', 'link12'),
    withoutFirewall: once,
  });
  Template.fromStack(stack).resourceCountIs('AWS::ApiGateway::Method', 0);
  Template.fromStack(stack).resourceCountIs('AWS::ApiGateway::RestApi', 1);
  Template.fromStack(stack).resourceCountIs('AWS::ApiGateway::Account', 1);
  const template = Template.fromStack(services);
  template.resourceCountIs('AWS::ApiGateway::Method', 2);
  template.resourceCountIs('AWS::ApiGateway::Authorizer', 1);
  Template.fromStack(parts).resourceCountIs('AWS::ApiGateway::Authorizer', 0);
});

test('a record is made in the zone of the host', () => {
  const template = templateOf((stack) => {
    const zone = { hostedZoneId: 'Z1', zoneName: 'shop.example' };
    const hostedZone = HostedZone.fromHostedZoneAttributes(stack, 'Zone', zone);
    return edge(stack, withDomain(stack, { hostedZone }));
  });
  expect(onlyResource(template, 'AWS::Route53::RecordSet')).toMatchObject({
    Name: 'orders.shop.example.',
    Type: 'A',
  });
});

test('a gateway that cannot be verified is believed by name only, and it is said', () => {
  const stack = testStack();
  edge(stack, { unverifiedGateway: once });
  expect(warningsOf(stack)).toEqual([expect.stringContaining('unverifiedGateway: agreed with the owner')]);
  for (const { Integration } of propertiesOf(Template.fromStack(stack), 'AWS::ApiGateway::Method')) {
    expect(Integration).toMatchObject({ TlsConfig: { InsecureSkipVerification: true } });
  }
});

test("a rule on the client's address passes, one on its certificate where the domain asks for one", () => {
  expect(() => edge(testStack(), { plan: networkPlan })).not.toThrow();
  const stack = testStack();
  const bucket = Bucket.fromBucketName(stack, 'Bucket', 'trust');
  const mutualTls = { bucket, key: 'clients.pem', version: 'v1' };
  expect(() => edge(stack, { plan: certificatePlan, ...withDomain(stack, { mutualTls }) })).not.toThrow();
});

test('a logging role that exists is left alone', () => {
  templateOf((stack) => edge(stack, { loggingRole: 'existing' })).resourceCountIs(
    'AWS::ApiGateway::Account',
    0,
  );
});
