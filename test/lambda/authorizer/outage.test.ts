import { issuerKey, TestIssuer } from '../../engines/support/issuer.js';
import { issuer, PEOPLE, policy } from '../../policy/fixture.js';
import { KeyServer } from './key-server.js';
import { authorizerDataOf, ORDERS, restEvent, Testbed, tokenOf } from './testbed.js';

const old = issuerKey('ES256', 'old');
const next = issuerKey('ES256', 'next');
const before = new TestIssuer('people', PEOPLE, [old]);
const both = new TestIssuer('people', PEOPLE, [old, next]);

/** Milliseconds that a test is given for what nobody waits for; a fetch that hangs takes 3,000. */
const AT_ONCE = 1500;

let server: KeyServer;
beforeEach(async () => {
  server = await KeyServer.start(before);
});
afterEach(() => server.close());

function deployed(): Testbed {
  const one = policy(ORDERS, { issuers: { people: issuer(PEOPLE) } });
  const keys = { jwksUri: server.url, refreshSeconds: 60, outageSeconds: 600 };
  const data = authorizerDataOf(one, { issuers: { people: keys } });
  return new Testbed(data, { ca: server.ca, fetchText: undefined as never });
}

const tokenBy = (key: typeof old, header: object = {}) => tokenOf({}, header, both, key);

/** The status and how long it took, by a clock of its own. */
async function asked(bed: Testbed, token: string): Promise<[status: number, isAtOnce: boolean]> {
  const start = performance.now();
  const status = await bed.status(restEvent({ token }));
  return [status, performance.now() - start < AT_ONCE];
}

const failures = (bed: Testbed) => bed.lines.filter((line) => line.includes('KeyFetch failed')).length;

/** Wait until it holds, and not for ever. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 2500;
  while (!(await holds()) && performance.now() < end) await new Promise((done) => setTimeout(done, 5));
}

test('an unknown key id waits once for an issuer that hangs, and then nobody does while that is known', async () => {
  const bed = deployed();
  expect(await asked(bed, tokenBy(old))).toEqual([200, true]);
  server.answers = () => undefined;
  bed.advance(2);
  expect(await asked(bed, tokenBy(old, { kid: 'evil' }))).toEqual([401, false]);
  expect(failures(bed)).toBe(1);
  const fetched = server.requests;
  bed.advance(3);
  // The first of these begins a fetch, which hangs as well; the others come while it is under way.
  for (let second = 0; second < 3; second += 1) {
    expect(await asked(bed, tokenBy(old, { kid: `evil-${second}` }))).toEqual([401, true]);
    expect(await asked(bed, tokenBy(old))).toEqual([200, true]);
    bed.advance(0.5);
  }
  await until(() => server.requests > fetched);
  expect(server.requests).toBe(fetched + 1);
});

test('an issuer that answers again has its new key taken by the fetch that the first try made', async () => {
  const bed = deployed();
  expect(await asked(bed, tokenBy(old))).toEqual([200, true]);
  server.answers = (_, response) => response.writeHead(503).end();
  bed.advance(2);
  expect(await asked(bed, tokenBy(old, { kid: 'evil' }))).toEqual([401, true]);
  expect(failures(bed)).toBe(1);
  server.answers = KeyServer.of(both);
  const fetched = server.requests;
  bed.advance(1);
  expect((await asked(bed, tokenBy(next)))[0]).toBe(401);
  // Nothing but that fetch can bring the key: in the same second there is no other.
  let status = 0;
  await until(async () => {
    [status] = await asked(bed, tokenBy(next));
    return status === 200;
  });
  expect([status, server.requests]).toEqual([200, fetched + 1]);
  // From here on it is an issuer that answers, and the first try waits.
  const later = issuerKey('ES256', 'later');
  const rotated = new TestIssuer('people', PEOPLE, [old, later]);
  server.answers = KeyServer.of(rotated);
  bed.advance(1);
  expect((await asked(bed, tokenOf({}, {}, rotated, later)))[0]).toBe(200);
});

test('the outage is over for waiting 15 s after the last fetch that failed', async () => {
  const bed = deployed();
  expect(await asked(bed, tokenBy(old))).toEqual([200, true]);
  server.answers = (_, response) => response.writeHead(503).end();
  bed.advance(2);
  expect((await asked(bed, tokenBy(old, { kid: 'evil' })))[0]).toBe(401);
  server.answers = KeyServer.of(both);
  bed.advance(15);
  expect((await asked(bed, tokenBy(next)))[0]).toBe(200);
});
