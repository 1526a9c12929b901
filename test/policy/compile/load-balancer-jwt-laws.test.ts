import fc from 'fast-check';
import {
  type AudienceFormat,
  compileJwtCheck,
  type CompiledJwtCheck,
  type JwtCheck,
  stricterThan,
} from '../../../lib/policy/compile/load-balancer-jwt/index.js';
import {
  type AccessRule,
  decide,
  indexPolicy,
  type Json,
  type Policy,
  type PolicyPrincipal,
  type Request,
} from '../../../lib/policy/index.js';
import { scene } from '../aim.js';
import { allowRule, denyRule, rules } from '../arbitrary.js';
import { handsOn } from '../documented-load-balancer.js';
import { allow, request as bare, issuer, NOW, PARTNERS, PEOPLE, policy, service, user } from '../fixture.js';
import { RUNS, SEED } from '../law.js';

jest.setTimeout(30 * 60_000);

/** A policy is asked a dozen requests. */
const SETS = Math.ceil(RUNS / 2);
const AUDIENCE = 'https://orders.shop.test';
const OTHER = 'https://payments.shop.test';
type Claims = Readonly<Record<string, string>>;
const CLAIMS: readonly Claims[] = [{}, { token_use: 'access' }, { ver: '2.0', tid: 'tenant' }];
/** With the audience one more than a load balancer takes. */
const TEN_CLAIMS: Claims = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`c${at}`, 'x']));
const JWKS = { people: `${PEOPLE}/jwks`, partners: `${PARTNERS}/jwks`, builds: 'https://builds.test/jwks' };

interface Model {
  readonly policy: Policy;
  readonly format: AudienceFormat;
}

const rarely = <Value>(value: Value, usual: Value) =>
  fc.oneof({ weight: 1, arbitrary: fc.constant(value) }, { weight: 12, arbitrary: fc.constant(usual) });

const seldom = <Value>(value: Value, usual: Value) =>
  fc.oneof({ weight: 1, arbitrary: fc.constant(value) }, { weight: 5, arbitrary: fc.constant(usual) });

/** A policy of `orders` that a check can be made for most of the time, and sometimes not for one reason or another. */
const model = (own: fc.Arbitrary<readonly AccessRule[]>): fc.Arbitrary<Model> =>
  fc
    .record({
      own,
      isWild: fc.nat(5).map((chance) => chance === 0),
      algorithms: seldom(['RS256', 'ES256'] as const, ['RS256'] as const),
      audienceClaim: fc.constantFrom('aud', 'client_id'),
      requiredClaims: rarely<Claims | undefined>(TEN_CLAIMS, undefined).chain((ten) =>
        ten ? fc.constant(ten) : fc.constantFrom(...CLAIMS),
      ),
      audiences: seldom([AUDIENCE, OTHER], [AUDIENCE]),
      isShared: fc.boolean(),
      isOpen: fc.boolean(),
      login: rarely(true, false),
      hasCors: rarely(true, false),
      dpop: rarely(true, false),
      format: fc.constantFrom<AudienceFormat>('single-string', 'string-array'),
    })
    .map(({ own: some, isWild, isShared, isOpen, hasCors, login, audiences, dpop, format, ...profile }) => ({
      format,
      policy: {
        ...policy([]),
        ...(dpop && { dpop: true }),
        issuers: { ...policy([]).issuers, people: issuer(PEOPLE, {}, profile) },
        services: {
          orders: service(
            'orders',
            [...(isOpen ? [EVERYTHING] : []), ...some.map((rule) => fitted(rule, { isWild, dpop }))],
            {
              audiences: { people: audiences, partners: isShared ? [AUDIENCE] : [] },
              ...(login && { login }),
              ...(hasCors && {
                cors: { origins: ['https://shop.test'], methods: ['GET'], headers: [], maxAge: 1 },
              }),
            },
          ),
        },
      },
    }));

/** Whoever has a good token may do anything, but for what a deny says. */
const EVERYTHING = allow('0-everything', {
  principals: [user('people')],
  operations: ['GET /**', 'POST /**', 'HEAD /**'],
});

/** Everybody of whom it speaks brings a token of the one issuer; workloads stay what they are. */
function fitted(rule: AccessRule, { isWild, dpop }: { isWild: boolean; dpop: boolean }): AccessRule {
  const principals = isWild
    ? rule.principals
    : rule.principals.map(
        (one): PolicyPrincipal =>
          one.kind === 'workload'
            ? one
            : one.kind === 'token'
              ? { ...one, issuer: 'people' }
              : user('people'),
      );
  return { ...rule, principals, conditions: rule.conditions.filter(({ kind }) => dpop || kind !== 'dpop') };
}

