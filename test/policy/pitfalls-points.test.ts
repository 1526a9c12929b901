import type { PointOptions } from '../../lambda/authorizer/point.js';
import { envoyFiles, FILTERS, pointKeys } from '../../lib/envoy/index.js';
import { resolve } from '../../lib/plan/resolve.js';
import { shop } from '../model/shop.js';
import { createDecisionService } from '../lambda/authorizer/decision-service.js';
import {
  authorizerDataOf,
  bundle,
  httpEvent,
  ORDERS,
  restEvent,
  type Sent,
  Testbed,
  tokenOf,
} from '../lambda/authorizer/testbed.js';
import { issuerKey, TestIssuer } from '../engines/support/issuer.js';
import { allow, deny, NOW, PEOPLE, policy, user } from './fixture.js';

/**
 * Known divergences between enforcement points, by their number in the design's list: what the deployed
 * code of the authorizer does about each, where that is more than a decision of `decide`.
 */

const rules = [
  ...ORDERS,
  allow('all', { operations: ['GET /all/**', 'POST /all/**'] }),
  deny('d', { operations: ['GET /all/secret/**'] }),
];

/** What a REST API, an HTTP API and the decision service answer; a REST API cannot say 400, an HTTP API only 403. */
async function answers(sent: Sent, of = policy(rules)): Promise<number[]> {
  const bed = new Testbed(authorizerDataOf(of));
  return [await bed.status(restEvent(sent)), await bed.status(httpEvent(sent)), await served(bed, sent)];
}

function served(
  bed: Testbed,
  { method = 'GET', path = '/orders', headers = [], token }: Sent,
): Promise<number> {
  const service = createDecisionService({
    template: bed.data as unknown as PointOptions['template'],
    refs: {},
    environment: {},
    clock: () => bed.now,
    write: () => undefined,
    fetchText: bed.answer,
  });
  const lines = [
    ['host', 'orders.shop.test'],
    ...headers.map(([name, value]) => [name, value]),
    ...(token === undefined ? [] : [['authorization', `Bearer ${token}`]]),
  ];
  return new Promise((done) => {
    let status = 0;
    const response = {
      writeHead: (given: number) => {
        status = given;
      },
      end: () => done(status),
    };
    service({ method, url: path, rawHeaders: lines.flat() } as never, response as never);
  });
}

const token = tokenOf();

test.each([
  ['pitfall 1: nothing is merged or normalized', '/all//a'],
  ['pitfall 2: an escaped slash reaches no rule', '/all%2Fsecret/a'],
  ['pitfall 3: a path that climbs is refused', '/all/../all/secret/a'],
  ['pitfall 4: a fragment is refused', '/all/secret#a'],
  ['pitfall 5: a double escape is refused', '/all/%252e%252e/secret'],
  ['pitfall 8: a slash at the end is refused', '/all/a/'],
  ['pitfall 13: a path without a slash is refused', 'all/a'],
  ['pitfall 16: every entry of the same code refuses the same form', '/all/a;b'],
])('%s, by every entry of the authorizer', async (_, path) => {
  expect(await answers({ path: '/all/a', token })).toEqual([200, 200, 200]);
  expect(await answers({ path, token })).toEqual([403, 403, 400]);
});

test('pitfall 10: a path that API Gateway would take for a pattern is never in its policy', async () => {
  expect(await answers({ path: '/all/*', token })).toEqual([403, 403, 200]);
});

test('pitfall 12: a method in another case is refused, an overriding header is a header', async () => {
  expect(await answers({ path: '/all/a', method: 'get', token })).toEqual([403, 403, 400]);
  const headers = [['x-http-method-override', 'DELETE']] as const;
  expect(await answers({ path: '/all/a', headers, token })).toEqual([200, 200, 200]);
});

test('pitfall 14: two tokens are none, in either order', async () => {
  const other = ['authorization', 'Bearer a.b.c'] as const;
  const own = ['authorization', `Bearer ${token}`] as const;
  for (const headers of [
    [own, other],
    [other, own],
    [own, own],
  ]) {
    expect(await answers({ headers })).toEqual([401, 403, 401]);
  }
});

test('pitfall 15: a header name with an underscore is refused', async () => {
  expect(await answers({ headers: [['x_role', 'admin']], token })).toEqual([403, 403, 400]);
});

