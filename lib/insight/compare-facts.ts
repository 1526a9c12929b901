import type { Plan } from '../plan/plan.js';
import { addressesOf } from '../policy/abstract/index.js';
import { passes, putClaim } from '../policy/claim.js';
import type { AccessRule, ClaimTest, Issuer } from '../policy/policy.js';
import type { Credential, Json, JsonObject } from '../policy/request.js';

type Dimension = readonly [path: readonly string[], values: readonly (Json | undefined)[]];

/** The facts about a caller that some rule looks at, each with every value that rules tell apart. */
export interface Facts {
  /** `iss` of the token; absent: there is none. */
  readonly issuer?: string;
  /** Claims by their paths: one of the values of each, undefined for a claim that is not there. */
  readonly claims: readonly Dimension[];
  readonly headers: readonly JsonObject[];
  /** How a token comes: `DPoP` with a proof. */
  readonly schemes: readonly ('Bearer' | 'DPoP')[];
  readonly addresses: readonly string[];
  /** Tests and conditions that are told apart. */
  readonly distinguished: number;
  /** Whether the values are all that can be told apart. */
  readonly isExact: boolean;
}

/** The thumbprint of the certificate that a client shows, and of the key of its proofs; any will do, as long as it is the same. */
export const CLIENTS_OWN = 'A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0';
/** The conditions that ask what a token is bound to, and where a token says it. */
const BINDINGS = [
  ['senderConstrained', ['cnf', 'x5t#S256']],
  ['dpop', ['cnf', 'jkt']],
] as const;
/** Seconds that a token lives; no rule depends on it. */
const LIFETIME = 300;
/** Values of one claim of which every combination is tried. */
const MAX_VALUES = 10;

/** What rules of two plans look at in a request for a service with a token of an issuer, or without one. */
export function factsOf(
  plans: readonly Plan[],
  service: string,
  rules: readonly AccessRule[],
  issuer: string | undefined,
  now: number,
): Facts {
  const ranges = rules.flatMap(({ conditions }) =>
    conditions.flatMap((condition) => (condition.kind === 'sourceNetwork' ? condition.ranges : [])),
  );
  const addresses = addressesOf([...new Set(ranges)]);
  if (issuer === undefined) {
    return {
      claims: [],
      headers: [],
      schemes: [],
      addresses,
      distinguished: new Set(ranges).size,
      isExact: true,
    };
  }
  const known = plans.flatMap((plan) =>
    Object.entries(plan.policy.issuers)
      .filter(([, profile]) => profile.issuer === issuer)
      .map(([name, profile]) => ({ name, profile, plan })),
  );
  const tests = testsOf(rules, known);
  const byPath = Map.groupBy(tests, ({ claim }) => JSON.stringify(claim));
  const dimensions = [...byPath].map(
    ([path, own]): Dimension => [JSON.parse(path) as string[], valuesOf(own)],
  );
  const times = timesOf(
    rules,
    known.map(({ profile }) => profile),
    now,
  );
  const given = givenClaims(known, service, issuer, now);
  const asked = new Set(rules.flatMap(({ conditions }) => conditions.map(({ kind }) => kind)));
  // Where tokens may come with proofs, every service asks for one with a token that is bound to a key.
  const hasProofs = plans.some(({ policy }) => policy.dpop === true);
  const bindings = BINDINGS.filter(([kind]) => asked.has(kind) || (kind === 'dpop' && hasProofs)).map(
    ([, path]): Dimension => [path, [undefined, CLIENTS_OWN]],
  );
  const claims: Dimension[] = [...given, ...dimensions, ...times, ...bindings];
  return {
    issuer,
    claims,
    headers: headersOf(known.map(({ profile }) => profile)),
    schemes: hasProofs ? ['Bearer', 'DPoP'] : ['Bearer'],
    addresses,
    distinguished: tests.length + times.length + bindings.length + new Set(ranges).size,
    isExact:
      areApart(claims.map(([path]) => path)) &&
      [...byPath.values()].every((own) => own.length <= MAX_VALUES) &&
      isOneMeasure(known),
  };
}

