import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { RestApi } from 'aws-cdk-lib/aws-apigateway';
import { TokenAuthorizer } from '../../../../constructs/aws-cdk/authorizer/index.js';
import { ENV } from '../support/app.js';
import { publicPlan } from '../support/plan.js';

type Handler = (event: unknown) => Promise<{ policyDocument: { Statement: { Effect: string }[] } }>;

/** The published bundle, exactly as the construct puts it into an asset, with the ids that a deployment would give. */
function deployed(): Handler {
  const app = new App({ analyticsReporting: false });
  const stack = new Stack(app, 'Test', { env: ENV });
  const api = RestApi.fromRestApiAttributes(stack, 'Api', {
    restApiId: 'a1b2c3d4e5',
    rootResourceId: 'r00t',
  });
  const protectedElsewhere = { reason: 'a test', expires: '2099-01-01' };
  new TokenAuthorizer(stack, 'Authorizer', {
    plan: publicPlan,
    apis: [{ service: 'orders', api, protectedElsewhere }],
  });
  const assembly = app.synth();
  const { Resources } = assembly.getStackByName('Test').template as {
    Resources: Record<
      string,
      {
        Type: string;
        Properties: { Code: { S3Key: string }; Environment: { Variables: Record<string, string> } };
      }
    >;
  };
  const found = Object.values(Resources).find(({ Type }) => Type === 'AWS::Lambda::Function')!.Properties;
  Object.assign(process.env, found.Environment.Variables);
  const folder = join(assembly.directory, `asset.${found.Code.S3Key.replace('.zip', '')}`);
  return (jest.requireActual(join(folder, 'index.js')) as { handler: Handler }).handler;
}

function eventFor(path: string, apiId: string, headers: Record<string, string[]> = {}) {
  return {
    type: 'REQUEST',
    methodArn: `arn:aws:execute-api:${ENV.region}:${ENV.account}:${apiId}/live/GET${path}`,
    httpMethod: 'GET',
    path,
    multiValueHeaders: { Host: ['reports.shop.example'], ...headers },
    requestContext: {
      apiId,
      resourceId: 'r00t',
      httpMethod: 'GET',
      stage: 'live',
      path: `/live${path}`,
      identity: { sourceIp: '192.0.2.1' },
    },
  };
}

const handler = deployed();

/** What the function wrote to its log. */
const lines: string[] = [];
let spy: jest.SpyInstance;
beforeAll(() => {
  spy = jest.spyOn(process.stdout, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
});
afterAll(() => spy.mockRestore());

const effect = async (event: unknown) => (await handler(event)).policyDocument.Statement[0]!.Effect;

test('a public route of the service that the API is passes, whatever the Host header says', async () => {
  expect(await effect(eventFor('/health', 'a1b2c3d4e5'))).toBe('Allow');
});

test('without a token the rest is 401, and an API that nobody named is nobody’s', async () => {
  await expect(handler(eventFor('/orders/1', 'a1b2c3d4e5'))).rejects.toThrow(/^Unauthorized$/);
  expect(await effect(eventFor('/health', 'zzzzzzzzzz'))).toBe('Deny');
});

test('a path that is not canonical is refused', async () => {
  expect(await effect(eventFor('//health', 'a1b2c3d4e5'))).toBe('Deny');
});

test('each refusal is one line that the filter of the metrics matches', async () => {
  lines.length = 0;
  await effect(eventFor('/health', 'zzzzzzzzzz'));
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0]!)).toMatchObject({ decision: 'refuse', status: 403 });
});
