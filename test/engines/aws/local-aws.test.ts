import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { App, CfnOutput, CfnResource, Stack } from 'aws-cdk-lib/core';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { CfnOIDCProvider } from 'aws-cdk-lib/aws-iam';
import { nodeProgram, packageRoot } from '../../../local/package-root.js';
import { deployment } from '../../support/aws/cdk.js';
import { ACCOUNT, Ministack, REGION } from '../../support/aws/ministack.js';
import { eventually } from '../../local/temporary.js';
import { PYTHON_TOOLS_TIMEOUT } from '../../support/python-tools.js';

let aws: Ministack;

beforeAll(async () => {
  aws = await Ministack.start();
  await deployment.bootstrap(aws);
}, PYTHON_TOOLS_TIMEOUT);
afterAll(() => aws?.stop());

function assembly(greeting: string): string {
  const app = new App({ outdir: mkdtempSync(join(aws.folder, 'assembly-')) });
  const stack = new Stack(app, 'Small', { env: { account: ACCOUNT, region: REGION } });
  new Bucket(stack, 'Store');
  new Function(stack, 'Greeter', {
    functionName: 'greeter',
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromInline(
      `exports.handler = async () => ({ node: process.versions.node, said: '${greeting}' })`,
    ),
  });
  const provider = new CfnOIDCProvider(stack, 'Pipelines', {
    url: 'https://pipelines.example',
    clientIdList: ['a'],
  });
  new CfnOutput(stack, 'ProviderArn', { value: provider.attrArn });
  return app.synth().directory;
}

async function invoke(name: string): Promise<unknown> {
  const answer = await fetch(`${aws.endpoint}/2015-03-31/functions/${name}/invocations`, {
    method: 'POST',
    headers: { authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${REGION}/lambda/aws4_request` },
    body: '{}',
  });
  return answer.json();
}

test('the real CDK deploys, updates and destroys a stack, and its functions run by this Node', async () => {
  await deployment.deploy(aws, assembly('hello'));
  expect(await invoke('greeter')).toEqual({ node: process.versions.node, said: 'hello' });
  const arn = `arn:aws:iam::${ACCOUNT}:oidc-provider/pipelines.example`;
  expect(aws.standIns()).toMatchObject([
    { action: 'create', physicalId: arn, properties: { Url: 'https://pipelines.example' } },
  ]);

  const changed = assembly('welcome');
  await deployment.deploy(aws, changed);
  expect(await invoke('greeter')).toMatchObject({ said: 'welcome' });

  await deployment.destroy(aws, changed);
  expect(aws.standIns().map(({ action }) => action)).toEqual(['create', 'delete']);
  expect(await invoke('greeter')).toMatchObject({ message: expect.stringContaining('not found') });
});

test('a type that nothing stands in for is refused', async () => {
  const app = new App({ outdir: mkdtempSync(join(aws.folder, 'assembly-')) });
  const stack = new Stack(app, 'Unknown', { env: { account: ACCOUNT, region: REGION } });
  new CfnResource(stack, 'Thing', { type: 'AWS::Nothing::AtAll' });
  await expect(deployment.deploy(aws, app.synth().directory)).rejects.toThrow('AWS::Nothing::AtAll');
});

test('with authorization on, a request that nobody signed is refused', async () => {
  const strict = await Ministack.start({ auth: true });
  try {
    const whoAmI = (endpoint: string) =>
      fetch(endpoint, {
        method: 'POST',
        body: new URLSearchParams({ Action: 'GetCallerIdentity', Version: '2011-06-15' }),
      });
    expect((await whoAmI(strict.endpoint)).status).toBe(403);
    expect((await whoAmI(aws.endpoint)).status).toBe(200);
  } finally {
    await strict.stop();
  }
});

test('a local AWS is gone with the process that started it, even when that is killed', async () => {
  const owner = spawn(process.execPath, nodeProgram('test/support/aws/abandoned'), {
    cwd: packageRoot(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [printed] = (await once(owner.stdout, 'data')) as [Buffer];
  const { port, folder } = JSON.parse(printed.toString()) as { port: number; folder: string };
  const ready = () =>
    fetch(`http://localhost:${port}/_ministack/ready`).then(
      () => true,
      () => false,
    );
  expect(await ready()).toBe(true);
  owner.kill('SIGKILL');
  await eventually(() => !existsSync(folder), 'its folder is gone');
  expect(await ready()).toBe(false);
});
