import {
  type AccessRule,
  decide,
  decideConnection,
  indexPolicy,
  type Request,
  readCredential,
} from '../../lib/policy/index.js';
import {
  allow,
  atSidecar,
  decided,
  deny,
  GATEWAY,
  NOW,
  outcome,
  policy,
  request,
  service,
  user,
  workload,
  workloadId,
} from './fixture.js';
import { everywhere, GET, OPEN, withToken } from './everywhere.js';

/**
 * Known divergences between enforcement points, by their number in the design's list: what this
 * reference decides about each. Those left out are about what a point does before or after its
 * decision (keys, bodies, configuration that does not load). What real points do: `test/engines/equality/pitfall-cases.ts`.
 */

test('pitfall 1: nothing is normalized, merged or decoded at any point', () => {
  for (const path of [
    '//orders',
    '/./orders',
    '/x/../orders',
    '/%6Frders',
    '/orders/',
    '/orders//',
    '/orders%2F',
  ]) {
    expect([path, everywhere(OPEN, { path })]).toEqual([path, 'nonCanonical']);
  }
});

test('pitfall 2: doubled and escaped slashes reach no rule, denied or not', () => {
  const rules = [...OPEN, deny('d', { operations: ['GET /admin/**'] })];
  for (const path of ['//admin', '/%2Fadmin', '/a%2F..%2Fadmin', '/a%5C..%5Cadmin', '/a\\..\\admin']) {
    expect([path, everywhere(rules, { path })]).toEqual([path, 'nonCanonical']);
  }
});

test('pitfall 3: a path that climbs is refused, not resolved', () => {
  const rules = [allow('a', { operations: ['GET /info/**'] })];
  for (const path of ['/info/../private', '/info/..', '/info/%2E%2E/private', '/info/.%2E/private']) {
    expect([path, everywhere(rules, { path })]).toEqual([path, 'nonCanonical']);
  }
  expect(everywhere(rules, { path: '/info/..private' })).toBe('allow');
});

test('pitfall 4: a fragment is refused, in the path and in the query', () => {
  for (const path of ['/admin#x', '/orders#', '/orders?a#/admin']) {
    expect([path, everywhere(OPEN, { path })]).toEqual([path, 'nonCanonical']);
  }
});

test('pitfall 5: double encoding and path parameters are refused', () => {
  for (const path of ['/%252e%252e/a', '/a%252Fb', '/..;/a', '/a;b=c/d', '/a%3Bb']) {
    expect([path, everywhere(OPEN, { path })]).toEqual([path, 'nonCanonical']);
  }
});

test('pitfall 6: paths compare with case, hosts without', () => {
  const rules = [allow('a', { operations: GET })];
  expect(everywhere(rules, { path: '/Orders' })).toBe('forbidden');
  expect(everywhere(rules, { authority: 'Orders.Shop.Test' })).toBe('allow');
});

test('pitfall 7: a port is left out, a trailing dot is refused', () => {
  expect(everywhere(OPEN, { authority: 'orders.shop.test:443' })).toBe('allow');
  for (const authority of ['orders.shop.test.', 'orders.shop.test.:443', 'orders.shop.test:']) {
    expect([authority, everywhere(OPEN, { authority })]).toEqual([authority, 'nonCanonical']);
  }
});

test('pitfall 8: a trailing slash is refused on every route', () => {
  for (const path of ['/orders/', '/', '/a/b/']) {
    expect([path, everywhere(OPEN, { path })]).toEqual([path, path === '/' ? 'allow' : 'nonCanonical']);
  }
});

test('pitfall 9: a template goes by segments, never by a prefix of characters', () => {
  const rules = [allow('a', { operations: ['GET /public/**'] })];
  expect(everywhere(rules, { path: '/public' })).toBe('allow');
  expect(everywhere(rules, { path: '/public/x' })).toBe('allow');
  expect(everywhere(rules, { path: '/publicx' })).toBe('forbidden');
  expect(everywhere(rules, { path: '/public-x/y' })).toBe('forbidden');
});

test('pitfall 10: a parameter never crosses a slash, and a star is no template', () => {
  const rules = [allow('a', { operations: ['GET /users/{id}/name'] })];
  expect(everywhere(rules, { path: '/users/1/name' })).toBe('allow');
  expect(everywhere(rules, { path: '/users/1/2/name' })).toBe('forbidden');
  expect(() => indexPolicy(policy([allow('a', { operations: ['GET /users/*/name'] })]))).toThrow();
});

