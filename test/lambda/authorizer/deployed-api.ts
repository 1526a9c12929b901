import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CreateFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { AuthorizerData } from '../../../lambda/authorizer/data.js';
import { DATA_FILE, REFS_VARIABLE } from '../../../lambda/authorizer/deployment.js';
import { ACCOUNT, type Ministack, REGION } from '../../support/aws/ministack.js';
import { pythonTools } from '../../support/python-tools.js';
import { BUNDLE } from './testbed.js';

/** What SDK clients need to take the local AWS for AWS. */
export function clientOf({ endpoint }: Ministack) {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return { endpoint, region: REGION, credentials };
}

/** A REST API whose every path goes to `backend`, behind the bundled function with these data. Gives its id. */
export async function deployApi(
  aws: Ministack,
  data: AuthorizerData<unknown>,
  backend: string,
): Promise<string> {
  const ask = <Answer>(method: string, path: string, body: object) =>
    control<Answer>(aws, method, path, body);
  const { id } = await ask<{ id: string }>('POST', '/restapis', { name: 'orders' });
  const refs = JSON.stringify({ 'services/orders/api/id': id });
  const functionArn = await deployFunction(aws, data, { [REFS_VARIABLE]: refs });
  const { id: authorizerId } = await ask<{ id: string }>('POST', `/restapis/${id}/authorizers`, {
    name: 'tokens',
    type: 'REQUEST',
    authorizerUri: `arn:aws:apigateway:${REGION}:lambda:path/2015-03-31/functions/${functionArn}/invocations`,
    authorizerResultTtlInSeconds: 0,
  });
  const { item } = await ask<{ item: readonly { id: string }[] }>('GET', `/restapis/${id}/resources`, {});
  const root = `/restapis/${id}/resources/${item[0]!.id}`;
  const { id: rest } = await ask<{ id: string }>('POST', root, { pathPart: '{path+}' });
  const method = `/restapis/${id}/resources/${rest}/methods/ANY`;
  await ask('PUT', method, {
    authorizationType: 'CUSTOM',
    authorizerId,
    requestParameters: { 'method.request.path.path': true },
  });
  await ask('PUT', `${method}/integration`, {
    type: 'HTTP_PROXY',
    httpMethod: 'ANY',
    uri: `${backend}/{path}`,
    requestParameters: { 'integration.request.path.path': 'method.request.path.path' },
  });
  await ask('POST', `/restapis/${id}/deployments`, { stageName: 'live' });
  return id;
}

async function deployFunction(
  aws: Ministack,
  data: AuthorizerData<unknown>,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const folder = join(aws.folder, 'function');
  mkdirSync(folder);
  copyFileSync(BUNDLE, join(folder, 'index.js'));
  writeFileSync(join(folder, DATA_FILE), JSON.stringify(data));
  const zip = join(aws.folder, 'function.zip');
  const files = ['index.js', DATA_FILE];
  await promisify(execFile)(await pythonTools(), ['-m', 'zipfile', '-c', zip, ...files], { cwd: folder });
  const { FunctionArn: arn } = await new LambdaClient(clientOf(aws)).send(
    new CreateFunctionCommand({
      FunctionName: 'authorizer',
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Role: `arn:aws:iam::${ACCOUNT}:role/authorizer`,
      Code: { ZipFile: readFileSync(zip) },
      Environment: { Variables: environment },
    }),
  );
  return arn!;
}

/** API Gateway's own API; no signature is looked at, but the service that it names. */
async function control<Answer>(
  { endpoint }: Ministack,
  method: string,
  path: string,
  body: object,
): Promise<Answer> {
  const scope = `test/20260101/${REGION}/apigateway/aws4_request`;
  const response = await fetch(`${endpoint}${path}`, {
    method,
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
      'content-type': 'application/json',
    },
    ...(method !== 'GET' && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Answer;
}
