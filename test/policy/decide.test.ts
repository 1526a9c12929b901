import { decide, indexPolicy, STATUS } from '../../lib/policy/index.js';
import {
  allow,
  anyone,
  atSidecar,
  BUILDS,
  bound,
  claim,
  decided,
  deny,
  GATEWAY,
  has,
  mfa,
  NOW,
  office,
  outcome,
  PARTNERS,
  policy,
  request,
  service,
  signedIn,
  token,
  user,
  workload,
  workloadId,
} from './fixture.js';

const STRONG = { amr: ['mfa'], auth_time: NOW - 60 };
const GET = ['GET /orders'] as const;
const withToken = (claims: object = {}, over = {}) => request({ credential: token({ ...claims }), ...over });

describe('default deny', () => {
  test('no rule, no admission', () => {
    expect(decided([], request())).toEqual({
      outcome: 'forbidden',
      reason: 'nothing allows it',
      needed: [],
      service: 'orders',
    });
    expect(outcome([], withToken())).toBe('forbidden');
    expect(outcome([], atSidecar(GATEWAY))).toBe('forbidden');
  });

  test('a deny alone admits nobody, whatever its `unless`', () => {
    const rules = [deny('d', { operations: ['GET /**'], conditions: [mfa] })];
    expect(outcome(rules, withToken(STRONG))).toBe('forbidden');
  });

  test('an allow without principals or without operations admits nobody', () => {
    expect(outcome([allow('a', { operations: GET, principals: [] })], request())).toBe('forbidden');
    expect(outcome([allow('a', { operations: [] })], request())).toBe('forbidden');
  });

  test('an unknown host is refused at every point, a bad token before', () => {
    const rules = [allow('a', { operations: ['GET /**'] })];
    for (const authority of ['x.shop.test', 'orders', 'shop.test', 'orders.shop.test.evil', 'constructor']) {
      expect(decided(rules, request({ authority }))).toEqual({
        outcome: 'forbidden',
        reason: 'unknown service',
      });
      expect(outcome(rules, withToken({}, { authority }))).toBe('forbidden');
      expect(outcome(rules, withToken({ exp: 1 }, { authority }))).toBe('invalidToken');
      expect(outcome(rules, atSidecar(GATEWAY, { authority }))).toBe('forbidden');
    }
  });

  test('a host is known without regard to case and port', () => {
    const rules = [allow('a', { operations: GET })];
    for (const authority of [
      'ORDERS.Shop.TEST',
      'orders.shop.test:443',
      'orders.shop.test:00080',
      'orders.shop.test:99999',
    ]) {
      expect(outcome(rules, request({ authority }))).toBe('allow');
    }
  });

  test('an inner service is unknown at the gateway, and known at its own sidecar', () => {
    const rules = [
      allow('a', { operations: GET }),
      allow('w', { operations: GET, principals: [workload('web')] }),
    ];
    const index = indexPolicy({
      ...policy([]),
      services: {
        ledger: service('ledger', rules, { public: false, authority: 'ledger.dev.shop.test.internal' }),
      },
    });
    const authority = 'ledger.dev.shop.test.internal';
    expect(decide(index, request({ authority }))).toEqual({
      outcome: 'forbidden',
      reason: 'unknown service',
    });
    expect(decide(index, atSidecar(workloadId('web'), { authority }, 'ledger')).outcome).toBe('allow');
  });

  test('a sidecar stands for its own service only', () => {
    const rules = [allow('a', { operations: GET })];
    const at = { point: { kind: 'sidecar', service: 'payments' } as const, peer: GATEWAY };
    expect(decided(rules, request(at))).toEqual({ outcome: 'forbidden', reason: 'unknown service' });
    expect(outcome(rules, request({ ...at, point: { kind: 'sidecar', service: 'orders' } }))).toBe('allow');
  });

  test('a health path is an operation like any other', () => {
    expect(outcome([allow('a', { operations: GET })], request({ path: '/healthz' }))).toBe('forbidden');
    expect(outcome([allow('h', { operations: ['GET /healthz'] })], request({ path: '/healthz' }))).toBe(
      'allow',
    );
  });
});

