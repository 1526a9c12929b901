import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ServedIssuer } from '../../../local/identity/index.js';
import { sendCommand } from '../../../local/control.js';
import { obtainToken } from '../../support/tokens.js';
import { temporaryFolder } from '../temporary.js';
import { TestProvider } from './provider.js';

const main = join(__dirname, '..', '..', '..', 'local', 'identity', 'main.ts');

let child: ChildProcess | undefined;
afterEach(() => {
  child?.kill('SIGKILL');
});

/** Start the process; its lines on standard output, which are all JSON. */
function run(...args: string[]): AsyncIterableIterator<string> {
  child = spawn(process.execPath, ['--import', 'tsx', main, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
}

async function next(lines: AsyncIterableIterator<string>): Promise<Readonly<Record<string, unknown>>> {
  return JSON.parse(String((await lines.next()).value)) as Record<string, unknown>;
}

test('runs as a process: one ready line, tokens, commands, an end on a signal', async () => {
  const provider = await TestProvider.prepare(temporaryFolder());
  const control = join(provider.folder, 'identity.sock');
  provider.configure({ control });
  const lines = run('--config', provider.configPath);
  const ready = (await next(lines)) as { issuers: Record<string, ServedIssuer> };
  expect(ready).toMatchObject({ event: 'ready', pid: child?.pid, control });
  const people = ready.issuers['people']!;
  expect(people).toMatchObject({
    issuer: 'https://id.shop.example',
    tokenEndpoint: `${people.url}/token`,
    algorithm: 'ES256',
    client: 'ztp.development',
    audiences: { orders: 'https://orders.shop.example' },
  });
  expect(await obtainToken(people, provider.ca, { username: 'alice', service: 'orders' })).toMatch(/^ey/);
  expect(await sendCommand(control, 'keys', { issuer: 'people' })).toHaveLength(1);
  expect(await sendCommand(control, 'reload')).toMatchObject({ issuers: { people: { url: people.url } } });
  child?.kill('SIGTERM');
  expect((await once(child!, 'exit'))[0]).toBe(0);
  expect((await lines.next()).done).toBe(true);
  expect(existsSync(control)).toBe(false);
});

test('what cannot be is an error line with a code, and exit code 1', async () => {
  const provider = await TestProvider.prepare(temporaryFolder());
  provider.configure({}, { address: '0.0.0.0' });
  const lines = run('--config', provider.configPath);
  const ended = once(child!, 'exit');
  expect(await next(lines)).toMatchObject({ event: 'error', code: 'not-loopback' });
  expect((await ended)[0]).toBe(1);
});

test('a port that is taken is an error, not a wait', async () => {
  const first = await TestProvider.start(temporaryFolder());
  try {
    const second = await TestProvider.prepare(temporaryFolder());
    second.configure({}, { port: Number(new URL(first.issuer('people').url).port) });
    const lines = run('--config', second.configPath);
    expect(await next(lines)).toMatchObject({ event: 'error', code: 'port-in-use' });
  } finally {
    await first.close();
  }
});
