import { decide, indexPolicy, type ServicePolicy } from '../../lib/policy/index.js';
import {
  allow,
  anyone,
  atSidecar,
  claim,
  decided,
  deny,
  device,
  GATEWAY,
  has,
  mfa,
  NOW,
  NO_TOKEN,
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

const GET = ['GET /orders'] as const;
const PUBLIC = [allow('public', { operations: GET })];
const STAFF = [allow('staff', { operations: GET, principals: [user('people', has('groups', 'staff'))] })];
const withToken = (claims: object = {}, over = {}) => request({ credential: token({ ...claims }), ...over });

describe('the order of the checks', () => {
  test('what is not canonical is that before anything else', () => {
    const worst = { path: '//orders', credential: token({ exp: 1 }), authority: 'unknown.test' };
    expect(outcome(PUBLIC, request(worst))).toBe('nonCanonical');
    expect(outcome(PUBLIC, request({ ...worst, path: '/orders' }))).toBe('invalidToken');
    expect(outcome(PUBLIC, request({ ...worst, path: '/orders', credential: token() }))).toBe('forbidden');
  });

  test('also where a token, a service or a rule is missing', () => {
    for (const over of [
      { method: 'get' },
      { authority: 'a,b' },
      { path: '/a/' },
      { headers: [['x_y', 'z']] as const },
    ]) {
      expect(outcome([], request(over))).toBe('nonCanonical');
      expect(outcome(PUBLIC, atSidecar(GATEWAY, over))).toBe('nonCanonical');
    }
  });
});

describe('a bad token', () => {
  test.each([
    ['expired', token({ exp: NOW - 31 })],
    ['not yet valid', token({ nbf: NOW + 31 })],
    ['of an unknown issuer', token({ iss: 'https://evil.test' })],
    ['for another service', token({ aud: 'https://payments.shop.test' })],
    ['unsigned', token({}, { signature: 'invalid' })],
    ['malformed', { kind: 'malformed', reason: 'any' } as const],
  ])('%s is 401 on a public route, too, and says why to the log alone', (_, credential) => {
    expect(outcome(PUBLIC, request())).toBe('allow');
    expect(outcome(PUBLIC, request({ credential }))).toBe('invalidToken');
    expect(outcome(PUBLIC, atSidecar(GATEWAY, { credential }))).toBe('invalidToken');
    expect(decided(PUBLIC, request({ credential })).reason).toMatch(/^token /);
  });

  test('is 401 from a workload that needs none', () => {
    const rules = [allow('w', { operations: GET, principals: [workload('web')] })];
    expect(outcome(rules, atSidecar(workloadId('web'), { credential: token({ exp: 1 }) }))).toBe(
      'invalidToken',
    );
  });

  test('the clock may differ by 30 seconds, at every point', () => {
    for (const make of [request, (over: object) => atSidecar(GATEWAY, over)]) {
      const at = (now: number) =>
        outcome(PUBLIC, make({ credential: token({ exp: NOW, nbf: NOW - 300 }), now }));
      expect(at(NOW + 30)).toBe('allow');
      expect(at(NOW + 30.999)).toBe('allow');
      expect(at(NOW + 31)).toBe('invalidToken');
      expect(at(NOW - 330)).toBe('allow');
      expect(at(NOW - 330.001)).toBe('invalidToken');
    }
  });
});

describe('no token', () => {
  test('is told to bring one where one could help', () => {
    expect(outcome(STAFF, request())).toBe('tokenRequired');
    expect(outcome(STAFF, atSidecar(GATEWAY))).toBe('tokenRequired');
  });

  test('is refused where none would help', () => {
    expect(outcome(STAFF, request({ path: '/other' }))).toBe('forbidden');
    expect(outcome(STAFF, request({ method: 'POST' }))).toBe('forbidden');
    expect(outcome(STAFF, atSidecar(workloadId('web')))).toBe('forbidden');
    expect(outcome(STAFF, atSidecar(undefined))).toBe('forbidden');
    const behalf = [
      allow('b', { operations: GET, principals: [workload('web', { issuer: 'people', claims: [] })] }),
    ];
    expect(outcome(behalf, request())).toBe('forbidden');
    expect(outcome(behalf, atSidecar(GATEWAY))).toBe('forbidden');
    expect(outcome(behalf, atSidecar(workloadId('web')))).toBe('tokenRequired');
  });

  test('a condition about a token asks for none: who may come without one says so by the principal', () => {
    const principals = [anyone, workload('web')];
    const rules = [allow('a', { operations: GET, principals, conditions: [mfa] })];
    expect(outcome(rules, request())).toBe('forbidden');
    expect(outcome(rules, atSidecar(workloadId('web')))).toBe('forbidden');
    expect(outcome(rules, withToken({ amr: ['mfa'] }))).toBe('allow');
  });

  test('a deny does not change the challenge, an allow in audit does not make one', () => {
    expect(outcome([...STAFF, deny('d', { operations: GET })], request())).toBe('tokenRequired');
    expect(outcome([{ ...STAFF[0]!, auditUntil: NOW + 1 }], request())).toBe('forbidden');
  });

  test('the header is there but says nothing: a bad token', () => {
    expect(outcome(PUBLIC, request({ credential: { kind: 'malformed', reason: 'empty' } }))).toBe(
      'invalidToken',
    );
    expect(outcome(PUBLIC, request({ credential: NO_TOKEN }))).toBe('allow');
  });
});

describe('step-up', () => {
  const rules = [
    allow('a', {
      operations: GET,
      principals: [user('people', has('groups', 'staff'))],
      conditions: [mfa, signedIn(900), claim(has('dept', 'finance'))],
    }),
  ];
  const good = { groups: ['staff'], dept: 'finance', amr: ['mfa'], auth_time: NOW };

  test('where stronger or fresher authentication alone is missing', () => {
    expect(outcome(rules, withToken(good))).toBe('allow');
    expect(outcome(rules, withToken({ ...good, amr: ['pwd'] }))).toBe('stepUp');
    expect(outcome(rules, withToken({ ...good, amr: undefined, auth_time: undefined }))).toBe('stepUp');
    expect(outcome(rules, withToken({ ...good, auth_time: NOW - 901 }))).toBe('stepUp');
    expect(outcome(rules, atSidecar(GATEWAY, { credential: token({ ...good, amr: [] }) }))).toBe('stepUp');
  });

  test('not where anything else is missing, too', () => {
    expect(outcome(rules, withToken({ ...good, dept: 'sales' }))).toBe('forbidden');
    expect(outcome(rules, withToken({ ...good, amr: [], dept: 'sales' }))).toBe('forbidden');
    expect(outcome(rules, withToken({ ...good, amr: [], groups: [] }))).toBe('forbidden');
    expect(outcome(rules, withToken({ ...good, amr: [], iss: PARTNERS }))).toBe('forbidden');
    expect(outcome(rules, atSidecar(workloadId('web'), { credential: token({ ...good, amr: [] }) }))).toBe(
      'forbidden',
    );
    const dev = [allow('a', { operations: GET, conditions: [mfa, device] })];
    expect(outcome(dev, withToken())).toBe('forbidden');
  });

  test('not where a deny would stand, and where only the deny asks for strength', () => {
    const open = allow('open', { operations: GET });
    const weak = withToken({ ...good, amr: [] });
    expect(outcome([...rules, deny('d', { operations: GET })], weak)).toBe('forbidden');
    expect(outcome([...rules, deny('d', { operations: GET, conditions: [device] })], weak)).toBe('forbidden');
    expect(outcome([...rules, deny('d', { operations: GET, principals: [user('people')] })], weak)).toBe(
      'forbidden',
    );
    expect(outcome([...rules, deny('d', { operations: GET, principals: [user('partners')] })], weak)).toBe(
      'stepUp',
    );
    expect(outcome([open, deny('d', { operations: GET, conditions: [mfa] })], weak)).toBe('stepUp');
    expect(outcome([open, deny('d', { operations: GET, conditions: [mfa, device] })], weak)).toBe(
      'forbidden',
    );
    expect(
      outcome([open, deny('d', { operations: GET, conditions: [mfa, claim(has('dept', 'finance'))] })], weak),
    ).toBe('stepUp');
    expect(outcome([...rules, { ...deny('d', { operations: GET }), auditUntil: NOW + 1 }], weak)).toBe(
      'stepUp',
    );
  });

  test('a workload on behalf of a user passes the challenge on', () => {
    const principals = [workload('web', { issuer: 'people', claims: [] })];
    const behalf = [allow('b', { operations: GET, principals, conditions: [mfa] })];
    expect(outcome(behalf, atSidecar(workloadId('web'), { credential: token() }))).toBe('stepUp');
    expect(outcome(behalf, atSidecar(workloadId('web'), { credential: token({ amr: ['mfa'] }) }))).toBe(
      'allow',
    );
  });

  test('not while the service is closed or the allow withdrawn', () => {
    const weak = withToken({ ...good, amr: [] });
    expect(outcome(rules, weak, [{ kind: 'service', service: 'orders', until: NOW + 1 }])).toBe('forbidden');
    expect(outcome(rules, weak, [{ kind: 'rule', rule: 'a', until: NOW + 1 }])).toBe('forbidden');
  });
});

describe('an end', () => {
  const over = { until: NOW };
  test('an allow that is over admits nobody, asks for no token and steps nobody up', () => {
    expect(outcome([{ ...PUBLIC[0]!, ...over }], request())).toBe('forbidden');
    expect(outcome([{ ...STAFF[0]!, ...over }], request())).toBe('forbidden');
    const strong = allow('a', { operations: GET, principals: [user('people')], conditions: [mfa] });
    expect(outcome([strong], withToken({ amr: [] }))).toBe('stepUp');
    expect(decided([{ ...strong, ...over }], withToken({ amr: [] }))).toEqual({
      outcome: 'forbidden',
      reason: 'nothing allows it',
      service: 'orders',
      needed: [],
    });
    expect(decided([{ ...PUBLIC[0]!, ...over, auditUntil: NOW + 1 }], request()).wouldAllow).toBeUndefined();
  });

  test('until then it is as any', () => {
    expect(outcome([{ ...PUBLIC[0]!, until: NOW + 1 }], request())).toBe('allow');
    expect(outcome([{ ...PUBLIC[0]!, until: NOW + 1 }], request({ now: NOW + 0.9 }))).toBe('allow');
  });

  test('a deny has none', () => {
    expect(outcome([...PUBLIC, { ...deny('d', { operations: GET }), ...over }], request())).toBe('forbidden');
  });
});

describe('audit', () => {
  const until = { auditUntil: NOW + 60 };
  test('a deny refuses nothing and says that it would', () => {
    const rules = [...PUBLIC, deny('d', { operations: GET, conditions: [mfa], ...until })];
    expect(decided(rules, request())).toEqual({
      outcome: 'allow',
      reason: 'allowed',
      rule: 'public',
      operation: 'GET /orders',
      service: 'orders',
      wouldRefuse: 'd',
    });
    expect(decided(rules, withToken({ amr: ['mfa'] })).wouldRefuse).toBeUndefined();
  });

  test('an allow grants nothing and says that it would', () => {
    const rules = [
      allow('a', { operations: GET, ...until }),
      allow('b', { operations: GET, conditions: [office], ...until }),
    ];
    expect(decided(rules, request())).toMatchObject({ outcome: 'forbidden', wouldAllow: 'a', needed: [] });
  });

  test('from its instant on the rule is enforced, at every point alike', () => {
    const rules = [...PUBLIC, deny('d', { operations: GET, ...until })];
    for (const make of [request, (over: object) => atSidecar(GATEWAY, over)]) {
      expect(outcome(rules, make({ now: NOW + 59.999 }))).toBe('allow');
      expect(outcome(rules, make({ now: NOW + 60 }))).toBe('forbidden');
      expect(decided(rules, make({ now: NOW + 60 })).wouldRefuse).toBeUndefined();
    }
    expect(outcome([allow('a', { operations: GET, ...until })], request({ now: NOW + 60 }))).toBe('allow');
  });

  test('form, token and default deny have no audit', () => {
    const rules = [...PUBLIC, deny('d', { operations: GET, ...until })];
    expect(outcome(rules, request({ path: '/orders/' }))).toBe('nonCanonical');
    expect(outcome(rules, withToken({ exp: 1 }))).toBe('invalidToken');
    expect(outcome(rules, request({ path: '/other' }))).toBe('forbidden');
  });
});

describe('CORS', () => {
  const cors = {
    origins: ['https://app.test', 'http://localhost:3000'],
    methods: ['GET'],
    headers: ['authorization'],
    maxAge: 600,
  };
  const at = (over: Partial<ServicePolicy> = {}) =>
    indexPolicy({ ...policy([]), services: { orders: service('orders', STAFF, { cors, ...over }) } });
  const origin = ['origin', 'https://app.test'] as const;
  const method = ['access-control-request-method', 'POST'] as const;
  const preflight = { method: 'OPTIONS', headers: [origin, method] };

  test('a preflight of a declared origin is answered by the gateway, before any token', () => {
    for (const over of [
      {},
      { path: '/anything' },
      { credential: token({ exp: 1 }) },
      { credential: { kind: 'malformed', reason: '' } as const },
    ]) {
      expect(decide(at(), request({ ...preflight, ...over }))).toEqual({
        outcome: 'preflight',
        reason: 'preflight',
        service: 'orders',
      });
    }
  });

  test.each([
    ['another origin', [['origin', 'https://evil.test'], method]],
    ['the origin in other case', [['origin', 'HTTPS://APP.TEST'], method]],
    ['the origin with a port', [['origin', 'https://app.test:443'], method]],
    ['the null origin', [['origin', 'null'], method]],
    ['no origin', [method]],
    ['an empty origin', [['origin', ''], method]],
    ['two origins', [['origin', 'https://evil.test'], origin, method]],
    ['the same origin twice', [origin, origin, method]],
    ['no method asked for', [origin]],
    ['an empty method', [origin, ['access-control-request-method', '']]],
  ] as const)('not with %s', (_, headers) => {
    expect(decide(at(), request({ ...preflight, headers })).outcome).toBe('forbidden');
  });

  test.each([
    ['an empty line beside the origin', [origin, ['origin', ''], method]],
    ['two methods', [origin, method, method]],
    ['a method of any kind', [origin, ['access-control-request-method', 'x y']]],
  ] as const)('also with %s, as Envoy reads it', (_, headers) => {
    expect(decide(at(), request({ ...preflight, headers })).outcome).toBe('preflight');
  });

  test('not with another method, without a declaration, at a sidecar, for an unknown host, out of form', () => {
    expect(decide(at(), request({ ...preflight, method: 'GET' })).outcome).toBe('tokenRequired');
    expect(decide(indexPolicy(policy(STAFF)), request(preflight)).outcome).toBe('forbidden');
    expect(decide(at(), atSidecar(GATEWAY, preflight)).outcome).toBe('forbidden');
    expect(decide(at(), request({ ...preflight, authority: 'x.test' })).outcome).toBe('forbidden');
    expect(decide(at({ public: false }), request(preflight)).outcome).toBe('forbidden');
    expect(decide(at(), request({ ...preflight, path: '/a/' })).outcome).toBe('nonCanonical');
  });

  test('OPTIONS without a preflight is an operation; an origin opens nothing', () => {
    const own = at({ rules: [allow('o', { operations: ['OPTIONS /orders'] })] });
    expect(decide(own, request({ method: 'OPTIONS' })).outcome).toBe('allow');
    expect(
      decide(own, request({ method: 'OPTIONS', headers: [['origin', 'https://evil.test'], method] })).outcome,
    ).toBe('allow');
    expect(decide(at(), request({ headers: [origin] })).outcome).toBe('tokenRequired');
  });

  test('a closed service still answers its preflights: they carry nothing', () => {
    const entries = [{ kind: 'service', service: 'orders', until: NOW + 1 }] as const;
    const index = indexPolicy(at().policy, { version: 1, entries });
    expect(decide(index, request(preflight)).outcome).toBe('preflight');
  });
});
