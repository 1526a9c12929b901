import '../support/bundles.js';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Duration, NestedStack, RemovalPolicies, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { HttpIntegration, MockIntegration, RestApi } from 'aws-cdk-lib/aws-apigateway';
import { AttributeType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  FULL_CACHE_KEY,
  TokenAuthorizer,
  type TokenAuthorizerProps,
} from '../../../../constructs/aws-cdk/authorizer/index.js';
import { ENV, mistakeAtSynthesis, onlyResource, templateOf, testStack } from '../support/app.js';
import { plan } from '../support/plan.js';
import { existingApi } from './existing-api.js';

/** An authorizer whose two services have an API each. */
function complete(stack: Stack, props: Partial<TokenAuthorizerProps> = {}): TokenAuthorizer {
  const authorizer = new TokenAuthorizer(stack, 'Authorizer', { plan, ...props });
  for (const service of ['orders', 'reports']) {
    const api = new RestApi(stack, `Api-${service}`, { cloudWatchRole: false });
    api.root.addMethod('ANY', new MockIntegration(), {
      authorizer: authorizer.authorizerFor(api, service),
    });
  }
  return authorizer;
}

test('the function is what was tested: Node 24, Arm, its alias, its own log, and no more rights than it needs', () => {
  const template = templateOf((stack) => complete(stack));
  const found = onlyResource(template, 'AWS::Lambda::Function');
  expect(found).toMatchObject({
    Runtime: 'nodejs24.x',
    Architectures: ['arm64'],
    Handler: 'index.handler',
    LoggingConfig: { LogFormat: 'JSON', LogGroup: expect.anything() },
  });
  const role = onlyResource(template, 'AWS::IAM::Role');
  expect(role['ManagedPolicyArns']).toBeUndefined();
  expect(role['Policies']).toEqual([
    {
      PolicyName: 'Authorizer',
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
            Resource: { 'Fn::GetAtt': [expect.stringMatching(/^AuthorizerLogGroup/), 'Arn'] },
          },
        ],
      },
    },
  ]);
  template.resourceCountIs('AWS::IAM::Policy', 0);
  template.hasResourceProperties('AWS::Lambda::Alias', {
    Name: 'live',
    ProvisionedConcurrencyConfig: Match.absent(),
  });
});

test('the policy lies beside the bundle, as data, and equal plans are equal assets', () => {
  const app = new App();
  const stack = new Stack(app, 'Test', { env: ENV });
  complete(stack);
  const assembly = app.synth();
  const template = assembly.getStackByName('Test').template as {
    Resources: Record<string, { Type: string; Properties: { Code?: { S3Key: string } } }>;
  };
  const key = Object.values(template.Resources).find(({ Type }) => Type === 'AWS::Lambda::Function')
    ?.Properties.Code?.S3Key;
  const folder = join(assembly.directory, `asset.${key?.replace('.zip', '')}`);
  expect(existsSync(join(folder, 'index.js'))).toBe(true);
  const data = JSON.parse(readFileSync(join(folder, 'policy.json'), 'utf8')) as {
    policy: { services: object };
    apis: object;
  };
  expect(Object.keys(data.policy.services)).toEqual(['orders', 'reports']);
  expect(data.apis).toEqual([
    { service: 'orders', api: { ref: 'services/orders/api/id' } },
    { service: 'reports', api: { ref: 'services/reports/api/id' } },
  ]);
  const again = templateOf((other) => complete(other));
  expect(onlyResource(again, 'AWS::Lambda::Function')['Code']).toMatchObject({ S3Key: key });
});

test('what only the deployment knows comes in the environment, under its refs', () => {
  const template = templateOf((stack) => complete(stack));
  const { Environment } = onlyResource(template, 'AWS::Lambda::Function') as {
    Environment: { Variables: { ZTP_REFS: { 'Fn::Join': [string, unknown[]] } } };
  };
  const parts = Environment.Variables.ZTP_REFS['Fn::Join'][1];
  const text = parts.map((part) => (typeof part === 'string' ? part : 'a1b2c3d4e5')).join('');
  expect(JSON.parse(text)).toEqual({
    'services/orders/api/id': 'a1b2c3d4e5',
    'services/reports/api/id': 'a1b2c3d4e5',
  });
});

