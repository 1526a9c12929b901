import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findEnvoy } from '../../local/envoy-binary.js';
import type { ReadyFile } from '../../local/ready-file.js';
import { BuiltPackage } from '../cli/built.js';
import { Http1Client, Http1Connection, requestBytes } from '../engines/support/http1.js';
import { ORDERS, shop, WEB } from './model.js';
import { eventually, isRunning, temporaryFolder } from './temporary.js';

let envoy: string;
beforeAll(async () => {
  envoy = (await findEnvoy()).path;
});

const built = new BuiltPackage();
afterAll(() => built.remove());

const started: Dev[] = [];
afterEach(() => {
  for (const dev of started.splice(0)) dev.process.kill('SIGKILL');
});

/** `ztp dev` as a user runs it, in a folder of its own with a model, an overlay and people. */
class Dev {
  readonly folder = temporaryFolder();
  readonly model = join(this.folder, 'model.mjs');
  readonly temporary = join(this.folder, 'tmp');
  readonly readyFile = join(this.folder, 'ready.json');
  readonly process: ChildProcess;
  output = '';
  stdout = '';

  constructor(...words: readonly string[]) {
    mkdirSync(this.temporary);
    this.write(shop());
    writeFileSync(join(this.folder, 'users.yaml'), 'users: { ada: { groups: [staff], mfa: true } }');
    const args = ['dev', 'model.mjs', '--users', 'users.yaml', '--ready-file', this.readyFile, ...words];
    this.process = spawn(process.execPath, [join(built.folder, 'dist/cli/ztp.js'), ...args], {
      cwd: this.folder,
      env: { ...process.env, ENVOY_PATH: envoy, TMPDIR: this.temporary, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process.stdout?.on('data', (chunk: Buffer) => {
      this.output += chunk.toString();
      this.stdout += chunk.toString();
    });
    this.process.stderr?.on('data', (chunk: Buffer) => {
      this.output += chunk.toString();
    });
    started.push(this);
  }

  write(model: unknown): void {
    writeFileSync(this.model, `export default ${JSON.stringify(model, undefined, 2)};\n`);
  }

  async ready(): Promise<ReadyFile> {
    await eventually(() => existsSync(this.readyFile) || this.process.exitCode !== null, 'it is up');
    if (this.process.exitCode !== null) throw new Error(this.output);
    return JSON.parse(readFileSync(this.readyFile, 'utf8')) as ReadyFile;
  }

  async exit(): Promise<number | NodeJS.Signals | null> {
    await eventually(
      () => this.process.exitCode !== null || this.process.signalCode !== null,
      'it has ended',
    );
    return this.process.exitCode ?? this.process.signalCode;
  }

  says(text: string | RegExp): Promise<void> {
    return eventually(() => this.output.search(text) !== -1, `it says ${String(text)}\n${this.output}`);
  }

  /** What it left in the folder for temporary files. */
  left(): string[] {
    return readdirSync(this.temporary).filter((name) => name.startsWith('ztp-'));
  }
}

/** A token as `tokens` in the ready file says. */
function token({ issuers, tokens }: ReadyFile, issuer: string, service: string): string {
  const { url, client_id } = tokens[issuer]!;
  const { address, port, ca } = issuers[issuer]!;
  const form = { grant_type: 'urn:zero-trust-platform:development', client_id, username: 'ada', service };
  const resolve = `${new URL(url).hostname}:${port}:${address}`;
  const answer = execFileSync('curl', [
    '--silent',
    '--show-error',
    '--fail-with-body',
    '--cacert',
    ca,
    '--resolve',
    resolve,
    '--data',
    new URLSearchParams(form).toString(),
    url,
  ]);
  return (JSON.parse(answer.toString()) as { access_token: string }).access_token;
}

function gateway({ gateway: { url, ca } }: ReadyFile) {
  const { hostname, port } = new URL(url);
  return { address: hostname, port: Number(port), tls: { ca: readFileSync(ca, 'utf8') } };
}

test('a token of the local provider, an edit, a broken edit; after Ctrl-C nothing is left', async () => {
  const dev = new Dev();
  const ready = await dev.ready();
  const authorization = ['authorization', `Bearer ${token(ready, 'people', 'orders')}`] as const;
  const client = new Http1Client(gateway(ready));
  const ask = async (path: string) =>
    (await client.send(requestBytes('GET', path, ORDERS, [authorization]))).status;
  expect(await ask('/orders/1')).toBe(200);
  expect(await ask('/orders/secret')).toBe(403);
  await dev.says(/gateway +allow 200 +GET \/orders\/1 +at orders +ada \(people\)/);
  await dev.says(/orders +allow 200 +GET \/orders\/1 +ada \(people\) +from gateway/);
  await dev.says(/gateway +refuse 403 +GET \/orders\/secret/);

  // One connection all along: an edit closes none.
  const connection = await Http1Connection.open(gateway(ready));
  const web = async () => (await connection.send(requestBytes('GET', '/', WEB))).status;
  expect(await web()).toBe(200);
  dev.write({ ...shop(), access: shop().access!.slice(1) });
  await dev.says('The edit is in force after');
  expect(await web()).toBe(403);
  dev.write({ ...shop(), services: { ...shop().services, web: { protocol: 'pigeon' } } });
  await dev.says(/The edit is not in force[^]*services\.web\.protocol/);
  writeFileSync(dev.model, 'export default {');
  await dev.says(/model-file-syntax/);
  expect(await web()).toBe(403);
  dev.write(shop());
  await eventually(async () => (await web()) === 200, 'the repaired model is in force');
  connection.close();
  client.close();

  const { pids, state } = await dev.ready();
  expect(Object.keys(pids)).toEqual(expect.arrayContaining(['platform', 'authority', 'identity', 'gateway']));
  dev.process.kill('SIGINT');
  expect(await dev.exit()).toBe(0);
  for (const pid of Object.values(pids)) expect(isRunning(pid)).toBe(false);
  expect(existsSync(state)).toBe(false);
  expect(dev.left()).toEqual([]);
  expect(existsSync(dev.readyFile)).toBe(false);
  expect(readdirSync(dev.folder).toSorted()).toEqual(['model.mjs', 'tmp', 'users.yaml']);
});

test('killed, it takes its processes and its files with it', async () => {
  const dev = new Dev();
  const { pids } = await dev.ready();
  dev.process.kill('SIGKILL');
  await dev.exit();
  for (const [part, pid] of Object.entries(pids)) await eventually(() => !isRunning(pid), `${part} is gone`);
  await eventually(() => dev.left().length === 0, 'its state is gone');
});

test('stopped while it starts, it ends with 0 and leaves nothing', async () => {
  const dev = new Dev();
  await dev.says('authority');
  dev.process.kill('SIGTERM');
  expect(await dev.exit()).toBe(0);
  expect(dev.left()).toEqual([]);
  expect(existsSync(dev.readyFile)).toBe(false);
});

test('with --once it ends when all is up; with --log json standard output is the decision log', async () => {
  const dev = new Dev('--once', '--log', 'json');
  expect(await dev.exit()).toBe(0);
  expect(dev.stdout).toBe('');
  expect(dev.output).toContain('Gateway');
  expect(dev.left()).toEqual([]);
});

test('with --state-dir keys stay, and --port says where users come in', async () => {
  const state = join(temporaryFolder(), 'state');
  const dev = new Dev('--state-dir', state, '--port', '9443');
  const { gateway: at } = await dev.ready();
  expect(new URL(at.url).port).toBe('9443');
  dev.process.kill('SIGINT');
  expect(await dev.exit()).toBe(0);
  expect(existsSync(at.ca)).toBe(true);
  expect(existsSync(join(state, 'owner'))).toBe(false);
});

test('a model with an error is not run', async () => {
  const dev = new Dev();
  dev.write({ ...shop(), environment: 'Not A Name' });
  expect(await dev.exit()).toBe(1);
  expect(dev.output).toMatch(/^error [a-z-]+ at environment: /m);
  expect(dev.left()).toEqual([]);
});