test.each<[string, object, object]>([
  ['pitfall 21: an audience with a slash more is another', { aud: 'https://orders.shop.test/' }, {}],
  ['pitfall 22: an ID token is no access token', { at_hash: 'AAAA' }, {}],
  ['pitfall 22: a logout token is no access token', { events: {} }, {}],
  ['pitfall 23: a token without an end is bad', { exp: undefined }, {}],
  ['pitfall 24: 31 seconds behind its end a token is over', { exp: NOW - 31 }, {}],
  ['pitfall 26: an algorithm beyond the profile is refused', {}, { alg: 'none' }],
])('%s, by every entry of the authorizer', async (_, claims, header) => {
  expect(await answers({ token: tokenOf(claims, header) })).toEqual([401, 403, 401]);
});

test('pitfall 25: a token counts in its header alone', async () => {
  expect(
    await served(new Testbed(authorizerDataOf(policy(rules))), { path: `/orders?access_token=${token}` }),
  ).toBe(401);
  const cookie = [['cookie', `access_token=${token}`]] as const;
  expect(await answers({ headers: cookie })).toEqual([401, 403, 401]);
  // Beside the one that counts another is not read, good or bad: it opens nothing, and spoils nothing.
  expect(await answers({ token, headers: [['cookie', 'access_token=e30.e30.AA']] })).toEqual([200, 200, 200]);
  const bed = new Testbed(authorizerDataOf(policy(rules)));
  expect(await served(bed, { token, path: '/orders?access_token=e30.e30.AA' })).toBe(200);
  const queryStringParameters = { access_token: 'e30.e30.AA' };
  expect(await bed.status({ ...restEvent({ token }), queryStringParameters })).toBe(200);
});

test('pitfall 27: a key that was removed is dead within a minute; without its issuer nothing new is decided', async () => {
  const bed = new Testbed(authorizerDataOf(policy(rules)));
  expect(await bed.status(restEvent({ token }))).toBe(200);
  // The issuer goes on with another key: no key of the code's own, and none of before, stands in.
  bed.issuers.set(PEOPLE, new TestIssuer('people', PEOPLE, [issuerKey('ES256', 'people-new')]));
  bed.advance(61);
  expect(await bed.status(restEvent({ token }))).toBe(401);

  const fetchText = () => Promise.reject(new Error('nobody answers'));
  const dark = new Testbed(authorizerDataOf(policy(rules)), { fetchText });
  expect(await dark.status(restEvent({ token }))).toBe(500);
});

test('pitfall 33: a policy admits exactly the method and path that were judged', async () => {
  const bed = new Testbed(authorizerDataOf(policy(rules)));
  const event = restEvent({ token, path: '/orders' });
  const answer = await bed.handler(event);
  expect(JSON.stringify(answer)).toContain(`"Resource":"${event.methodArn}"`);
  expect(JSON.stringify(answer)).not.toContain('*');
  expect(await bed.status(restEvent({ token, path: '/orders', method: 'DELETE' }))).toBe(403);
});

test('pitfall 36: a policy that cannot be read starts no point, and every listener of an Envoy judges', () => {
  const options = { refs: {}, environment: {}, write: () => undefined };
  const broken = authorizerDataOf(policy([allow('a', { operations: ['GET /users/*' as never] })]));
  for (const template of [{}, { ...authorizerDataOf(policy(rules)), version: 2 }, broken]) {
    const made = () => bundle.createHandler({ ...options, template: template as never });
    expect(made).toThrow();
  }
  const plan = resolve(shop());
  for (const point of pointKeys(plan)) {
    const chains = filterChains(envoyFiles(plan, point));
    const open = chains.filter((names) => !names.includes(FILTERS.allow));
    expect([point, chains.length > open.length]).toEqual([point, true]);
    // What answers that the point is ready, and what leads out of a sidecar, stand before no application.
    const known = [
      ['envoy.filters.http.health_check', FILTERS.router],
      ...(point === 'gateway' ? [] : [[FILTERS.router]]),
    ];
    const unknown = open.filter((names) => !known.some((chain) => chain.join() === names.join()));
    expect([point, unknown]).toEqual([point, []]);
  }
});

/** The names of the HTTP filters of every listener. */
function filterChains(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'http_filters'
      ? [(inner as readonly { readonly name: string }[]).map(({ name }) => name)]
      : filterChains(inner),
  );
}

test('a token of another issuer opens nothing at the deployed code either', async () => {
  const only = policy([allow('p', { operations: ['GET /orders'], principals: [user('partners')] })]);
  expect(await answers({ token }, only)).toEqual([403, 403, 403]);
});