test('each API has an authorizer that is asked about every request, and may invoke the alias alone', () => {
  const template = templateOf((stack) => complete(stack));
  const authorizers = Object.values(template.findResources('AWS::ApiGateway::Authorizer'));
  expect(authorizers).toHaveLength(2);
  for (const { Properties } of authorizers as { Properties: Record<string, unknown> }[]) {
    expect(Properties).toMatchObject({ Type: 'REQUEST', AuthorizerResultTtlInSeconds: 0 });
    expect(Properties).not.toHaveProperty('IdentitySource');
    expect(JSON.stringify(Properties['AuthorizerUri'])).toMatch(/AuthorizerAlias/);
  }
  const permissions = Object.values(template.findResources('AWS::Lambda::Permission'));
  expect(permissions).toHaveLength(2);
  for (const { Properties } of permissions as { Properties: Record<string, unknown> }[]) {
    expect(Properties['FunctionName']).toEqual({ Ref: expect.stringMatching(/^AuthorizerAlias/) });
    expect(JSON.stringify(Properties['SourceArn'])).toMatch(/"\/authorizers\/"/);
    expect(JSON.stringify(Properties['SourceArn'])).not.toContain('*');
  }
});

test('one permission for the account when there are many APIs', () => {
  const template = templateOf((stack) => complete(stack, { invokedBy: 'account' }));
  const { SourceArn } = onlyResource(template, 'AWS::Lambda::Permission');
  expect(JSON.stringify(SourceArn)).toContain(':*/authorizers/*');
});

test('revocations are read from one item of one table', () => {
  const template = templateOf((stack) => {
    const table = new Table(stack, 'Table', { partitionKey: { name: 'id', type: AttributeType.STRING } });
    complete(stack, { revocations: { table, id: 'revocations' } });
  });
  template.hasResourceProperties('AWS::IAM::Role', {
    Policies: [
      {
        PolicyDocument: {
          Statement: Match.arrayWith([
            {
              Effect: 'Allow',
              Action: 'dynamodb:GetItem',
              Resource: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Table'), 'Arn'] },
              Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['revocations'] } },
            },
          ]),
        },
      },
    ],
  });
});

test('provisioned concurrency is on the alias', () => {
  templateOf((stack) => complete(stack, { provisionedConcurrency: 5 })).hasResourceProperties(
    'AWS::Lambda::Alias',
    {
      ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 5 },
    },
  );
});

test('a cache whose key holds token, method and path is taken', () => {
  const template = templateOf((stack) =>
    complete(stack, { cacheTtl: Duration.seconds(30), cacheKey: FULL_CACHE_KEY }),
  );
  template.allResourcesProperties('AWS::ApiGateway::Authorizer', {
    AuthorizerResultTtlInSeconds: 30,
    IdentitySource: 'method.request.header.Authorization,context.httpMethod,context.path',
  });
});

test('APIs of the stack above a nested one are no cycle', () => {
  const stack = testStack();
  const api = new RestApi(stack, 'Api');
  const nested = new NestedStack(stack, 'Nested');
  const authorizer = new TokenAuthorizer(nested, 'Authorizer', { plan, services: ['orders'] });
  api.root.addMethod('ANY', new MockIntegration(), { authorizer: authorizer.authorizerFor(api, 'orders') });
  expect(() => Template.fromStack(stack)).not.toThrow();
});

const protectedElsewhere = { reason: 'its own stack asks this authorizer', expires: '2099-01-01' };

const adopt = (stack: Stack, api: RestApi) =>
  new TokenAuthorizer(stack, 'Authorizer', {
    plan,
    apis: [
      { service: 'orders', api, resources: [api.root.getResource('orders')!] },
      { service: 'reports', api, resources: [api.root.getResource('reports')!] },
    ],
  });

