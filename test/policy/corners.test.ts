import { Address } from '../../lib/policy/address.js';
import { isWithin } from '../../lib/policy/condition.js';
import { decide, indexPolicy, readCredential } from '../../lib/policy/index.js';
import { parseTokenJson } from '../../lib/policy/token-json.js';
import { allow, anyone, deny, device, has, mfa, policy, request, service, token, user } from './fixture.js';

/** Corners that mutants of the policy showed nothing else looks at. */

test.each([
  ['10.1.2.3', '10.1.2.0/24', true],
  ['10.1.3.3', '10.1.2.0/24', false],
  ['10.1.2.129', '10.1.2.128/25', true],
  ['10.1.2.127', '10.1.2.128/25', false],
])('%s in %s: %s', (address, range, expected) => {
  expect(isWithin(address, [range])).toBe(expected);
});

test.each(['1.2.3.4::', '1.2.3.4::1', '1:2:3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1.2.3.4:5:6:7:8:9:a'])(
  '%s is no address',
  (text) => {
    expect(Address.of(text)).toBeUndefined();
  },
);

test.each(['x/10.0.0.0/8', '10.0.0.0/8x', '10.0.0.0/8/8', '10.0.0.0/', '/8'])('%s is no range', (range) => {
  expect(() => isWithin('10.0.0.1', [range])).toThrow(expect.objectContaining({ code: 'invalid-range' }));
});

describe('a refusal names what any one of the allows would have needed', () => {
  const rules = [
    allow('a', {
      operations: ['GET /a'],
      principals: [user('people', has('groups', 'x'))],
      conditions: [mfa],
    }),
    allow('b', {
      operations: ['GET /a'],
      principals: [user('partners'), user('people')],
      conditions: [mfa, device],
    }),
    allow('c', { operations: ['GET /a'], principals: [user('partners')] }),
    deny('d', { operations: ['GET /a'], principals: [anyone], conditions: [device] }),
  ];
  const needed = (claims: Record<string, unknown>) =>
    decide(indexPolicy(policy(rules)), request({ path: '/a', credential: token(claims) })).needed?.map(
      ({ rule, principals, conditions }) => [rule, principals?.length, conditions],
    );

  test('no deny, and of each allow only what is missing', () => {
    expect(needed({ amr: ['mfa'] })).toEqual([
      ['a', 1, undefined],
      ['b', undefined, [device]],
      ['c', 1, undefined],
    ]);
    expect(needed({ groups: ['x'], device: { compliant: true } })).toEqual([
      ['a', undefined, [mfa]],
      ['b', undefined, [mfa]],
      ['c', 1, undefined],
    ]);
  });

  test('and nothing that is empty', () => {
    const decision = decide(indexPolicy(policy(rules)), request({ path: '/a', credential: token() }));
    expect(decision.needed?.at(-1)).toEqual({
      rule: 'c',
      operation: 'GET /a',
      principals: [user('partners')],
    });
  });
});

test('the log says which part was not canonical, and in what a token was no token', () => {
  const reason = (over: Parameters<typeof request>[0]) =>
    decide(indexPolicy(policy([])), request(over)).reason;
  expect(reason({ path: '/a//b' })).toBe('non-canonical target');
  expect(reason({ path: '/a', method: 'get' })).toBe('non-canonical method');
  const read = (value: string) => readCredential([['authorization', value]], () => true);
  const text = (object: unknown) => Buffer.from(JSON.stringify(object)).toString('base64url');
  expect(read('Basic x')).toEqual({
    kind: 'malformed',
    reason: 'not one `Bearer` or `DPoP` token of three base64url parts',
  });
  expect(read(`Bearer ${text({})}.${text({})}.abcde`)).toEqual({
    kind: 'malformed',
    reason: 'not base64url',
  });
  expect(read(`Bearer ${text({})}.${text([])}.abcd`)).toEqual({
    kind: 'malformed',
    reason: 'header or payload is not a JSON object',
  });
});

test.each([
  ['lists', '[', ']'],
  ['objects', '{"a":', '}'],
])('%s are read a hundred deep, and no deeper, whatever is innermost', (_, open, close) => {
  const deep = (levels: number, inner: string) =>
    parseTokenJson(Buffer.from(`{"x":${open.repeat(levels - 1)}${inner}${close.repeat(levels - 1)}}`));
  for (const inner of ['true', 'null', '"s"', '1']) {
    expect([inner, deep(100, inner) !== undefined]).toEqual([inner, true]);
    expect([inner, deep(101, inner)]).toEqual([inner, undefined]);
  }
});

describe('a browser with a session', () => {
  const rules = [
    allow('any', { operations: ['HEAD /a', 'OPTIONS /a', 'POST /a'], principals: [user('people')] }),
  ];
  const services = { orders: service('orders', rules, { login: true }) };
  const index = indexPolicy(policy([], { services }));
  const asked = (method: string, ...headers: readonly (readonly [string, string])[]) => {
    const cookie = ['cookie', '__Host-ztp-token=sealed'] as const;
    const one = request({ method, path: '/a', headers: [cookie, ...headers], session: token() });
    const { outcome, reason } = decide(index, one);
    return `${outcome}: ${reason}`;
  };

  test('changes nothing by the safe methods, whoever led it there', () => {
    for (const method of ['HEAD', 'OPTIONS']) expect(asked(method)).toBe('allow: allowed');
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      expect(asked(method)).toBe('forbidden: cross-site');
    }
  });

  test('is led by no origin that looks like its own', () => {
    const from = (origin: string) => asked('POST', ['sec-fetch-site', 'same-origin'], ['origin', origin]);
    for (const origin of [
      'https://orders.shop.test',
      'https://orders.shop.test:8',
      'https://orders.shop.test:65535',
    ]) {
      expect([origin, from(origin)]).toEqual([origin, 'allow: allowed']);
    }
    for (const origin of [
      'https://orders-shop.test',
      'https://ordersshop.test',
      'https://orders.shopx.test',
      'https://orders.shop.test:',
      'https://orders.shop.test:655350',
      'https://orders.shop.test:x',
      'https://evil.test/https://orders.shop.test',
      '',
    ]) {
      expect([origin, from(origin)]).toEqual([origin, 'forbidden: cross-site']);
    }
  });
});