/** Whether both plans read and measure the issuer's tokens alike, and none is revoked. */
function isOneMeasure(known: readonly Known[]): boolean {
  const measures = known.map(({ profile: { scopeClaim, profile } }) =>
    JSON.stringify([scopeClaim, profile.maxBytes, profile.clockSkewSeconds, profile.audienceClaim]),
  );
  const revoked = known.flatMap(({ plan }) => plan.revocation.document.entries);
  return new Set(measures).size < 2 && revoked.every(({ kind }) => kind === 'service' || kind === 'rule');
}

interface Known {
  readonly name: string;
  readonly profile: Issuer;
  readonly plan: Plan;
}

/** Every test of a claim that a token of the issuer can meet, each once. */
function testsOf(rules: readonly AccessRule[], known: readonly Known[]): ClaimTest[] {
  const names = new Set(known.map(({ name }) => name));
  const tests = rules.flatMap(({ principals, conditions }) => [
    ...principals.flatMap((principal) => {
      const carried =
        principal.kind === 'token'
          ? principal
          : principal.kind === 'workload'
            ? principal.forUser
            : undefined;
      return carried && names.has(carried.issuer) ? carried.claims : [];
    }),
    ...conditions.flatMap((condition) => {
      if (condition.kind === 'claim') return [condition.test];
      if (condition.kind === 'multiFactor') return known.flatMap(({ profile }) => profile.multiFactor ?? []);
      return condition.kind === 'compliantDevice' ? known.flatMap(({ profile }) => profile.device ?? []) : [];
    }),
  ]);
  return [...new Map(tests.map((test) => [JSON.stringify(test), test])).values()];
}

/** Values of a claim, one for each way in which its tests can come out. */
function valuesOf(tests: readonly ClaimTest[]): (Json | undefined)[] {
  const texts = [...new Set(tests.flatMap(({ value }) => (typeof value === 'string' ? [value] : [])))];
  const few = texts.slice(0, MAX_VALUES);
  const other = `not ${texts.join(' nor ')}`;
  const subsets = Array.from({ length: 2 ** few.length }, (_, bits) =>
    few.filter((_text, at) => (bits >> at) & 1),
  );
  const candidates: (Json | undefined)[] = [
    undefined,
    ...tests.flatMap(({ value }) => (typeof value === 'string' ? [] : [value])),
    // As a text if that is enough: some claims may be nothing else.
    ...texts,
    other,
    ...subsets.flatMap((subset) => [subset, [...subset, other]]),
  ];
  const outcomes = (value: Json | undefined) =>
    tests.map((test) => passes(value === undefined ? {} : inObject(test.claim, value), test)).join();
  const apart = new Map<string, Json | undefined>();
  for (const value of candidates) if (!apart.has(outcomes(value))) apart.set(outcomes(value), value);
  return [...apart.values()];
}

function inObject(path: readonly string[], value: Json): JsonObject {
  const [name = '', ...rest] = path;
  return { [name]: rest.length === 0 ? value : inObject(rest, value) };
}

/** Times of the sign-in, one on this side of each limit that some rule sets, and one before them all. */
function timesOf(rules: readonly AccessRule[], profiles: readonly Issuer[], now: number): Dimension[] {
  const limits = rules.flatMap(({ conditions }) =>
    conditions.flatMap((condition) => (condition.kind === 'signedInWithin' ? [condition.seconds] : [])),
  );
  if (limits.length === 0) return [];
  const values = [undefined, ...new Set(limits.map((seconds) => now - seconds))];
  const paths = new Map(
    profiles.flatMap(({ authTime }) => (authTime ? [[JSON.stringify(authTime), authTime]] : [])),
  );
  return [...paths.values()].map((path): Dimension => [path, values]);
}

