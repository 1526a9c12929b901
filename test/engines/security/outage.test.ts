import type { PlatformEvent } from '../../../local/events.js';
import { eventually, isRunning } from '../../local/temporary.js';
import { ORDERS, shop, WEB } from '../../local/model.js';
import { requestBytes } from '../support/http1.js';
import { issuerKey } from '../support/issuer.js';
import { TestPlatform } from '../support/platform.js';

let running: TestPlatform;
beforeEach(async () => {
  running = await TestPlatform.start(shop());
});
afterEach(() => running.close());

const pid = (part: string) => running.platform.ready().pids[part]!;

async function status(path: string, host: string, token?: string): Promise<number | undefined> {
  const client = running.http1(running.gateway);
  const headers = token === undefined ? [] : ([['authorization', `Bearer ${token}`]] as const);
  const reply = await client.send(requestBytes('GET', path, host, headers));
  client.close();
  return reply.status;
}

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

test('without a sidecar its service answers nothing, the others go on, and the reason is logged', async () => {
  process.kill(pid('services/orders/sidecar'), 'SIGSTOP');
  const stopped = pid('services/orders/sidecar');
  try {
    expect(await status('/', WEB)).toBe(200);
    expect(await status('/orders/1', ORDERS)).toBe(401);
  } finally {
    process.kill(stopped, 'SIGKILL');
  }
  await eventually(
    async () => (await status('/orders/1', ORDERS, staff())) !== 200,
    'nothing answers for it',
  );
  await eventually(
    () =>
      running.events.some((event) => event.kind === 'crashed' && event.part === 'services/orders/sidecar'),
    'its end is told',
  );
  await eventually(async () => (await status('/orders/1', ORDERS, staff())) === 200, 'it is back');
});
