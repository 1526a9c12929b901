import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlatformEvent } from '../../local/events.js';
import { StateFolder } from '../../local/files.js';
import { requestBytes } from '../engines/support/http1.js';
import { TestPlatform } from '../engines/support/platform.js';
import { shop, WEB } from './model.js';
import { eventually, isRunning, program, temporaryFolder } from './temporary.js';

/** A service that serves until it is asked for `/end`, as one file. */
const SERVICE = `
const http = require('node:http');
http.createServer((request, response) => {
  response.end(JSON.stringify(Object.entries(process.env).filter(([name]) => name.startsWith('ZTP_'))));
  if (request.url === '/assets/end') { console.error('the table is gone'); setTimeout(() => process.exit(9), 50); }
}).listen(process.env.PORT, process.env.HOST);
`;

/** A folder for temporary files that this suite has for itself, so that it sees what is left there. */
const own = mkdtempSync(join(tmpdir(), 'ztp-own-'));
const { TMPDIR } = process.env;
beforeAll(() => {
  process.env['TMPDIR'] = own;
});
afterAll(() => {
  if (TMPDIR === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = TMPDIR;
  rmSync(own, { recursive: true, force: true });
});

function temporaryStates(): string[] {
  return readdirSync(own).filter((name) => name.startsWith('ztp-') && !name.startsWith('ztp-test-'));
}

test('an application that ends is reported with its last lines, and started again at the next edit', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'web.js'), SERVICE);
  const overlay = { services: { web: { run: `${process.execPath} web.js`, directory: folder } } };
  const running = await TestPlatform.start(shop(), { overlay });
  try {
    const client = running.http1(running.gateway);
    const ask = (path: string) => client.send(requestBytes('GET', path, WEB));
    expect((await ask('/')).status).toBe(200);
    const { pids: before } = running.platform.ready();
    expect((await ask('/assets/end')).status).toBe(200);
    const crashed = () => running.events.find((event) => event.kind === 'crashed');
    await eventually(() => crashed() !== undefined, 'the end is reported');
    expect(crashed()).toMatchObject({ part: 'web', exit: { code: 9, tail: ['the table is gone'] } });
    expect((await ask('/')).status).toBe(503);
    expect(running.platform.ready().pids['application/web']).toBeUndefined();
    const { restarted } = await running.platform.update({ model: shop(), overlay });
    expect(restarted).toEqual(['application/web']);
    expect((await ask('/')).status).toBe(200);
    expect(running.platform.ready().pids['application/web']).not.toBe(before['application/web']);
  } finally {
    await running.close();
  }
});

test('an application finds its peers in its environment', async () => {
  const folder = temporaryFolder();
  const said = join(folder, 'environment');
  const run = `env > '${said}'; exec ${process.execPath} -e '${SERVICE.replaceAll("'", '"')}'`;
  const overlay = { services: { orders: { run, environment: { TABLE: 'orders' } } } };
  const running = await TestPlatform.start(shop(), { overlay });
  try {
    const { upstreams, application } = running.platform.ready().services['orders']!;
    const lines = readFileSync(said, 'utf8').split('\n');
    const { hostname, port } = new URL(application);
    expect(lines).toEqual(
      expect.arrayContaining([
        `HOST=${hostname}`,
        `PORT=${port}`,
        `ZTP_PAYMENTS_URL=${upstreams['payments']}`,
        'TABLE=orders',
      ]),
    );
    expect(lines.filter((line) => /^ZTP_.*_URL=/.test(line))).toHaveLength(1);
  } finally {
    await running.close();
  }
});

test.each([
  [
    'an application that does not start',
    { overlay: { services: { web: { run: 'echo no port >&2; exit 3' } } } },
    { code: 'application-not-listening', message: expect.stringMatching(/ended with 3[^]*no port/) },
  ],
  [
    'an overlay for a service that does not exist',
    { overlay: { services: { webb: { run: 'true' } } } },
    {
      code: 'invalid-model',
      diagnostics: [expect.objectContaining({ code: 'unknown-service', path: 'overlay.services.webb' })],
    },
  ],
  [
    'an overlay with a field that does not exist',
    { overlay: { services: { web: { command: 'true' } } } },
    {
      code: 'invalid-model',
      diagnostics: [expect.objectContaining({ code: 'unknown-key', path: 'overlay.services.web.command' })],
    },
  ],
])('%s ends the start with its reason, and nothing is left', async (_what, options, expected) => {
  const pids: number[] = [];
  const onEvent = (event: PlatformEvent) => {
    const pid = event.kind === 'output' ? /"pid":(\d+)/.exec(event.line)?.[1] : undefined;
    if (pid) pids.push(Number(pid));
  };
  await expect(TestPlatform.start(shop(), { ...options, onEvent })).rejects.toMatchObject(expected);
  expect(temporaryStates()).toEqual([]);
  for (const pid of pids) expect(isRunning(pid)).toBe(false);
});

test('an Envoy that refuses its bootstrap says why', async () => {
  const path = program(temporaryFolder(), 'envoy', 'echo "unknown field: colour" >&2; exit 1');
  const envoy = { source: 'PATH', path, version: '1.40.0', notes: [] } as const;
  await expect(TestPlatform.start(shop(), { envoy })).rejects.toMatchObject({
    code: 'envoy-refused',
    message: expect.stringMatching(/did not start:\n {2}unknown field: colour/),
  });
});

test('a start that is called off ends at once and leaves nothing', async () => {
  const controller = new AbortController();
  const overlay = { services: { web: { run: 'exec sleep 600' } } };
  const onEvent = (event: PlatformEvent) => {
    if (event.kind === 'ready' && event.part === 'identity') setTimeout(() => controller.abort(), 100);
  };
  const start = TestPlatform.start(shop(), { overlay, onEvent, signal: controller.signal });
  await expect(start).rejects.toMatchObject({ name: 'AbortError' });
  expect(temporaryStates()).toEqual([]);
});

describe("a state folder of one's own", () => {
  test('is kept, with its authority, and serves one platform at a time', async () => {
    const stateFolder = join(temporaryFolder(), 'state');
    const first = await TestPlatform.start(shop(), { stateFolder });
    const { ca } = first.platform.ready().gateway;
    const root = readFileSync(ca, 'utf8');
    await first.close();
    expect(existsSync(ca)).toBe(true);
    const second = await TestPlatform.start(shop(), { stateFolder });
    expect(readFileSync(ca, 'utf8')).toBe(root);
    await second.close();
  });

  test('of a platform that runs is refused', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'owner'), String(process.ppid));
    expect(() => StateFolder.open(folder)).toThrow(/another platform runs in this folder/);
  });

  test('whose path is too long for a socket is refused', () => {
    const folder = join(temporaryFolder(), 'x'.repeat(100));
    mkdirSync(folder);
    expect(() => StateFolder.open(folder).socket('admin')).toThrow(/too long for a socket/);
  });
});
