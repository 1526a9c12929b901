import fc from 'fast-check';
import type {
  AccessRule,
  ClaimTest,
  Credential,
  Policy,
  PolicyCondition,
  PolicyPrincipal,
  Request,
  Revocation,
} from '../../lib/policy/index.js';
import {
  BUILDS,
  GATEWAY,
  NOW,
  NO_TOKEN,
  PARTNERS,
  PEOPLE,
  policy,
  service,
  token,
  workloadId,
} from './fixture.js';

/** Small domains, so that rules and requests meet: a random pair that never does would show nothing. */

const SEGMENTS = ['a', 'a', 'b', 'c.d', 'a%20b'] as const;
const TEMPLATES = [
  '/',
  '/**',
  '/**',
  '/**',
  '/a',
  '/{x}',
  '/a/**',
  '/{x}/**',
  '/a/b',
  '/a/{y}',
  '/{x}/b',
  '/{x}/{y}',
  '/c.d/**',
  '/a/b/c.d',
  '/{x}/b/{z}',
] as const;
/** GET most of the time, so that a request finds its rules. */
const METHODS = ['GET', 'GET', 'GET', 'POST', 'HEAD'] as const;
const ISSUERS = ['people', 'partners', 'builds'] as const;
const VALUES = ['x', 'y', 'z'] as const;
export const THUMBPRINT = 'A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0';

const claimTest: fc.Arbitrary<ClaimTest> = fc.oneof(
  fc.record({
    claim: fc.constantFrom(['groups'], ['dept'], ['deep', 'er'], ['deep.er']),
    test: fc.constantFrom('contains', 'presentAndNot'),
    value: fc.constantFrom(...VALUES),
  }),
  fc.record({
    claim: fc.constantFrom(['flag'], ['level']),
    test: fc.constant('equals'),
    value: fc.constantFrom(true, false, 0, 3),
  }),
) as fc.Arbitrary<ClaimTest>;

const carried = fc.record({
  issuer: fc.constantFrom(...ISSUERS),
  claims: fc.array(claimTest, { maxLength: 2 }),
});
const peerName = fc.constantFrom('web', 'reports');

const principal: fc.Arbitrary<PolicyPrincipal> = fc.oneof(
  fc.constant({ kind: 'anyone' } as const),
  carried.map((one) => ({ kind: 'token' as const, ...one })),
  fc.record({ name: peerName, forUser: fc.option(carried, { nil: undefined }) }).map(({ name, forUser }) => ({
    kind: 'workload' as const,
    spiffeId: workloadId(name),
    ...(forUser && { forUser }),
  })),
);

/** Anyone, an issuer or a workload: what a deny may name, but for a pipeline by its claims. */
export const denyPrincipal: fc.Arbitrary<PolicyPrincipal> = fc.oneof(
  fc.constant({ kind: 'anyone' } as const),
  fc.constantFrom(...ISSUERS).map((issuer) => ({ kind: 'token' as const, issuer, claims: [] })),
  peerName.map((name) => ({ kind: 'workload' as const, spiffeId: workloadId(name) })),
);

const condition: fc.Arbitrary<PolicyCondition> = fc.oneof(
  fc.constantFrom(
    { kind: 'multiFactor' } as const,
    { kind: 'signedInWithin', seconds: 900 } as const,
    { kind: 'compliantDevice' } as const,
    { kind: 'senderConstrained' } as const,
    { kind: 'dpop' } as const,
    { kind: 'sourceNetwork', ranges: ['10.0.0.0/8'] } as const,
  ),
  claimTest.map((test) => ({ kind: 'claim' as const, test })),
);

const operation = fc
  .tuple(fc.constantFrom(...METHODS), fc.constantFrom(...TEMPLATES))
  .map(([method, path]) => `${method} ${path}` as const);

const auditUntil = fc.option(fc.constantFrom(NOW - 1, NOW, NOW + 1), { nil: undefined, freq: 4 });

/** Of denies too, where it must mean nothing. */
const allowUntil = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constantFrom(NOW - 1, NOW, NOW + 1) },
);

function ruleOf(
  effect: AccessRule['effect'],
  who: fc.Arbitrary<PolicyPrincipal>,
  conditions: fc.Arbitrary<PolicyCondition[]>,
  audit: fc.Arbitrary<number | undefined>,
): fc.Arbitrary<AccessRule> {
  return fc
    .record({
      principals: fc.array(who, { minLength: 1, maxLength: 3 }),
      operations: fc.array(operation, { minLength: 1, maxLength: 4 }),
      conditions,
      audit,
      end: allowUntil,
    })
    .map(({ audit: instant, end, ...rest }) => ({
      id: '',
      effect,
      ...rest,
      ...(instant !== undefined && { auditUntil: instant }),
      ...(end !== undefined && { until: end }),
    }));
}

const conditions = fc.array(condition, { maxLength: 2 });

export const allowRule = ruleOf('allow', principal, conditions, auditUntil);
export const denyRule = ruleOf('deny', denyPrincipal, conditions, auditUntil);
/** A deny that any principal may be in. */
export const anyDenyRule = ruleOf('deny', principal, conditions, auditUntil);

/**
 * Rules with ids that have nothing to do with their order. With up to four operations each there are
 * more entries than the index compares one by one.
 */
export function rules(...kinds: fc.Arbitrary<AccessRule>[]): fc.Arbitrary<AccessRule[]> {
  return fc
    .tuple(
      fc.array(fc.oneof(...kinds), { maxLength: 8, size: 'max' }),
      fc.shuffledSubarray(['b', 'a', 'aa', 'B', 'r10', 'r9', '0', 'z'], { minLength: 8 }),
    )
    .map(([some, ids]) => some.map((rule, at) => ({ ...rule, id: ids[at]! })));
}