test('an API that exists is adopted: its methods get the authorizer and are deployed anew, nothing else changes', () => {
  const before = templateOf(existingApi).toJSON() as {
    Resources: Record<string, { Type: string; Properties: object }>;
  };
  const after = templateOf((stack) => {
    const api = existingApi(stack);
    adopt(stack, api).protect(api);
  }).toJSON() as typeof before;
  const changed = Object.keys(before.Resources).filter(
    (id) => JSON.stringify(before.Resources[id]) !== JSON.stringify(after.Resources[id]),
  );
  const types = [...new Set(changed.map((id) => before.Resources[id]!.Type))].sort();
  expect(types).toEqual(['AWS::ApiGateway::Deployment', 'AWS::ApiGateway::Method', 'AWS::ApiGateway::Stage']);
  const methods = Object.values(after.Resources).filter(({ Type }) => Type === 'AWS::ApiGateway::Method') as {
    Properties: { HttpMethod: string; AuthorizationType: string; AuthorizerId?: object };
  }[];
  for (const { Properties } of methods) {
    const isPreflight = Properties.HttpMethod === 'OPTIONS';
    expect(Properties.AuthorizationType).toBe(isPreflight ? 'NONE' : 'CUSTOM');
    expect(Properties.AuthorizerId === undefined).toBe(isPreflight);
  }
});

test('a method that is added after the adoption has the authorizer too', () => {
  const template = templateOf((stack) => {
    const api = existingApi(stack);
    adopt(stack, api).protect(api);
    api.root.getResource('orders')!.addMethod('POST', new HttpIntegration('https://shop.example/orders'));
  });
  template.hasResourceProperties('AWS::ApiGateway::Method', {
    HttpMethod: 'POST',
    AuthorizationType: 'CUSTOM',
  });
});

test('a method of no service stops synthesis', () => {
  const message = mistakeAtSynthesis((stack) => {
    const api = existingApi(stack);
    adopt(stack, api).protect(api);
    api.root.addResource('forgotten').addMethod('GET', new HttpIntegration('https://shop.example/forgotten'));
  });
  expect(message).toContain('belongs to no service');
});

test('an API id that is a literal may be of any stack', () => {
  const template = templateOf((stack) => {
    const api = RestApi.fromRestApiAttributes(stack, 'Api', {
      restApiId: 'a1b2c3d4e5',
      rootResourceId: 'r00t',
    });
    new TokenAuthorizer(stack, 'Authorizer', {
      plan,
      apis: [{ service: 'orders', api, protectedElsewhere }],
    });
  });
  expect(onlyResource(template, 'AWS::Lambda::Function')['Environment']).toEqual({
    Variables: { ZTP_REFS: '{"services/orders/api/0/id":"a1b2c3d4e5"}' },
  });
});

test('an authorizer of another stack is asked through its alias, by a permission in this one', () => {
  const aliasArn = 'arn:aws:lambda:eu-west-1:111122223333:function:authorizer:live';
  const template = templateOf((stack) => {
    const api = new RestApi(stack, 'Api', { cloudWatchRole: false });
    const authorizer = TokenAuthorizer.fromAliasArn(stack, 'Authorizer', aliasArn).authorizerFor(
      api,
      'orders',
    );
    api.root.addMethod('ANY', new MockIntegration(), { authorizer });
  });
  template.resourceCountIs('AWS::Lambda::Function', 0);
  expect(onlyResource(template, 'AWS::ApiGateway::Authorizer')).toMatchObject({
    AuthorizerResultTtlInSeconds: 0,
  });
  expect(onlyResource(template, 'AWS::Lambda::Permission')['FunctionName']).toBe(aliasArn);
});

test('a log group of yours takes the place of its own, and its decisions are counted there', () => {
  const template = templateOf((stack) => {
    const logGroup = new LogGroup(stack, 'Own', { retention: RetentionDays.ONE_WEEK });
    complete(stack, { logGroup });
  });
  template.resourceCountIs('AWS::Logs::LogGroup', 1);
  template.resourceCountIs('AWS::KMS::Key', 0);
  template.allResourcesProperties('AWS::Logs::MetricFilter', {
    LogGroupName: { Ref: Match.stringLikeRegexp('^Own') },
  });
});

test('what is kept when a stack goes can be let go, as for every construct of the CDK', () => {
  const template = templateOf((stack) => {
    RemovalPolicies.of(complete(stack)).destroy();
  });
  template.allResources('AWS::Logs::LogGroup', { DeletionPolicy: 'Delete' });
  template.allResources('AWS::KMS::Key', { DeletionPolicy: 'Delete' });
});