describe('methods', () => {
  const rules = [allow('a', { operations: GET })];
  test.each(['HEAD', 'OPTIONS', 'POST'])('GET does not open %s', (method) => {
    expect(outcome(rules, request({ method }))).toBe('forbidden');
  });
  test.each(['HEAD', 'OPTIONS'])('%s is an operation of its own', (method) => {
    const own = [allow('a', { operations: [`${method as 'HEAD'} /orders`] })];
    expect(outcome(own, request({ method }))).toBe('allow');
    expect(outcome(own, request())).toBe('forbidden');
  });
  test('a deny on GET does not stop HEAD: it says what it says', () => {
    const own = [allow('a', { operations: ['GET /orders', 'HEAD /orders'] }), deny('d', { operations: GET })];
    expect(outcome(own, request())).toBe('forbidden');
    expect(outcome(own, request({ method: 'HEAD' }))).toBe('allow');
  });
  test('gRPC is POST on the method’s path', () => {
    const own = [allow('a', { operations: ['rpc shop.v1.Orders/Get'] })];
    const path = '/shop.v1.Orders/Get';
    expect(outcome(own, request({ method: 'POST', path }))).toBe('allow');
    expect(outcome(own, request({ method: 'GET', path }))).toBe('forbidden');
    expect(outcome(own, request({ method: 'POST', path: '/shop.v1.Orders/get' }))).toBe('forbidden');
    expect(outcome(own, request({ method: 'POST', path: '/shop.v1.Orders' }))).toBe('forbidden');
  });
});

describe('percent-encoding', () => {
  const rules = [
    allow('a', { operations: ['GET /files/{name}'] }),
    deny('d', { operations: ['GET /files/secret'] }),
  ];
  test('a name is one segment, whatever escapes are in it', () => {
    for (const path of ['/files/a%20b', '/files/caf%C3%A9', '/files/a:b', '/files/a%3Ab', '/files/...']) {
      expect([path, outcome(rules, request({ path }))]).toEqual([path, 'allow']);
    }
  });
  test('no second spelling of a literal gets past a deny', () => {
    expect(outcome(rules, request({ path: '/files/secret' }))).toBe('forbidden');
    for (const path of [
      '/files/%73ecret',
      '/files/secre%74',
      '/files/./secret',
      '/files//secret',
      '/files/secret/',
    ]) {
      expect([path, outcome(rules, request({ path }))]).toEqual([path, 'nonCanonical']);
    }
    // An escaped slash would be two segments for some upstreams.
    expect(outcome(rules, request({ path: '/files/x%2Fsecret' }))).toBe('nonCanonical');
  });
});

