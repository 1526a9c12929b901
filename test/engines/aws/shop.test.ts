import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { InvokeCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { resolve } from 'zero-trust-platform';
import { ShopStack } from '../../../examples/aws-cdk/shop-stack.js';
import model from '../../../examples/shop/login.js';
import { ruleOf } from '../../../lib/model/access.js';
import { readPlanRecord } from '../../../lib/plan/record.js';
import { nodeProgram, packageRoot } from '../../../local/package-root.js';
import { Registry } from '../../gateway/support/registry.js';
import { cli, deployment, SILENT } from '../../support/aws/cdk.js';
import { believeLocalAws } from '../../support/aws/local-origin.js';
import { Ministack, REGION } from '../../support/aws/ministack.js';
import { TEST_ENVIRONMENT, testApp } from '../../support/aws/synth.js';
import { nodeCommand, runbook } from '../../support/runbook.js';
import { PYTHON_TOOLS_TIMEOUT } from '../../support/python-tools.js';
import { issuerKey, TestIssuer } from '../support/issuer.js';
import { type ApiRequest, apiIds, callApi } from './deployed-apis.js';
import { RefundsStack } from './refunds-stack.js';

/** Milliseconds for the real CDK to deploy some 400 resources beside other tests. */
const DEPLOYMENT = 300_000;

const plan = resolve(model, { engine: 'aws' });
/** The same without the rule by which staff see refunds. */
const withoutSeeing = resolve(
  { ...model, access: model.access!.filter((rule) => ruleOf(rule).name !== 'see-refunds') },
  { engine: 'aws' },
);
const people = new TestIssuer('people', 'https://login.shop.example', [issuerKey('ES256', 'people-1')]);
const stranger = new TestIssuer('stranger', people.issuer, [issuerKey('ES256', 'people-1')]);

/** Paths that reached the service behind the adopted API. */
const reached: string[] = [];
const backend = createServer((request, response) => {
  reached.push(`${request.method} ${request.url}`);
  response.end('from the service');
});

let aws: Ministack;
let assembly: string;
const ids: Record<string, string> = {};

/** The shop, and the API of its refunds, as they are deployed; an update has another image, another root and fewer rules. */
async function synthesized(version: 'first' | 'second'): Promise<string> {
  const app = testApp();
  // No Docker here: an image by its digest, which nothing pulls.
  const digest = (version === 'first' ? '1' : '2').repeat(64);
  const image = ContainerImage.fromRegistry(`registry.shop.example/gateway@sha256:${digest}`);
  const rootGeneration = version === 'first' ? 1 : 2;
  new ShopStack(app, 'Shop', { env: TEST_ENVIRONMENT, image, rootGeneration });
  const { port } = backend.address() as AddressInfo;
  const settings = { pinnedKeys: { people: people.jwks() } };
  new RefundsStack(app, version === 'first' ? plan : withoutSeeing, `http://127.0.0.1:${port}`, settings);
  const { directory } = app.synth();
  expect(await believeLocalAws(directory, aws.endpoint)).toBe(6);
  return directory;
}

async function refunds(asked: ApiRequest) {
  const { status, headers, body } = await callApi(aws, ids['refunds']!, asked);
  return { status, challenge: headers['www-authenticate'], body };
}

beforeAll(async () => {
  await new Promise<void>((done) => backend.listen(0, '127.0.0.1', done));
  aws = await Ministack.start();
  assembly = await synthesized('first');
  await deployment.bootstrap(aws);
  await deployment.deploy(aws, assembly);
  const apis = await apiIds(aws);
  for (const name of ['refunds', 'web', 'orders']) {
    const found = apis.find(({ text }) => text.startsWith(`${name} `) || text.includes(`way to ${name} of`));
    ids[name] = found!.id;
  }
}, PYTHON_TOOLS_TIMEOUT + DEPLOYMENT);

afterAll(async () => {
  await aws?.stop();
  backend.close();
});

interface Secrets {
  readonly SecretList?: readonly { readonly ARN: string; readonly Description?: string }[];
  readonly SecretString?: string;
}

/** One call of a service that is asked in JSON. */
async function call<Answer>(target: string, asked: object): Promise<Answer> {
  const service = target.startsWith('AmazonSSM') ? 'ssm' : 'secretsmanager';
  const answer = await fetch(aws.endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': target,
      authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${REGION}/${service}/aws4_request`,
    },
    body: JSON.stringify(asked),
  });
  return (await answer.json()) as Answer;
}

/** What the platform says of its plan. */
async function recorded() {
  const asked = { Name: `/zero-trust/${plan.trustDomain}/plan` };
  const { Parameter } = await call<{ Parameter: { Value: string } }>('AmazonSSM.GetParameter', asked);
  return readPlanRecord(Parameter.Value);
}

function token(claims: object = {}, by = people): string {
  const now = Math.floor(Date.now() / 1000);
  return by.sign(
    { alg: 'ES256', kid: 'people-1', typ: 'JWT' },
    {
      iss: people.issuer,
      aud: 'https://refunds.shop.example',
      sub: 'ada',
      iat: now,
      exp: now + 300,
      groups: ['staff', 'finance'],
      employment: 'employee',
      ...claims,
    },
  );
}

const bearer = (text: string): Record<string, string> => ({ authorization: `Bearer ${text}` });

test('a request that the policy admits reaches the service, by exactly the path that the client sent', async () => {
  const path = '/refunds/7';
  expect(await refunds({ path, headers: bearer(token()) })).toMatchObject({
    status: 200,
    body: 'from the service',
  });
  expect(reached.at(-1)).toBe(`GET ${path}`);
});

describe('what the policy does not admit never reaches the service', () => {
  const now = () => Math.floor(Date.now() / 1000);
  const REFUSED: readonly (readonly [what: string, asked: () => ApiRequest, status: number])[] = [
    ['no token', () => ({ path: '/refunds' }), 401],
    ['a text that is no token', () => ({ path: '/refunds', headers: bearer('x') }), 401],
    ['another key of the same name', () => ({ path: '/refunds', headers: bearer(token({}, stranger)) }), 401],
    [
      'a token that has ended',
      () => ({ path: '/refunds', headers: bearer(token({ exp: now() - 60 })) }),
      401,
    ],
    [
      'a token for another service',
      () => ({ path: '/refunds', headers: bearer(token({ aud: 'https://orders.shop.example' })) }),
      401,
    ],
    [
      'one factor where two are needed',
      () => ({ method: 'POST', path: '/refunds/7', headers: bearer(token()) }),
      401,
    ],
    ['a user of no group', () => ({ path: '/refunds', headers: bearer(token({ groups: ['guests'] })) }), 403],
    ['an operation that no rule names', () => ({ path: '/unknown', headers: bearer(token()) }), 403],
    ['a path with two spellings', () => ({ path: '/refunds//7', headers: bearer(token()) }), 403],
  ];

  test.each(REFUSED)('%s', async (_, asked, status) => {
    const before = reached.length;
    const answer = await refunds(asked());
    expect(answer.status).toBe(status);
    if (status === 401) expect(answer.challenge).toContain('Bearer');
    expect(reached.length).toBe(before);
  });
});

test('the APIs that the platform made ask their authorizer too', async () => {
  const admin = await callApi(aws, ids['web']!, { path: '/admin/users' });
  const orders = await callApi(aws, ids['orders']!, { path: '/orders/7' });
  expect([admin.status, orders.status]).toEqual([401, 401]);
  // Public: it is passed on to the gateway, of which there is none on this machine.
  const window = await callApi(aws, ids['web']!, { path: '/' });
  expect(window.status).toBeGreaterThanOrEqual(500);
});

test('with its own keys out of reach and none pinned, the authorizer admits nobody', async () => {
  const answer = await callApi(aws, ids['orders']!, {
    path: '/orders/7',
    headers: bearer(token({ aud: 'https://orders.shop.example' })),
  });
  expect(answer.status).toBeGreaterThanOrEqual(500);
});

test('what seals sessions is made by the deployment, and its function makes another one', async () => {
  const secrets = (action: string, asked: object) => call<Secrets>(`secretsmanager.${action}`, asked);
  const { SecretList = [] } = await secrets('ListSecrets', {});
  const [sealed] = SecretList.filter(({ Description = '' }) => Description.includes('sessions of desk'));
  const value = async () =>
    JSON.parse((await secrets('GetSecretValue', { SecretId: sealed!.ARN })).SecretString!) as object;
  const first = await value();
  // The local AWS leaves no punctuation out.
  expect(first).toEqual({ secret: expect.stringMatching(/^.{64}$/) });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const lambda = new LambdaClient({ endpoint: aws.endpoint, region: REGION, credentials });
  const { Functions = [] } = await lambda.send(new ListFunctionsCommand({ MaxItems: 50 }));
  const rotator = Functions.find(({ Description = '' }) => Description.startsWith('Makes what seals'));
  for (const Step of ['createSecret', 'finishSecret']) {
    const event = { Step, SecretId: sealed!.ARN, ClientRequestToken: 'b0fa2ab4-4f5f-4b6c-8c4c-3f2b1a0d9e8f' };
    const { FunctionError } = await lambda.send(
      new InvokeCommand({ FunctionName: rotator!.FunctionName!, Payload: JSON.stringify(event) }),
    );
    expect(FunctionError).toBeUndefined();
  }
  const { secret } = first as { secret: string };
  expect(await value()).toMatchObject({ previous: secret, secret: expect.not.stringContaining(secret) });
});

test('ztp diff reads exactly the plan that was deployed, and no other that lies in its place', async () => {
  const diff = async (file: string) => {
    const child = spawn(process.execPath, [...nodeProgram('cli/ztp'), 'diff', file], {
      cwd: packageRoot(),
      env: { ...process.env, ...aws.environment, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const printed = Promise.all([text(child.stdout), text(child.stderr)]);
    const [status] = (await once(child, 'close')) as [number];
    const [stdout, stderr] = await printed;
    return { status, stdout, stderr };
  };
  const same = { status: 0, stdout: expect.stringMatching(/^Both admit the same requests/), stderr: '' };
  const [shop, edited] = [join(aws.folder, 'shop.json'), join(aws.folder, 'edited.yaml')];
  writeFileSync(shop, JSON.stringify(model));
  writeFileSync(edited, 'extends: shop.json\naccess: { see-refunds: null }\n');
  expect(await diff(shop)).toEqual(same);
  expect(await diff(edited)).toMatchObject({
    status: 1,
    stdout: expect.stringContaining('closed  GET https://refunds.shop.example/refunds\n'),
  });

  // Whoever can write the bucket: the local AWS enforces no policy.
  const record = await recorded();
  const at = `${aws.endpoint}/${record.bucket}/${record.key}`;
  const plan = await (await fetch(at)).text();
  await fetch(at, { method: 'PUT', body: plan.replaceAll('finance', 'guests') });
  expect(await diff(shop)).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringContaining('error plan-hash at'),
  });
  await fetch(at, { method: 'PUT', body: plan });
});

test(
  'the pages for another Envoy and another root update it, the new rules are in force, and destroy leaves nothing',
  async () => {
    const asked = { path: '/refunds', headers: bearer(token()) };
    expect((await refunds(asked)).status).toBe(200);
    const before = await recorded();
    const updated = await synthesized('second');
    const registry = await Registry.start();
    const page = (name: string) =>
      runbook(
        name,
        {
          cdk: nodeCommand(cli, '--app', updated, '--no-color', '--no-notices', '--ci'),
          ztp: nodeCommand(...nodeProgram('cli/ztp')),
        },
        { ...aws.environment, ...SILENT, REGISTRY: registry.url },
        aws.folder,
      );
    // One update for both, as each takes its time: the second page finds it deployed.
    for (const name of ['rotate-root', 'upgrade-envoy']) {
      const { status, output } = await page(name);
      if (status !== 0) throw new Error(`${name} ended with ${status}:\n${output}`);
      if (name === 'rotate-root') {
        const keys = output.match(/^\[[-+]\] AWS::KMS::Key .*/gm);
        expect(keys).toEqual([expect.stringMatching(/^\[\+\] .*\/RootKey2 /)]);
      }
    }
    await registry.close();
    expect((await refunds(asked)).status).toBe(403);
    // The same model: the same plan.
    expect(await recorded()).toEqual(before);

    await deployment.destroy(aws, updated);
    expect(await apiIds(aws)).toEqual([]);
  },
  DEPLOYMENT,
);

test('a list says what of the stack the local AWS lacks', () => {
  const types = new Set(aws.standIns().map(({ type }) => type));
  expect([...types].sort()).toEqual(STOOD_IN_FOR);
});

/**
 * Types of the shop that the local AWS lacks, or refuses in this form (alarms by metric math). Of those it has it
 * ignores: rules of the firewall, security groups, permissions of functions, TLS of listeners and of domains,
 * throttling, resource policies; and it decodes a path before anybody sees it. Laws over the templates stand for these.
 */
const STOOD_IN_FOR: readonly string[] = [
  'AWS::ApiGateway::ClientCertificate',
  'AWS::ApiGateway::VpcLink',
  'AWS::ApplicationAutoScaling::ScalableTarget',
  'AWS::ApplicationAutoScaling::ScalingPolicy',
  'AWS::Athena::NamedQuery',
  'AWS::CloudTrail::Trail',
  'AWS::CloudWatch::Alarm',
  'AWS::EC2::EIP',
  'AWS::EC2::FlowLog',
  'AWS::EC2::NatGateway',
  'AWS::EC2::SecurityGroupEgress',
  'AWS::EC2::SecurityGroupIngress',
  'AWS::Logs::QueryDefinition',
  'AWS::Route53Resolver::FirewallDomainList',
  'AWS::Route53Resolver::FirewallRuleGroup',
  'AWS::Route53Resolver::FirewallRuleGroupAssociation',
  'AWS::Route53Resolver::ResolverQueryLoggingConfig',
  'AWS::Route53Resolver::ResolverQueryLoggingConfigAssociation',
  'AWS::SecretsManager::RotationSchedule',
  'AWS::WAFv2::LoggingConfiguration',
  'AWS::WAFv2::WebACLAssociation',
];