/** What makes a token good at the service: as either plan asks for it. */
function givenClaims(known: readonly Known[], service: string, issuer: string, now: number): Dimension[] {
  const audiences = apartIn(
    known.map(({ name, plan }) => plan.policy.services[service]?.audiences[name] ?? []),
  );
  const paths = new Set(known.map(({ profile }) => profile.profile.audienceClaim));
  const names = new Set(known.flatMap(({ profile }) => Object.keys(profile.profile.requiredClaims)));
  const required = [...names].map((name): Dimension => {
    const values = known.map(({ profile }) => profile.profile.requiredClaims[name]);
    return [[name], [...new Set(values)]];
  });
  const present = new Set(known.flatMap(({ profile }) => profile.profile.presentClaims ?? []));
  return [
    [['iss'], [issuer]],
    [['exp'], [now + LIFETIME]],
    ...lifetimesOf(known, now),
    ...[...paths].map((path): Dimension => [[path], audiences]),
    ...required,
    ...[...present].map((name): Dimension => [[name], ['anything', undefined]]),
  ];
}

/** When a token was issued, where a profile bounds its life: now, in the future, and just too long ago for each. */
function lifetimesOf(known: readonly Known[], now: number): Dimension[] {
  const longest = known.flatMap(({ profile }) => profile.profile.maxLifetimeSeconds ?? []);
  if (longest.length === 0) return [];
  const skew = Math.max(...known.map(({ profile }) => profile.profile.clockSkewSeconds));
  const tooEarly = [...new Set(longest)].map((seconds) => now + LIFETIME - seconds - 1);
  return [[['iat'], [now, ...tooEarly, now + skew + 1, undefined]]];
}

function headersOf(profiles: readonly Issuer[]): JsonObject[] {
  const algorithms = apartIn(profiles.map(({ profile }) => profile.algorithms));
  const types = [...new Set(profiles.map(({ profile }) => profile.tokenType))];
  return algorithms.flatMap((alg) => types.map((typ) => ({ alg, ...(typ !== undefined && { typ }) })));
}

/** One item for each set of lists that it can be in. */
function apartIn<Item>(lists: readonly (readonly Item[])[]): Item[] {
  const apart = new Map<string, Item>();
  for (const item of lists.flat()) {
    const name = lists.map((list) => list.includes(item)).join();
    if (!apart.has(name)) apart.set(name, item);
  }
  return [...apart.values()];
}

/** Whether no path leads into another: values could not be chosen one by one. */
function areApart(paths: readonly (readonly string[])[]): boolean {
  return paths.every((path, at) =>
    paths.every((other, index) => index === at || !path.every((name, depth) => other[depth] === name)),
  );
}

/** How many callers the facts tell apart. */
export function countOf({ claims, headers, schemes, addresses }: Facts): number {
  const lists = [headers, schemes, addresses].map(({ length }) => length || 1);
  const sizes = [...claims.map(([, values]) => values.length), ...lists];
  return sizes.reduce((product, size) => product * size, 1);
}

/** The caller with this number, below `countOf`. */
export function callerOf(facts: Facts, number: number): { credential: Credential; sourceAddress: string } {
  let left = number;
  const pick = <Item>(items: readonly Item[]): Item => {
    const item = items[left % items.length] as Item;
    left = Math.floor(left / items.length);
    return item;
  };
  const sourceAddress = pick(facts.addresses);
  if (facts.issuer === undefined) return { credential: { kind: 'none' }, sourceAddress };
  const header = pick(facts.headers);
  const scheme = pick(facts.schemes);
  const claims: Record<string, Json> = {};
  for (const [path, values] of facts.claims) {
    const value = pick(values);
    if (value !== undefined) putClaim(claims, path, value);
  }
  return {
    credential: {
      kind: 'jwt',
      ...(scheme === 'DPoP' && { scheme }),
      header,
      claims,
      bytes: 1000,
      signature: 'valid',
    },
    sourceAddress,
  };
}
