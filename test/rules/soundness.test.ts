import fc from 'fast-check';
import {
  type Condition,
  decide,
  indexPolicy,
  oidc,
  type Principal,
  type Request,
  type Rule,
  type ZeroTrustModel,
} from '../../lib/index.js';
import { audiencesFor } from '../../lib/plan/issuers.js';
import { spiffeId, trustDomainOf } from '../../lib/plan/names.js';
import { policyOf } from '../../lib/plan/policy.js';
import { contradictoryRule } from '../../lib/rules/contradictory-rule.js';
import { duplicateRule } from '../../lib/rules/duplicate-rule.js';
import { shadowedRule } from '../../lib/rules/shadowed-rule.js';
import { contextOf } from '../../lib/rules/support/context.js';
import type { PlainModel } from '../../lib/model/plain-model.js';

// A rule that is reported as contradictory or shadowed changes no answer: without all of them, every
// request is admitted or refused as before, now and after each rule has ended. Few words, so that rules often cover one another.

/** 2026-09-21. */
const now = 1_790_000_000;
const DAY = 86_400;
const provider = (name: string) =>
  oidc({ issuer: `https://${name}.example`, jwksUri: `https://${name}.example/jwks` });
const base: Omit<ZeroTrustModel, 'egress'> = {
  trustDomain: 'shop.example',
  environment: 'prod',
  identity: { providers: { one: provider('one'), two: provider('two') } },
  services: { orders: { protocol: 'http', host: 'orders.example' }, web: { protocol: 'http' } },
};
const trustDomain = trustDomainOf(base, 'local');
const peers = ['gateway', 'web', 'orders'].map((name) => spiffeId(trustDomain, 'default', name));

const user = fc
  .record({
    issuer: fc.constantFrom('one', 'two', undefined),
    groups: fc.constantFrom(undefined, ['a'], ['b'], ['a', 'b']),
    claims: fc.constantFrom(undefined, { level: 1 }, { level: '1' }),
  })
  .map((selector) => ({ kind: 'user' as const, ...defined(selector) }));

const principal: fc.Arbitrary<Principal> = fc.oneof(
  { weight: 3, arbitrary: user },
  { weight: 1, arbitrary: fc.constant({ kind: 'anyone' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'workload' as const, service: 'web' }) },
  { weight: 1, arbitrary: user.map((forUser) => ({ kind: 'workload' as const, service: 'web', forUser })) },
);

const condition = fc.constantFrom<Condition>(
  { kind: 'multiFactor' },
  { kind: 'signedInWithin', seconds: 100 },
  { kind: 'signedInWithin', seconds: 1000 },
  { kind: 'sourceNetwork', ranges: ['10.0.0.0/8'] },
  { kind: 'sourceNetwork', ranges: ['10.1.0.0/16', '10.2.0.0/16'] },
  { kind: 'claim', claim: 'level', test: 'equals', value: 1 },
  { kind: 'claim', claim: 'groups', test: 'presentAndNot', value: 'b' },
);

const operation = fc.constantFrom(
  ...(['GET /**', 'GET /a', 'GET /{x}', 'GET /a/**', 'GET /a/{x}', 'GET /{x}/b', 'GET /', 'PUT /a'] as const),
);

const rule: fc.Arbitrary<Rule> = fc
  .record({
    effect: fc.constantFrom('allow', 'allow', 'deny'),
    principals: fc.array(principal, { minLength: 1, maxLength: 2 }),
    operations: fc.uniqueArray(operation, { minLength: 1, maxLength: 2 }),
    conditions: fc.oneof(fc.constant([]), fc.uniqueArray(condition, { maxLength: 2 })),
    audit: fc.constantFrom(undefined, undefined, undefined, '2026-01-01', '2027-01-01'),
    until: fc.constantFrom(undefined, undefined, undefined, '2026-01-01', '2026-11-01', '2026-12-01'),
  })
  .map(({ effect, conditions, audit, until, ...rest }) => ({
    effect: effect as 'allow',
    service: 'orders',
    ...rest,
    ...(conditions.length > 0 && { [effect === 'allow' ? 'when' : 'unless']: conditions }),
    ...(audit && { audit: { until: audit, reason: 'x' } }),
    ...(until && effect === 'allow' && { until }),
  }));

