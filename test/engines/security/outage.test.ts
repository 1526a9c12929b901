import type { PlatformEvent } from '../../../local/events.js';
import { eventually, isRunning } from '../../local/temporary.js';
import { ORDERS, shop, WEB } from '../../local/model.js';
import { requestBytes } from '../support/http1.js';
import { issuerKey } from '../support/issuer.js';
import { TestPlatform } from '../support/platform.js';
import type { Reply } from '../support/reply.js';

/** Seconds: the shortest that a model may ask for. */
const LEAF_LIFETIME = 60;

let running: TestPlatform;
beforeEach(async () => {
  running = await TestPlatform.start({ ...shop(), authority: { leafLifetimeSeconds: LEAF_LIFETIME } });
});
afterEach(() => running.close());

const pid = (part: string) => running.platform.ready().pids[part]!;

async function ask(path: string, host: string, token?: string): Promise<Reply> {
  const client = running.http1(running.gateway);
  const headers = token === undefined ? [] : ([['authorization', `Bearer ${token}`]] as const);
  const reply = await client.send(requestBytes('GET', path, host, headers));
  client.close();
  return reply;
}

const status = async (...asked: Parameters<typeof ask>) => (await ask(...asked)).status;

const staff = () => running.token('people', 'orders', { groups: ['staff'] });
const customer = () => running.token('people', 'orders', {});

/** The lines of the decision log with this word in their reason. */
function reasons(word: string): PlatformEvent[] {
  return running.events.filter((event) => event.kind === 'decision' && event.line.includes(word));
}

test('without the authority everything goes on, opens nothing, and the end is told', async () => {
  const authority = pid('authority');
  process.kill(authority, 'SIGKILL');
  await eventually(() => !isRunning(authority), 'the authority is gone');
  await eventually(
    () => running.events.some((event) => event.kind === 'crashed' && event.part === 'authority'),
    'its end is told',
  );
  expect(await status('/orders/1', ORDERS, staff())).toBe(200);
  expect(await status('/orders/1', ORDERS, customer())).toBe(403);
  expect(await status('/orders/1', ORDERS)).toBe(401);
});

test('without the identity provider known keys serve, unknown ones and a point without any refuse', async () => {
  const good = staff();
  expect(await status('/orders/1', ORDERS, good)).toBe(200);
  await running.stopKeyServer();
  expect(await status('/orders/1', ORDERS, good)).toBe(200);
  expect(await status('/orders/1', ORDERS, customer())).toBe(403);
  const people = running.issuers[0]!;
  const stranger = issuerKey('ES256', 'stranger');
  const now = Math.floor(Date.now() / 1000);
  const forged = people.sign(
    { alg: 'ES256', kid: 'stranger' },
    { iss: people.issuer, sub: 'ada', aud: `https://${ORDERS}`, exp: now + 600, iat: now, groups: ['staff'] },
    stranger,
  );
  expect(await status('/orders/1', ORDERS, forged)).toBe(401);

  // A gateway that starts now has no keys: no token opens anything, and what needs none still works.
  const gateway = pid('gateway');
  process.kill(gateway, 'SIGKILL');
  await eventually(async () => {
    try {
      return (await status('/', WEB)) === 200;
    } catch {
      return false;
    }
  }, 'the gateway serves again');
  expect(pid('gateway')).not.toBe(gateway);
  expect(await status('/orders/1', ORDERS, good)).toBe(401);
  await eventually(() => reasons('Jwks').length > 0, 'the decision log names the keys');
});

test('leaves that nobody renews end, and then nothing passes', async () => {
  // One that is killed is started again; one that hangs is not.
  const authority = pid('authority');
  process.kill(authority, 'SIGSTOP');
  try {
    expect(await status('/orders/1', ORDERS, staff())).toBe(200);
    await eventually(
      async () => (await status('/orders/1', ORDERS, staff())) === 503,
      'the leaves have ended',
      2 * LEAF_LIFETIME * 1000,
    );
    expect((await ask('/', WEB)).body).toBe('unavailable');
    expect(await status('/orders/1', ORDERS)).toBe(401);
    await eventually(() => reasons('CERTIFICATE').length > 0, 'the decision log names the certificate');
  } finally {
    process.kill(authority, 'SIGCONT');
  }
});

test('without a sidecar its service answers nothing, the others go on, and the reason is logged', async () => {
  const sidecar = pid('services/orders/sidecar');
  process.kill(sidecar, 'SIGSTOP');
  try {
    const reply = await ask('/orders/1', ORDERS, staff());
    expect([reply.status, reply.body]).toEqual([503, 'unavailable']);
    expect(await status('/', WEB)).toBe(200);
    await eventually(
      () => reasons('upstream_reset_before_response_started').length > 0,
      'the gateway says why',
    );
  } finally {
    process.kill(sidecar, 'SIGKILL');
  }
  await eventually(
    () =>
      running.events.some((event) => event.kind === 'crashed' && event.part === 'services/orders/sidecar'),
    'its end is told',
  );
  await eventually(async () => (await status('/orders/1', ORDERS, staff())) === 200, 'it is back');
});