test('pitfall 11: an escape is matched as it is written, whatever a load balancer before would make of it', () => {
  const rules = [allow('a', { operations: ['GET /a/{x}'] }), deny('d', { operations: ['GET /a/b'] })];
  expect(everywhere(rules, { path: '/a/caf%C3%A9' })).toBe('allow');
  expect(everywhere(rules, { path: '/a/%3A' })).toBe('allow');
  expect(everywhere(rules, { path: '/a/%62' })).toBe('nonCanonical');
});

test('pitfall 12: methods compare with case; overriding headers are headers; gRPC is POST', () => {
  for (const method of ['get', 'Get', 'TRACE', 'CONNECT', 'PRI']) {
    expect([method, everywhere(OPEN, { method })]).toEqual([method, 'nonCanonical']);
  }
  const rules = [...OPEN, deny('d', { operations: ['DELETE /**', 'POST /orders'] })];
  expect(everywhere(rules, { headers: [['x-http-method-override', 'DELETE']] })).toBe('allow');
  expect(everywhere(rules, { method: 'POST' })).toBe('forbidden');
  const grpc = [allow('g', { operations: ['rpc shop.Orders/List'] })];
  expect(everywhere(grpc, { method: 'POST', path: '/shop.Orders/List' })).toBe('allow');
  expect(everywhere(grpc, { method: 'GET', path: '/shop.Orders/List' })).toBe('forbidden');
});

test('pitfall 13: a path that does not begin with a slash is refused', () => {
  for (const path of ['orders', 'shop.Orders/List', '*', '', '?x', 'http://orders.shop.test/orders']) {
    expect([path, everywhere(OPEN, { path })]).toEqual([path, 'nonCanonical']);
  }
});

test('pitfall 14: several lines of a header never add up to a value that one has', () => {
  const lines = (...values: string[]) =>
    readCredential(
      values.map((value) => ['authorization', value] as const),
      () => true,
    ).kind;
  const compact = 'e30.e30.AA';
  expect(lines(`Bearer ${compact}`)).toBe('jwt');
  expect(lines(`Bearer ${compact}`, `Bearer ${compact}`)).toBe('malformed');
  expect(lines('Basic x', `Bearer ${compact}`)).toBe('malformed');
  expect(lines(`Bearer ${compact}`, 'Basic x')).toBe('malformed');
  expect(everywhere(OPEN, { authority: 'orders.shop.test,evil.test' })).toBe('nonCanonical');
});

test('pitfall 15: a header name with an underscore is refused', () => {
  for (const name of ['x_role', '_', 'x-forwarded_for']) {
    expect([
      name,
      everywhere(OPEN, {
        headers: [
          ['x-role', 'user'],
          [name, 'admin'],
        ],
      }),
    ]).toEqual([name, 'nonCanonical']);
  }
});

test('pitfall 16: the form of a request does not depend on the point', () => {
  for (const name of ['orders', 'payments', 'nowhere']) {
    for (const peer of [GATEWAY, workloadId('web'), undefined]) {
      const asked = atSidecar(peer, { path: '/%2e%2e/x', authority: 'nowhere.test' }, name);
      expect(outcome(OPEN, asked)).toBe('nonCanonical');
    }
  }
});

test('pitfall 28: deny wins whatever the order', () => {
  const denied = deny('m', { operations: GET });
  for (const rules of [
    [denied, ...OPEN],
    [...OPEN, denied],
    [...OPEN, denied, allow('z', { operations: GET })],
  ]) {
    expect(decided(rules, request())).toMatchObject({ outcome: 'forbidden', rule: 'm' });
  }
});

test('pitfall 29: what is empty admits nobody', () => {
  expect(everywhere([], {})).toBe('forbidden');
  expect(everywhere([allow('a', { operations: GET, principals: [] })], {})).toBe('forbidden');
  expect(everywhere([allow('a', { operations: [] })], {})).toBe('forbidden');
  const empty = indexPolicy({ gateways: [], issuers: {}, services: {} });
  expect(decide(empty, request()).outcome).toBe('forbidden');
  expect(decide(empty, atSidecar(GATEWAY)).outcome).toBe('forbidden');
  expect(decide(empty, withToken()).outcome).toBe('invalidToken');
});