const request: fc.Arbitrary<Request> = fc
  .record({
    point: fc.constantFrom('gateway', 'sidecar'),
    peer: fc.constantFrom(undefined, ...peers),
    path: fc.constantFrom('/', '/a', '/b', '/a/b', '/a/c', '/c/b', '/a/b/c'),
    method: fc.constantFrom('GET', 'GET', 'GET', 'PUT'),
    issuer: fc.constantFrom(undefined, 'one', 'one', 'two'),
    claims: fc.record({
      groups: fc.constantFrom<string[]>([], ['a'], ['b'], ['a', 'b']),
      level: fc.constantFrom<string | number>(1, '1', 2),
      amr: fc.constantFrom<string[]>([], ['mfa']),
      auth_time: fc.constantFrom(now, now - 500, now - 5000),
    }),
    sourceAddress: fc.constantFrom('10.1.2.3', '10.9.9.9', '192.0.2.1'),
  })
  .map(({ point, peer, issuer, claims, ...rest }) => ({
    ...rest,
    point: point === 'gateway' ? { kind: 'gateway' } : { kind: 'sidecar', service: 'orders' },
    ...(point === 'sidecar' && peer !== undefined && { peer }),
    authority: 'orders.example',
    headers: [],
    now,
    credential:
      issuer === undefined
        ? { kind: 'none' }
        : {
            kind: 'jwt',
            header: { alg: 'RS256' },
            claims: {
              ...claims,
              iss: `https://${issuer}.example`,
              exp: now + 60,
              aud: 'https://orders.example',
            },
            bytes: 500,
            signature: 'valid',
          },
  }));

const RUNS = 700;
/** Always the same, so that a failing model is all there is to look at. */
const requests = fc.sample(request, { numRuns: 45, seed: 1 });
const seen = { models: 0, contradictory: 0, shadowed: 0, allowed: 0, denied: 0 };

test('a rule that is reported changes no answer', () => {
  expect(audiencesFor(base, 'orders')['one']).toEqual(['https://orders.example']);
  fc.assert(
    fc.property(fc.array(rule, { minLength: 2, maxLength: 6 }), (rules) => {
      const model: PlainModel = { ...base, access: withoutTwins(rules) };
      const reported = reportedRules(model);
      const left = { ...model, access: model.access.filter((_, index) => !reported.has(index)) };
      const [before, after] = [answers(model), answers(left)];
      seen.models += 1;
      for (const admitted of before) seen[admitted ? 'allowed' : 'denied'] += 1;
      expect(after).toEqual(before);
    }),
    { numRuns: RUNS },
  );
});

test('the models above had such rules, and the requests both answers', () => {
  expect(seen.models).toBeGreaterThanOrEqual(RUNS);
  expect(seen.contradictory).toBeGreaterThan(40);
  expect(seen.shadowed).toBeGreaterThan(60);
  expect(seen.allowed).toBeGreaterThan(2000);
  expect(seen.denied).toBeGreaterThan(2000);
});

/** The places of all rules that one of the two checks reports. */
function reportedRules(model: PlainModel): Set<number> {
  const context = contextOf(model, 'local', new Date(now * 1000));
  const contradictory = contradictoryRule.run(context);
  const shadowed = shadowedRule.run(context);
  seen.contradictory += contradictory.length;
  seen.shadowed += shadowed.length;
  return new Set([...contradictory, ...shadowed].map(({ path }) => Number(/\d+/.exec(path)?.[0])));
}

/** Equal rules have one id, which another check refuses. */
function withoutTwins(rules: readonly Rule[]): Rule[] {
  const context = contextOf({ ...base, access: rules }, 'local', new Date(0));
  const twins = new Set(duplicateRule.run(context).map(({ path }) => path));
  return rules.filter((_, index) => !twins.has(`access[${index}]`));
}

function answers(model: PlainModel): boolean[] {
  const index = indexPolicy(policyOf(model, trustDomain));
  // Tokens and sign-ins are as old at each instant: what a rule says of them is another subject.
  return [0, 60 * DAY, 90 * DAY].flatMap((later) =>
    requests.map((each) => decide(index, aged(each, later)).outcome === 'allow'),
  );
}

function aged(request: Request, seconds: number): Request {
  const { credential } = request;
  if (credential.kind !== 'jwt') return { ...request, now: now + seconds };
  const { exp, auth_time: signedIn } = credential.claims as { exp: number; auth_time: number };
  const claims = { ...credential.claims, exp: exp + seconds, auth_time: signedIn + seconds };
  return { ...request, now: now + seconds, credential: { ...credential, claims } };
}

function defined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Partial<T>;
}