export const anyRules = rules(allowRule, allowRule, allowRule, anyDenyRule);

/** A policy with these rules at `orders` and, if told, at the inner `ledger`. */
export function policyWith(own: readonly AccessRule[]): Policy {
  return {
    ...policy([]),
    dpop: true,
    services: {
      orders: service('orders', own),
      ledger: service('ledger', own, { public: false }),
    },
  };
}

const textClaim = fc.oneof(
  fc.constantFrom(...VALUES),
  fc.constantFrom('', 'x y'),
  fc.array(fc.constantFrom(...VALUES, '', 5), { maxLength: 3 }),
  fc.constantFrom(null, 0, true, {}),
);

const claims = fc.record(
  {
    groups: textClaim,
    dept: textClaim,
    deep: fc.oneof(textClaim, fc.record({ er: textClaim })),
    'deep.er': textClaim,
    flag: fc.constantFrom<unknown>(true, false, 'true', null),
    level: fc.constantFrom<unknown>(0, 3, '3', null),
    amr: fc.constantFrom<unknown>(['mfa'], 'mfa', ['pwd', 'mfa'], ['pwd'], null),
    auth_time: fc.constantFrom<unknown>(NOW - 60, NOW, NOW - 900, NOW - 901, NOW + 31, String(NOW)),
    device: fc.constantFrom<unknown>({ compliant: true }, { compliant: true }, { compliant: 'true' }, null),
    cnf: fc.constantFrom<unknown>({ 'x5t#S256': THUMBPRINT }, { 'x5t#S256': 'other' }, {}),
    jti: fc.constantFrom('t1', 't2'),
    sub: fc.constantFrom('alice', 'bob'),
  },
  { requiredKeys: [] },
);

/** Of every service of `policyWith`. */
export const AUDIENCES = ['https://orders.shop.test', 'https://ledger.shop.test'] as const;

/** A token that its issuer's profile accepts, whatever else it says. */
export const goodToken = fc
  .tuple(fc.constantFrom(PEOPLE, PEOPLE, PARTNERS, BUILDS), claims)
  .map(([iss, all]) => token({ iss, aud: AUDIENCES, ...all }));

/** One that is bound to a key, and not always sent as such a token must be. */
const boundToken = fc
  .tuple(goodToken, fc.constantFrom(THUMBPRINT, THUMBPRINT, 'other', '', 5, null), fc.nat(9))
  .map(([good, jkt, chance]) => {
    const made = token({ ...good.claims, cnf: { jkt } });
    const { scheme: _, ...bearer } = made;
    return chance > 1 ? made : chance === 0 ? bearer : ({ ...made, scheme: 'DPoP' } as const);
  });

const credential: fc.Arbitrary<Credential> = fc.oneof(
  { weight: 2, arbitrary: fc.constant(NO_TOKEN) },
  { weight: 5, arbitrary: goodToken },
  { weight: 1, arbitrary: boundToken },
);

const path = fc
  .array(fc.constantFrom(...SEGMENTS), { maxLength: 3 })
  .map((segments) => `/${segments.join('/')}`);

/** A request that is in form; `sidecar` ones from a gateway, a workload, a stranger or nobody. */
export const anyRequest: fc.Arbitrary<Request> = fc
  .record({
    place: fc.constantFrom(
      ...(['gateway', 'gateway', 'orders', 'orders', 'orders'] as const).map((at) => ['orders', at] as const),
      ['ledger', 'ledger'],
      ['ledger', 'gateway'],
      ['orders', 'ledger'],
      ['unknown', 'gateway'],
    ),
    peer: fc.constantFrom(
      GATEWAY,
      GATEWAY,
      workloadId('web'),
      workloadId('reports'),
      workloadId('stranger'),
      undefined,
    ),
    method: fc.constantFrom(...METHODS),
    path,
    query: fc.constantFrom('', '', '?a=/../b'),
    credential,
    sourceAddress: fc.constantFrom('10.0.0.1', '203.0.113.7'),
    certificateThumbprint: fc.constantFrom(THUMBPRINT, undefined),
    provenKey: fc.constantFrom(THUMBPRINT, THUMBPRINT, undefined),
  })
  .map(({ place: [name, at], peer, query, certificateThumbprint, provenKey, ...rest }) => ({
    ...rest,
    point: at === 'gateway' ? { kind: 'gateway' } : { kind: 'sidecar', service: at },
    ...(at !== 'gateway' && peer !== undefined && { peer }),
    ...(at === 'gateway' && certificateThumbprint !== undefined && { certificateThumbprint }),
    ...(at === 'gateway' && provenKey !== undefined && { provenKey }),
    authority: `${name}.shop.test`,
    path: rest.path + query,
    headers: [],
    now: NOW,
  }));

const until = fc.constantFrom(NOW - 1, NOW, NOW + 1);
const issuerName = fc.constantFrom(...ISSUERS);

export const revocation: fc.Arbitrary<Revocation> = fc.oneof(
  fc.record({ kind: fc.constant('service' as const), service: fc.constantFrom('orders', 'ledger'), until }),
  fc.record({ kind: fc.constant('rule' as const), rule: fc.constantFrom('a', 'b', 'z', 'B'), until }),
  fc.record({
    kind: fc.constant('token' as const),
    issuer: issuerName,
    value: fc.constantFrom('t1', 't2'),
    until,
  }),
  fc.record({
    kind: fc.constant('subject' as const),
    issuer: issuerName,
    value: fc.constantFrom('alice', 'bob'),
    until,
  }),
);