describe('who', () => {
  const read = (principals: Parameters<typeof allow>[1]['principals']) => [
    allow('a', { operations: GET, ...(principals && { principals }) }),
  ];

  test('a token of one issuer says nothing about another’s users', () => {
    const rules = read([user('people', has('groups', 'staff'))]);
    expect(outcome(rules, withToken({ groups: ['staff'] }))).toBe('allow');
    expect(outcome(rules, withToken({ iss: PARTNERS, groups: ['staff'] }))).toBe('forbidden');
    expect(outcome(rules, withToken({ iss: BUILDS, groups: ['staff'] }))).toBe('forbidden');
  });

  test('all that one principal names must hold, of several principals one', () => {
    const both = read([user('people', has('groups', 'a'), has('groups', 'b'))]);
    const either = read([user('people', has('groups', 'a')), user('people', has('groups', 'b'))]);
    expect(outcome(both, withToken({ groups: ['a'] }))).toBe('forbidden');
    expect(outcome(both, withToken({ groups: ['b', 'a'] }))).toBe('allow');
    expect(outcome(either, withToken({ groups: ['b'] }))).toBe('allow');
    expect(outcome(either, withToken({ groups: ['c'] }))).toBe('forbidden');
  });

  test.each([
    ['a string', 'write read', 'allow'],
    ['a list', ['write', 'read'], 'allow'],
    ['a list with a string of two', ['write read'], 'forbidden'],
    ['a string with a comma', 'write,read', 'forbidden'],
    ['a string with a tab', 'write\tread', 'forbidden'],
    ['a part of a word', 'reader', 'forbidden'],
    ['nothing', undefined, 'forbidden'],
    ['null', null, 'forbidden'],
    ['an empty string', '', 'forbidden'],
    ['an empty list', [], 'forbidden'],
  ])('scopes as %s', (_, scope, expected) => {
    expect(outcome(read([user('people', has('scope', 'read'))]), withToken({ scope }))).toBe(expected);
  });

  test('users, pipelines and anyone come through a gateway', () => {
    const claims = { iss: BUILDS, repository: 'shop/orders' };
    const rules = read([anyone, user('people'), user('builds', has('repository', 'shop/orders'))]);
    for (const asked of [{}, { credential: token() }, { credential: token(claims) }]) {
      expect(outcome(rules, request(asked))).toBe('allow');
      expect(outcome(rules, atSidecar(GATEWAY, asked))).toBe('allow');
      // A workload with a stolen token, on a public route, or without a certificate.
      expect(outcome(rules, atSidecar(workloadId('web'), asked))).toBe('forbidden');
      expect(outcome(rules, atSidecar(undefined, asked))).toBe('forbidden');
      expect(outcome(rules, atSidecar('spiffe://other.test/ns/default/sa/gateway', asked))).toBe('forbidden');
    }
  });

  test('a workload comes by itself, to a sidecar', () => {
    const rules = read([workload('web')]);
    expect(outcome(rules, atSidecar(workloadId('web')))).toBe('allow');
    expect(outcome(rules, atSidecar(workloadId('web'), { credential: token() }))).toBe('allow');
    expect(outcome(rules, atSidecar(workloadId('webx')))).toBe('forbidden');
    expect(outcome(rules, atSidecar(`${workloadId('web')}/x`))).toBe('forbidden');
    expect(outcome(rules, atSidecar('spiffe://other.test/ns/default/sa/web'))).toBe('forbidden');
    expect(outcome(rules, atSidecar(GATEWAY))).toBe('forbidden');
    expect(outcome(rules, atSidecar(undefined))).toBe('forbidden');
    // A gateway verifies no peers: what a client shows there is not an identity.
    expect(outcome(rules, request({ peer: workloadId('web') }))).toBe('forbidden');
  });

  test('a workload on behalf of a user needs both', () => {
    const rules = read([workload('web', { issuer: 'people', claims: [has('groups', 'staff')] })]);
    const good = { credential: token({ groups: ['staff'] }) };
    expect(outcome(rules, atSidecar(workloadId('web'), good))).toBe('allow');
    expect(outcome(rules, atSidecar(workloadId('web')))).toBe('tokenRequired');
    expect(outcome(rules, atSidecar(workloadId('web'), { credential: token() }))).toBe('forbidden');
    expect(
      outcome(
        rules,
        atSidecar(workloadId('web'), { credential: token({ iss: PARTNERS, groups: ['staff'] }) }),
      ),
    ).toBe('forbidden');
    expect(outcome(rules, atSidecar(workloadId('reports'), good))).toBe('forbidden');
    expect(outcome(rules, atSidecar(GATEWAY, good))).toBe('forbidden');
    expect(outcome(rules, request(good))).toBe('forbidden');
    // A token for the caller instead of the called.
    const forWeb = token({ groups: ['staff'], aud: 'https://web.shop.test' });
    expect(outcome(rules, atSidecar(workloadId('web'), { credential: forWeb }))).toBe('invalidToken');
  });

  test('the same rule decides at the gateway and behind it', () => {
    const rules = [
      allow('a', { operations: GET, principals: [user('people')], conditions: [bound, office] }),
    ];
    const THUMBPRINT = 'A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0';
    const credential = token({ cnf: { 'x5t#S256': THUMBPRINT } });
    const proof = { credential, certificateThumbprint: THUMBPRINT, sourceAddress: '10.0.0.1' };
    expect(outcome(rules, request(proof))).toBe('allow');
    expect(outcome(rules, request({ ...proof, certificateThumbprint: 'x' }))).toBe('forbidden');
    expect(outcome(rules, request({ ...proof, sourceAddress: '192.0.2.1' }))).toBe('forbidden');
    // The sidecar sees neither, and relies on the gateway for these two alone.
    expect(outcome(rules, atSidecar(GATEWAY, { credential }))).toBe('allow');
    expect(outcome(rules, atSidecar(GATEWAY, { credential: token() }))).toBe('forbidden');
    expect(outcome(rules, atSidecar(workloadId('web'), { credential }))).toBe('forbidden');
  });
});

