import { setTimeout as sleep } from 'node:timers/promises';
import { allow, anyone, defineZeroTrust, http } from '../../../lib/model/index.js';
import { requestBytes } from '../support/http1.js';
import { TestPlatform } from '../support/platform.js';

const API = 'api.shop.example';
const A_SECOND = 5;

let running: TestPlatform;
beforeAll(async () => {
  running = await TestPlatform.start(
    defineZeroTrust({
      trustDomain: 'shop.example',
      environment: 'rate',
      services: { api: http({ host: API, requestsPerSecond: A_SECOND }) },
      access: [allow(anyone()).to('api', 'GET /')],
    }),
  );
});
afterAll(() => running.close());

/** Statuses of requests on one connection, one after another. */
async function statuses(count: number): Promise<(number | undefined)[]> {
  const client = running.http1(running.gateway);
  const seen = [];
  for (let asked = 0; asked < count; asked += 1) {
    seen.push((await client.send(requestBytes('GET', '/', API))).status);
  }
  return seen;
}

test('a burst is cut at one second of the limit, and a second later there is as much again', async () => {
  const burst = await statuses(8 * A_SECOND);
  expect(new Set(burst)).toEqual(new Set([200, 429]));
  await sleep(1100);
  // Not one request more, as it is by default, but a second's worth.
  const later = await statuses(A_SECOND);
  expect(later.filter((status) => status === 200).length).toBeGreaterThan(A_SECOND / 2);
});