/** What is wrong with a token, or only unusual. */
interface Spoilt {
  readonly iss: string;
  readonly audience: Json;
  /** Of the right audience: in the other form than the check wants. */
  readonly isOtherForm: boolean;
  readonly alg: string;
  readonly times: Readonly<Record<string, Json>>;
  readonly kid: string | undefined;
  readonly lines: number;
  readonly isComplete: boolean;
}

const spoilt: fc.Arbitrary<Spoilt> = fc.record({
  iss: seldom(PARTNERS, PEOPLE),
  audience: fc.oneof(
    { weight: 6, arbitrary: fc.constant<Json>(AUDIENCE) },
    { weight: 3, arbitrary: fc.constantFrom<Json>([AUDIENCE, OTHER], OTHER, [OTHER], [], '') },
  ),
  isOtherForm: rarely(true, false),
  alg: seldom('ES256', 'RS256'),
  times: fc.constantFrom<Readonly<Record<string, Json>>>(
    ...Array.from({ length: 9 }, () => ({})),
    { iat: NOW - 5, nbf: NOW },
    { exp: NOW },
    { exp: NOW - 20 },
    { exp: NOW - 40 },
    { nbf: NOW + 20 },
    { iat: NOW + 500 },
    { exp: NOW + 90.5 },
  ),
  kid: rarely<string | undefined>(undefined, 'k1'),
  lines: rarely(2, 1),
  isComplete: rarely(false, true),
});

/** The request at the gateway, by a token of that kind if it brings one at all. */
function asked({ policy: { issuers }, format }: Model, request: Request, how: Spoilt): Request {
  const { profile } = issuers['people']!;
  const { peer: _, ...rest } = request;
  const atGateway: Request = { ...rest, point: { kind: 'gateway' }, authority: 'orders.shop.test' };
  const { credential } = atGateway;
  if (credential.kind !== 'jwt') return atGateway;
  const claims: Record<string, Json> = {
    ...credential.claims,
    ...(how.isComplete && profile.requiredClaims),
    iss: how.iss,
    exp: NOW + 300,
    ...how.times,
    [profile.audienceClaim]: written(how, format),
  };
  if (profile.audienceClaim === 'client_id') delete claims['aud'];
  const { kid } = how;
  return {
    ...atGateway,
    headers: Array.from({ length: how.lines }, (_each, at) => ['authorization', at === 0 ? 'a token' : '']),
    credential: { ...credential, header: { alg: how.alg, ...(kid !== undefined && { kid }) }, claims },
  };
}

/** The audience in the form that the check wants, or in the other. */
function written({ audience, isOtherForm }: Spoilt, format: AudienceFormat): Json {
  if (audience !== AUDIENCE) return audience;
  return (format === 'string-array') === isOtherForm ? audience : [audience];
}

/** What a browser asks by itself, without a token. */
const PREFLIGHT = bare({
  method: 'OPTIONS',
  path: '/a',
  headers: [
    ['origin', 'https://shop.test'],
    ['access-control-request-method', 'GET'],
  ],
});
const SIGN_IN = bare({ path: '/.ztp/sign-in', headers: [['accept', 'text/html']] });

const case_ = fc
  .array(scene(rules(allowRule, allowRule, denyRule)), { minLength: 12, maxLength: 12 })
  .chain((scenes) =>
    fc.record({
      model: model(fc.constant(scenes[0]![0])),
      requests: fc.constant(scenes.map(([, request]) => request)),
      kinds: fc.array(spoilt, { minLength: 12, maxLength: 12 }),
    }),
  )
  .map(({ model: made, requests, kinds }) => ({
    model: made,
    requests: [...requests.map((request, at) => asked(made, request, kinds[at]!)), PREFLIGHT, SIGN_IN],
  }));

function compiled({ policy: made, format }: Model): CompiledJwtCheck {
  return compileJwtCheck({ policy: made, service: 'orders', jwksUris: JWKS, audience: format });
}

