import { type Abilities, ABILITIES } from '../../../lib/policy/compile/abilities/index.js';
import { type Refusal, refusals } from '../../../lib/policy/compile/refusal.js';
import {
  type AccessRule,
  type ClaimTest,
  decide,
  indexPolicy,
  type Policy,
  type PolicyCondition,
} from '../../../lib/policy/index.js';
import {
  allow,
  anyone,
  bound,
  claim,
  deny,
  device,
  GATEWAY,
  has,
  issuer,
  mfa,
  NOW,
  office,
  PEOPLE,
  policy,
  proven,
  service,
  signedIn,
  user,
  workload,
  workloadId,
} from '../fixture.js';

/** Policies in which few requests tell a rule from what a target would make of it: they are found. */

const { authorizer, envoy } = ABILITIES;
const cannot = { how: 'refused', note: 'it is told so' } as const;
const noNames: Abilities = { ...envoy, operations: { ...envoy.operations, '{name}': cannot } };
const noRest: Abilities = { ...envoy, operations: { ...envoy.operations, '/**': cannot } };

function without(kind: PolicyCondition['kind'], target = envoy): Abilities {
  return { ...target, conditions: { ...target.conditions, [kind]: cannot } };
}

interface Over {
  readonly service?: Parameters<typeof service>[2];
  readonly policy?: Partial<Policy>;
}

/** The counterexample to the rule `rule`, which differs as it says. */
function shown(target: Abilities, rules: readonly AccessRule[], over: Over = {}) {
  const whole = policy([], { services: { orders: service('orders', rules, over.service) }, ...over.policy });
  const refusal = refusals(target, whole, { now: NOW }).find(({ rule }) => rule.id === 'rule');
  const example = refusal?.counterexample;
  if (!refusal || !example) throw new Error(`no counterexample: ${JSON.stringify(refusal)}`);
  expect(decide(indexPolicy(whole), example.request).outcome).toBe(example.reference);
  expect(decide(indexPolicy(nearest(whole, refusal)), example.request).outcome).toBe(example.point);
  expect(example.reference).not.toBe(example.point);
  expect(example.request.headers).toEqual([]);
  return example;
}

/** The policy as the target would enforce it. */
function nearest(whole: Policy, { service: name, rule, coarse }: Refusal): Policy {
  const own = whole.services[name]!;
  const left = own.rules.flatMap((one) => (one.id !== rule.id ? [one] : coarse ? [coarse] : []));
  return { ...whole, services: { ...whole.services, [name]: { ...own, rules: left } } };
}

/** What its token says. */
function claimsOf({ request: { credential } }: ReturnType<typeof shown>) {
  return credential.kind === 'jwt' ? credential.claims : undefined;
}

const a = ['GET /a'] as const;
const allowed = { reference: 'allow', point: 'forbidden' };

describe('paths', () => {
  test.each([
    ['the root', ['GET /{x}', 'GET /{x}/**'], 'GET /{x}', '/'],
    ['what is above a parameter', ['GET /a/{x}/**'], 'GET /a/{x}', '/a'],
  ] as const)('%s', (_, others, own, path) => {
    const rules = [allow('others', { operations: others }), allow('rule', { operations: [own] })];
    expect(shown(noNames, rules)).toMatchObject({
      reference: 'forbidden',
      point: 'allow',
      request: { path },
    });
  });

  test.each([
    ['GET /**', ['GET /'], ['GET /{a}/{b}/**'], '/x'],
    ['GET /a/**', ['GET /a'], ['GET /a/{a}/{b}/**'], '/a/x'],
    ['GET /a/**', ['GET /a'], ['GET /a/{a}', 'GET /a/{a}/{b}/{c}/**'], '/a/x/y'],
    ['GET /a/**', ['GET /a'], ['GET /a/{a}', 'GET /a/{a}/{b}', 'GET /a/{a}/{b}/{c}/{d}/**'], '/a/x/y/z'],
  ] as const)('of %s, as deep as it takes: %j, not %j: %s', (own, allows, denies, path) => {
    const rules = [
      allow('allows', { operations: allows }),
      deny('denies', { operations: denies }),
      allow('rule', { operations: [own, 'GET /other'] }),
    ];
    expect(shown(noRest, rules)).toMatchObject({ ...allowed, request: { path } });
  });
});