describe('deny', () => {
  const all = allow('z', { operations: ['GET /**', 'POST /**'], principals: [anyone, workload('web')] });

  test('wins over allow, whatever the order and the names', () => {
    for (const id of ['a', 'zz']) {
      const rules = [all, deny(id, { operations: GET })];
      expect(outcome(rules, request())).toBe('forbidden');
      expect(outcome(rules.toReversed(), request())).toBe('forbidden');
    }
  });

  test('covers the root of its tree', () => {
    const rules = [all, deny('d', { operations: ['GET /admin/**'] })];
    for (const path of ['/admin', '/admin/x', '/admin/x/y'])
      expect(outcome(rules, request({ path }))).toBe('forbidden');
    expect(outcome(rules, request({ path: '/administrator' }))).toBe('allow');
  });

  test('with several conditions holds unless all of them do', () => {
    const rules = [
      all,
      deny('d', { operations: GET, conditions: [mfa, signedIn(900), claim(has('dept', 'finance'))] }),
    ];
    const good = { ...STRONG, dept: 'finance' };
    expect(outcome(rules, withToken(good))).toBe('allow');
    expect(outcome(rules, withToken({ ...good, dept: 'sales' }))).toBe('forbidden');
    expect(outcome(rules, withToken({ ...good, dept: undefined }))).toBe('forbidden');
    expect(outcome(rules, withToken({ ...good, amr: ['pwd'] }))).toBe('stepUp');
    expect(outcome(rules, withToken({ ...good, auth_time: undefined }))).toBe('stepUp');
    expect(outcome(rules, request())).toBe('forbidden');
    expect(decided(rules, withToken({ amr: ['mfa'] }))).toMatchObject({
      rule: 'd',
      operation: 'GET /orders',
      reason: 'denied',
      failed: [signedIn(900), claim(has('dept', 'finance'))],
    });
  });

  test('of an issuer goes by the token, however it came', () => {
    const rules = [
      all,
      allow('w', { operations: GET, principals: [workload('web')] }),
      deny('d', { operations: GET, principals: [user('partners')] }),
    ];
    const credential = token({ iss: PARTNERS });
    expect(outcome(rules, request({ credential }))).toBe('forbidden');
    expect(outcome(rules, atSidecar(GATEWAY, { credential }))).toBe('forbidden');
    expect(outcome(rules, atSidecar(workloadId('web'), { credential }))).toBe('forbidden');
    expect(outcome(rules, atSidecar(workloadId('web')))).toBe('allow');
    expect(outcome(rules, withToken())).toBe('allow');
  });

  test('of a workload goes by the peer, with a token or not', () => {
    const rules = [all, deny('d', { operations: GET, principals: [workload('web')] })];
    expect(outcome(rules, atSidecar(workloadId('web')))).toBe('forbidden');
    expect(outcome(rules, atSidecar(workloadId('web'), { credential: token() }))).toBe('forbidden');
    expect(outcome(rules, atSidecar(GATEWAY))).toBe('allow');
  });

  test('of anyone is everyone, workloads too', () => {
    const rules = [all, deny('d', { operations: GET })];
    expect(outcome(rules, atSidecar(workloadId('web')))).toBe('forbidden');
  });

  test('that a claim must differ refuses where there is none', () => {
    const rules = [
      all,
      deny('d', {
        operations: GET,
        conditions: [claim({ claim: ['region'], test: 'presentAndNot', value: 'north' })],
      }),
    ];
    expect(outcome(rules, withToken({ region: 'south' }))).toBe('allow');
    for (const region of ['north', ['south', 'north'], '', null, undefined, 5, []]) {
      expect([region, outcome(rules, withToken({ region }))]).toEqual([region, 'forbidden']);
    }
  });
});

describe('which rule decided', () => {
  test('is the first by id in byte order, with its first operation that fits', () => {
    const rules = [
      allow('b', { operations: ['GET /**', 'GET /orders'] }),
      allow('a', { operations: ['GET /{x}', 'GET /orders'] }),
      allow('B', { operations: ['POST /orders'] }),
    ];
    expect(decided(rules, request())).toEqual({
      outcome: 'allow',
      reason: 'allowed',
      rule: 'a',
      operation: 'GET /{x}',
      service: 'orders',
    });
    expect(decided([...rules, allow('A', { operations: GET })], request())).toMatchObject({ rule: 'A' });
    expect(decided([...rules, allow('9', { operations: GET })], request())).toMatchObject({ rule: '9' });
  });

  test('a refusal says what each allow would have needed', () => {
    const rules = [
      allow('a', {
        operations: GET,
        principals: [user('people', has('groups', 'staff'))],
        conditions: [mfa],
      }),
      allow('b', { operations: GET, principals: [user('people')], conditions: [office] }),
      allow('c', { operations: ['GET /other'] }),
    ];
    expect(decided(rules, withToken()).needed).toEqual([
      {
        rule: 'a',
        operation: 'GET /orders',
        principals: [user('people', has('groups', 'staff'))],
        conditions: [mfa],
      },
      { rule: 'b', operation: 'GET /orders', conditions: [office] },
    ]);
  });
});

test('every outcome but allow has its status', () => {
  expect(STATUS).toEqual({
    nonCanonical: 400,
    preflight: 200,
    login: 302,
    invalidToken: 401,
    tokenRequired: 401,
    stepUp: 401,
    forbidden: 403,
  });
});