/** Whether the check refuses that by one of the facts that hold for every policy. */
function isStricter({ policy: made, format }: Model, request: Request): boolean {
  const { credential } = request;
  if (credential.kind !== 'jwt') return false;
  const { header, claims } = credential;
  const token = { header, claims, issuer: made.issuers['people']! };
  return stricterThan(format).some(({ refuses }) => refuses?.token?.(token, request));
}

test('what the gateway admits the load balancer hands on, but for what it always refuses', () => {
  const counts = { checks: 0, admitted: 0, handedOn: 0, stricter: 0 };
  fc.assert(
    fc.property(case_, ({ model: made, requests }) => {
      const { check } = compiled(made);
      if (!check) return;
      counts.checks += 1;
      const index = indexPolicy(made.policy);
      for (const request of requests) {
        const { outcome } = decide(index, request);
        if (outcome !== 'allow' && outcome !== 'preflight' && outcome !== 'login') continue;
        counts.admitted += 1;
        const passes = handsOn(check, request);
        const always = isStricter(made, request);
        expect([passes, always]).toContain(true);
        // What is said to be always refused is refused.
        if (always) expect(passes).toBe(false);
        counts[passes ? 'handedOn' : 'stricter'] += 1;
      }
    }),
    { numRuns: SETS, seed: SEED },
  );
  expect(counts.checks).toBeGreaterThan(SETS / 4);
  expect(Math.min(counts.handedOn, counts.stricter)).toBeGreaterThan(SETS / 4);
});

/** Tokens that the gateway refuses for whom they are, and a check hands on all the same. */
function strangersThrough(change: (check: JwtCheck) => JwtCheck): { strangers: number; through: number } {
  const counts = { strangers: 0, through: 0 };
  fc.assert(
    fc.property(case_, ({ model: made, requests }) => {
      const { check } = compiled(made);
      if (!check) return;
      const index = indexPolicy(made.policy);
      for (const request of requests) {
        if (!/^token (audience|claim (token_use|ver|tid|c\d))$/.test(decide(index, request).reason)) continue;
        counts.strangers += 1;
        if (handsOn(change(check), request)) counts.through += 1;
      }
    }),
    { numRuns: SETS, seed: SEED },
  );
  return counts;
}

test('no token for somebody else, and none of another kind, comes through; without the audience it would', () => {
  const { strangers, through } = strangersThrough((check) => check);
  expect(strangers).toBeGreaterThan(SETS / 4);
  expect(through).toBe(0);
  const withoutAudience = ({ additionalClaims: [, ...others], ...check }: JwtCheck) =>
    ({ ...check, additionalClaims: others }) as unknown as JwtCheck;
  expect(strangersThrough(withoutAudience).through).toBeGreaterThan(SETS / 20);
  const withoutOthers = ({ additionalClaims: [audience], ...check }: JwtCheck): JwtCheck => ({
    ...check,
    additionalClaims: [audience],
  });
  expect(strangersThrough(withoutOthers).through).toBeGreaterThan(0);
});

test('a counterexample is one: the gateway answers it, and no load balancer with a check of the first issuer hands it on', () => {
  const counts: Record<string, { all: number; shown: number }> = {};
  fc.assert(
    fc.property(case_, ({ model: made }) => {
      const { refusals } = compiled(made);
      const { issuer: iss, profile } = made.policy.issuers['people']!;
      const nearest: JwtCheck = {
        issuer: iss,
        jwksEndpoint: JWKS.people,
        additionalClaims: [{ name: profile.audienceClaim, format: made.format, values: [AUDIENCE] }],
      };
      for (const { feature, counterexample } of refusals) {
        const count = (counts[feature] ??= { all: 0, shown: 0 });
        count.all += 1;
        if (!counterexample) continue;
        count.shown += 1;
        const { request, reference } = counterexample;
        expect(decide(indexPolicy(made.policy), request).outcome).toBe(reference);
        expect(['allow', 'preflight', 'login']).toContain(reference);
        expect(handsOn(nearest, request)).toBe(false);
      }
    }),
    { numRuns: SETS, seed: SEED },
  );
  // A rule that another always beats admits nobody, so some have none.
  for (const feature of [
    'login',
    'public operation',
    'preflight',
    'second issuer',
    'proof',
    'algorithm',
    'second audience',
  ]) {
    expect([feature, counts[feature]!.shown > counts[feature]!.all / 3]).toEqual([feature, true]);
  }
  expect(counts['no token']?.shown ?? 0).toBe(0);
  expect(counts['limit']!.all).toBeGreaterThan(0);
});