test('pitfall 30: rules of connections and rules of requests neither void nor widen one another', () => {
  const ledger = (rules: readonly AccessRule[]) =>
    service('ledger', rules, { protocol: 'tcp', public: false });
  const web = workload('web');
  const decisions = (connections: readonly AccessRule[], requests: readonly AccessRule[]) => {
    const made = policy(requests);
    const index = indexPolicy({ ...made, services: { ...made.services, ledger: ledger(connections) } });
    const from = { peer: workloadId('web'), sourceAddress: '10.0.0.1', now: NOW };
    const asked = atSidecar(workloadId('web'));
    const atLedger = {
      ...asked,
      authority: 'ledger.shop.test',
      point: { kind: 'sidecar', service: 'ledger' },
    };
    return [
      decideConnection(index, { service: 'ledger', ...from }).outcome,
      decide(index, asked).outcome,
      decide(index, atLedger as Request).outcome,
    ];
  };
  const connect = allow('c', { operations: ['tcp'], principals: [web] });
  const get = allow('g', { operations: GET, principals: [web] });
  const noGet = deny('n', { operations: GET });
  expect(decisions([connect], [])).toEqual(['allow', 'forbidden', 'forbidden']);
  expect(decisions([], [get])).toEqual(['forbidden', 'allow', 'forbidden']);
  expect(decisions([connect, noGet], [get])).toEqual(['allow', 'allow', 'forbidden']);
  expect(decisions([connect], [get, noGet])).toEqual(['allow', 'forbidden', 'forbidden']);
  // Not even a rule for requests opens a request where connections are taken.
  expect(decisions([get], [get])).toEqual(['forbidden', 'allow', 'forbidden']);
});

test('pitfall 31: identities compare as strings, a dot is a dot', () => {
  const dotted = 'spiffe://a.b/ns/x.y/sa/web';
  const rules = [allow('a', { operations: GET, principals: [{ kind: 'workload', spiffeId: dotted }] })];
  expect(outcome(rules, atSidecar(dotted))).toBe('allow');
  for (const peer of [
    'spiffe://axb/ns/x.y/sa/web',
    'spiffe://a.b/ns/xzy/sa/web',
    `${dotted}2`,
    dotted.toUpperCase(),
    '',
  ]) {
    expect([peer, outcome(rules, atSidecar(peer))]).toEqual([peer, 'forbidden']);
  }
});

test('pitfall 32: a preflight carries no token and is answered; a forged one opens nothing', () => {
  const cors = { origins: ['https://app.test'], methods: ['GET'], headers: [], maxAge: 600 };
  const made = policy([allow('a', { operations: GET, principals: [user('people')] })]);
  const index = indexPolicy({ ...made, services: { orders: { ...made.services['orders']!, cors } } });
  const ask = (origin: string) =>
    decide(
      index,
      request({
        method: 'OPTIONS',
        headers: [
          ['origin', origin],
          ['access-control-request-method', 'GET'],
        ],
      }),
    ).outcome;
  expect(ask('https://app.test')).toBe('preflight');
  expect(ask('https://evil.test')).toBe('forbidden');
});

test('pitfall 33: a decision is about one request, and nothing is kept for the next', () => {
  const rules = [allow('a', { operations: GET, principals: [user('people')] })];
  const index = indexPolicy(policy(rules));
  expect(decide(index, withToken()).outcome).toBe('allow');
  expect(decide(index, { ...withToken(), path: '/other' }).outcome).toBe('forbidden');
  expect(decide(index, { ...withToken(), now: NOW + 331 }).outcome).toBe('invalidToken');
});

test('pitfall 34: past the gateway there is no way in, with its headers or without', () => {
  const headers = [
    ['x-forwarded-client-cert', `URI=${GATEWAY}`],
    ['x-forwarded-for', '10.0.0.1'],
  ] as const;
  const rules = [allow('a', { operations: GET })];
  for (const peer of [undefined, workloadId('web'), 'spiffe://other.test/ns/default/sa/gateway']) {
    expect([peer, outcome(rules, atSidecar(peer, { headers }))]).toEqual([peer, 'forbidden']);
  }
});