describe('callers', () => {
  test('whom another allow admits, with all that it wants', () => {
    const wanted = user('partners', has('groups', 'x'));
    const rules = [
      allow('way', { operations: a, principals: [wanted], conditions: [mfa, device] }),
      deny('rule', { operations: a, conditions: [office] }),
    ];
    expect(shown(without('sourceNetwork'), rules)).toMatchObject(allowed);
  });

  test('of whom the rule speaks, with what another allow wants', () => {
    const rules = [
      allow('way', { operations: a, conditions: [device] }),
      deny('rule', { operations: a, principals: [user('people', has('groups', 'x'))], conditions: [office] }),
    ];
    expect(shown(without('sourceNetwork'), rules)).toMatchObject(allowed);
  });

  test('through a gateway, where a service is not public', () => {
    const rules = [allow('rule', { operations: a, conditions: [mfa] })];
    const example = shown(without('multiFactor'), rules, { service: { public: false } });
    expect(example).toMatchObject({
      point: 'allow',
      request: { point: { kind: 'sidecar', service: 'orders' }, peer: GATEWAY },
    });
  });

  test('at the kind of point that cannot say it', () => {
    const only = { ...cannot, only: 'sidecar' } as const;
    const target: Abilities = { ...envoy, conditions: { ...envoy.conditions, multiFactor: only } };
    const rules = [allow('rule', { operations: a, conditions: [mfa] })];
    expect(shown(target, rules).request.point).toEqual({ kind: 'sidecar', service: 'orders' });
    expect(shown(without('multiFactor', authorizer), rules).request).not.toHaveProperty('peer');
  });

  test('a workload, and one that carries the token of a user', () => {
    const operations = ['GET /a/{x}'] as const;
    const plain = [allow('rule', { operations, principals: [workload('web')] })];
    expect(shown(noNames, plain).request).toMatchObject({
      point: { kind: 'sidecar' },
      peer: workloadId('web'),
      credential: { kind: 'none' },
    });
    const forUser = { issuer: 'people', claims: [has('groups', 'x')] };
    const carrying = [allow('rule', { operations, principals: [workload('web', forUser)] })];
    const example = shown(noNames, carrying);
    expect(example).toMatchObject({ point: 'allow', request: { peer: workloadId('web') } });
    expect(claimsOf(example)).toMatchObject({ iss: PEOPLE, groups: ['x'] });
  });

  test('none, where an issuer is not accepted', () => {
    const rules = [
      allow('one', { operations: a, conditions: [office] }),
      allow('rule', { operations: a, conditions: [office, mfa] }),
    ];
    for (const target of [without('multiFactor'), without('multiFactor', authorizer)]) {
      const orders = service('orders', rules, { audiences: { people: ['https://orders.shop.test'] } });
      // Nothing needs the second rule, so everything is tried.
      const [found, ...more] = refusals(target, policy([], { services: { orders } }), { now: NOW });
      expect(more).toEqual([]);
      expect(found?.counterexample?.point).not.toBe('forbidden');
    }
  });
});

