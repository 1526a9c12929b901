import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DATA_FILE, REFS_VARIABLE } from '../../../lambda/authorizer/deployment.js';
import type { RestAnswer } from '../../../lambda/authorizer/answer.js';
import { issuer, PEOPLE, policy } from '../../policy/fixture.js';
import { KeyServer } from './key-server.js';
import { RUNTIME_CLIENT_TIMEOUT, runtimeClient } from './runtime-client/install.js';
import { API, authorizerDataOf, BUNDLE, ORDERS, people, restEvent, tokenOf } from './testbed.js';

/** What the function said to one event. */
interface Said {
  readonly kind: 'response' | 'error';
  readonly body: { readonly errorMessage?: string } & Partial<RestAnswer>;
}

/** Lambda's side of a function: hands out events one by one, and takes what is said to each. */
class RuntimeApi {
  readonly #server: Server;
  readonly #events: unknown[] = [];
  #waiting: ServerResponse | undefined;
  #told: ((said: Said) => void)[] = [];

  constructor() {
    this.#server = createServer((request, response) => {
      if (request.url?.endsWith('/invocation/next')) {
        this.#waiting = response;
        this.#hand();
        return;
      }
      let text = '';
      request.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      request.once('end', () => {
        response.writeHead(202).end('{}');
        const kind = request.url?.endsWith('/response') ? 'response' : 'error';
        this.#told.shift()?.({ kind, body: JSON.parse(text) as Said['body'] });
      });
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', () => done()));
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  invoke(event: unknown): Promise<Said> {
    this.#events.push(event);
    const said = new Promise<Said>((done) => this.#told.push(done));
    this.#hand();
    return said;
  }

  #hand(): void {
    if (!this.#waiting || this.#events.length === 0) return;
    const response = this.#waiting;
    this.#waiting = undefined;
    response.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': `id-${this.#events.length}`,
      'lambda-runtime-deadline-ms': String(Date.now() + 30_000),
      'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:eu-west-1:123456789012:function:authorizer',
    });
    response.end(JSON.stringify(this.#events.shift()));
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

describe('under the runtime client of Lambda', () => {
  let keys: KeyServer;
  let child: ChildProcess;
  let folder: string;
  const api = new RuntimeApi();
  let output = '';

  beforeAll(async () => {
    keys = await KeyServer.start(people);
    folder = mkdtempSync(join(tmpdir(), 'authorizer-'));
    copyFileSync(BUNDLE, join(folder, 'index.js'));
    writeFileSync(join(folder, 'ca.pem'), keys.ca);
    const data = authorizerDataOf(policy(ORDERS, { issuers: { people: issuer(PEOPLE) } }), {
      apis: [{ service: 'orders', api: { ref: 'services/orders/api/id' } as never }],
      issuers: { people: { jwksUri: keys.url, refreshSeconds: 60, outageSeconds: 600 } },
    });
    writeFileSync(join(folder, DATA_FILE), JSON.stringify(data));
    child = spawn(process.execPath, [...(await runtimeClient()), 'index.handler'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        AWS_LAMBDA_RUNTIME_API: await api.listen(),
        LAMBDA_TASK_ROOT: folder,
        _HANDLER: 'index.handler',
        AWS_LAMBDA_FUNCTION_NAME: 'authorizer',
        AWS_LAMBDA_FUNCTION_VERSION: '1',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
        AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/authorizer',
        AWS_LAMBDA_LOG_STREAM_NAME: '1',
        AWS_REGION: 'eu-west-1',
        NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
        [REFS_VARIABLE]: JSON.stringify({ 'services/orders/api/id': API }),
      },
    });
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }, RUNTIME_CLIENT_TIMEOUT);
  afterAll(async () => {
    child.kill('SIGKILL');
    api.close();
    await keys.close();
    rmSync(folder, { recursive: true });
  });

  const now = Math.floor(Date.now() / 1000);
  const token = tokenOf({ iat: now - 60, exp: now + 600 });

  test('the first event is answered with a policy: the keys were fetched while it started', async () => {
    const event = restEvent({ token });
    const { kind, body } = await api.invoke(event);
    expect([kind, body]).toEqual(['response', expect.objectContaining({ principalId: 'people|alice' })]);
    expect(body.policyDocument?.Statement[0]).toEqual({
      Action: 'execute-api:Invoke',
      Effect: 'Allow',
      Resource: event.methodArn,
    });
    expect(keys.requests).toBe(1);
  });

  test('401 is the error that API Gateway knows, 403 a denial', async () => {
    const unauthorized = await api.invoke(restEvent({}));
    expect([unauthorized.kind, unauthorized.body.errorMessage]).toEqual(['error', 'Unauthorized']);
    const denied = await api.invoke(restEvent({ token, method: 'DELETE' }));
    expect([denied.kind, denied.body.policyDocument?.Statement[0].Effect]).toEqual(['response', 'Deny']);
    const hot = await api.invoke(restEvent({ token }));
    expect(hot.body.policyDocument?.Statement[0].Effect).toBe('Allow');
  });

  test('each decision is a line of standard output', () => {
    const lines = output.split('\n').filter((line) => line.startsWith('{"version":1'));
    expect(lines.map((line) => (JSON.parse(line) as { status: number }).status)).toEqual([
      200, 401, 403, 200,
    ]);
  });
});