describe('conditions', () => {
  test.each([
    ['multiFactor', [mfa, office]],
    ['multiFactor', [office, mfa]],
    ['sourceNetwork', [office, mfa]],
    ['sourceNetwork', [mfa, office]],
    ['signedInWithin', [mfa, signedIn(900)]],
    ['signedInWithin', [device, signedIn(900)]],
    ['compliantDevice', [device, signedIn(900)]],
    ['compliantDevice', [device, claim(has('groups', 'x'))]],
    ['senderConstrained', [device, bound]],
    ['claim', [device, bound, claim(has('groups', 'x'))]],
    ['claim', [claim({ claim: ['tier'], test: 'presentAndNot', value: 'free' }), device]],
    ['dpop', [device, proven]],
  ] as const)('without %s alone: %j', (kind, conditions) => {
    const over = { policy: { dpop: true } };
    for (const target of [without(kind), without(kind, authorizer)]) {
      const loose = [allow('rule', { operations: a, principals: [user('people')], conditions })];
      expect(shown(target, loose, over)).toMatchObject({ point: 'allow' });
      const forAnyone = [allow('rule', { operations: a, conditions })];
      expect(shown(target, forAnyone, over)).toMatchObject({ point: 'allow' });
      const strict = [
        allow('open', { operations: a, principals: [user('people')] }),
        deny('rule', { operations: a, conditions: conditions.filter((one) => one.kind === kind) }),
      ];
      expect(shown(target, strict, over)).toMatchObject(allowed);
    }
  });

  test('a header that the issuer sets, and claims that it always has', () => {
    const people = issuer(
      PEOPLE,
      {},
      { tokenType: 'at+jwt', requiredClaims: { tenant: 't' }, presentClaims: ['azp'] },
    );
    const rules = [allow('rule', { operations: ['GET /a/{x}'], principals: [user('people')] })];
    const { request } = shown(noNames, rules, { policy: { issuers: { people } } });
    expect(request.credential).toMatchObject({
      header: { typ: 'at+jwt' },
      claims: { tenant: 't', azp: 'anything' },
    });
  });

  test.each<[ClaimTest, unknown]>([
    [has(['realm', 'roles'], 'x'), { realm: { roles: ['x'] } }],
    [{ claim: ['a', 'b', 'c'], test: 'equals', value: 5 }, { a: { b: { c: 5 } } }],
    [{ claim: ['tier'], test: 'presentAndNot', value: 'free' }, { tier: ['not free'] }],
    [{ claim: ['tier'], test: 'presentAndNot', value: '' }, { tier: ['not '] }],
  ])('a claim as it is wanted: %j', (test, expected) => {
    const rules = [allow('rule', { operations: ['GET /a/{x}'], principals: [user('people', test)] })];
    const example = shown(noNames, rules);
    expect(example).toMatchObject({ point: 'allow' });
    expect(claimsOf(example)).toEqual({
      iss: PEOPLE,
      sub: 'somebody',
      aud: 'https://orders.shop.test',
      exp: NOW + 300,
      ...(expected as object),
    });
  });

  test('several claims, in one list and in one object', () => {
    const tests = [
      has('groups', 'x'),
      has('groups', 'y'),
      has(['realm', 'roles'], 'p'),
      has(['realm', 'org'], 'q'),
    ];
    const rules = [allow('rule', { operations: ['GET /a/{x}'], principals: [user('people', ...tests)] })];
    expect(claimsOf(shown(noNames, rules))).toMatchObject({
      groups: ['x', 'y'],
      realm: { roles: ['p'], org: ['q'] },
    });
    const mixed = [
      allow('rule', { operations: a, principals: [anyone, user('people', ...tests)], conditions: [mfa] }),
    ];
    expect(shown(without('multiFactor'), mixed)).toMatchObject({ point: 'allow' });
  });
});

test('of an issuer that bounds the life of its tokens a token says since when it lives', () => {
  const people = issuer(PEOPLE, {}, { maxLifetimeSeconds: 3600 });
  const rule = allow('rule', { operations: ['GET /a'], principals: [user('people')], conditions: [mfa] });
  const over = { policy: { issuers: { people } } };
  expect(shown(without('multiFactor'), [rule], over)).toMatchObject({ reference: 'stepUp', point: 'allow' });
});

test('where the address is asked for after something else the caller comes from there', () => {
  const conditions = [mfa, office];
  const rule = allow('rule', { operations: ['GET /a'], principals: [user('people')], conditions });
  expect(shown(without('multiFactor'), [rule])).toMatchObject({ reference: 'stepUp', point: 'allow' });
  const three = { ...rule, conditions: [mfa, office, device] };
  // The authorizer is a gateway: a sidecar behind one looks at no address.
  for (const target of [without('compliantDevice'), without('compliantDevice', authorizer)]) {
    expect(shown(target, [three])).toMatchObject({ reference: 'forbidden', point: 'allow' });
  }
});

test('a deny shows by whom eight allows beside it let in, however many other denies there are', () => {
  const rule = deny('rule', { operations: ['GET /a'], conditions: [office] });
  const others = (make: typeof allow, count: number) =>
    Array.from({ length: count }, (_, at) =>
      make(`other-${at}`, { operations: [`GET /other/${at}`], principals: [user('partners')] }),
    );
  const open = allow('z', { operations: ['GET /a'], principals: [user('people')] });
  const target = without('sourceNetwork');
  const admitted = { reference: 'allow', point: 'forbidden' };
  expect(shown(target, [rule, ...others(deny, 9), open])).toMatchObject(admitted);
  expect(shown(target, [rule, ...others(allow, 7), open])).toMatchObject(admitted);
  expect(() => shown(target, [rule, ...others(allow, 8), open])).toThrow('no counterexample');
});
