import type { PolicyCondition } from '../../policy.js';
import type { JsonObject } from '../../request.js';
import * as cel from './cel.js';
import { all, anyOf, claimIs, claimPasses, isNumber, metadata, NOBODY, type Principal } from './matcher.js';
import { type CompilePoint, issuerOf, seesClient, throughGateway } from './point.js';

/** Where the Lua filter leaves whether the client's certificate is the one that the token is bound to. */
export const BOUND_NAMESPACE = 'ztp';
export const BOUND_KEY = 'bound';

/** The confirmation of a certificate-bound token (RFC 8705 section 3.1). */
const CERTIFICATE_CLAIM = ['cnf', 'x5t#S256'] as const;
/** The confirmation of a token that is bound to the key of a proof (RFC 9449 section 6.1). */
const KEY_CLAIM = ['cnf', 'jkt'] as const;

type TimedCondition = Extract<PolicyCondition, { kind: 'signedInWithin' }>;

/** The conditions that Envoy matches without an expression, for a token of one of these issuers. */
export function matchers(
  point: CompilePoint,
  conditions: readonly PolicyCondition[],
  issuers: readonly string[],
): Principal[] {
  return conditions
    .filter((condition) => condition.kind !== 'signedInWithin')
    .map((condition) => matcher(point, condition, issuers));
}

/** The shortest time since the sign-in that the conditions ask for, if any asks. */
export function shortestAge(conditions: readonly PolicyCondition[]): number | undefined {
  const ages = conditions
    .filter((condition): condition is TimedCondition => condition.kind === 'signedInWithin')
    .map((condition) => condition.seconds);
  return ages.length === 0 ? undefined : Math.min(...ages);
}

/** Signed in within the time, for a token of one of these issuers; for an ALLOW, where failing is refusing. */
export function signedInWithin(
  point: CompilePoint,
  seconds: number,
  issuers: readonly string[],
): JsonObject | undefined {
  const timed = withAuthTime(point, issuers);
  if (timed.length === 0) return undefined;
  return cel.or(...timed.map(({ name, path, skew }) => cel.youngerThan(name, path, seconds, skew)));
}

/**
 * Not signed in within the time, for a DENY: one part where no issuer's token carries a time, and one
 * per issuer whose token does, so that no expression ever looks at a claim that is not a number.
 */
export function notSignedInWithin(
  point: CompilePoint,
  seconds: number,
  issuers: readonly string[],
): { suffix: string; when: Principal; condition?: JsonObject }[] {
  const timed = withAuthTime(point, issuers);
  const known = anyOf(timed.map(({ name, path }) => isNumber(name, path)));
  return [
    { suffix: '#no-sign-in-time', when: { not_id: known } },
    ...timed.map(({ name, path, skew }) => ({
      suffix: `#signed-in-${name}`,
      when: isNumber(name, path),
      condition: cel.notYoungerThan(name, path, seconds, skew),
    })),
  ];
}

function withAuthTime(point: CompilePoint, issuers: readonly string[]) {
  return issuers.flatMap((name) => {
    const { authTime, profile } = issuerOf(point, name);
    return authTime ? [{ name, path: authTime, skew: profile.clockSkewSeconds }] : [];
  });
}

function matcher(point: CompilePoint, condition: PolicyCondition, issuers: readonly string[]): Principal {
  switch (condition.kind) {
    case 'multiFactor':
      return evidence(point, issuers, 'multiFactor');
    case 'compliantDevice':
      return evidence(point, issuers, 'device');
    case 'claim':
      return anyOf(issuers.map((issuer) => claimPasses(issuer, condition.test)));
    case 'senderConstrained':
      return seesClient(point)
        ? metadata(BOUND_NAMESPACE, [BOUND_KEY], { bool_match: true })
        : all([throughGateway(point), anyOf(issuers.map((issuer) => isText(issuer, CERTIFICATE_CLAIM)))]);
    case 'dpop':
      return boundToKey(issuers);
    case 'sourceNetwork': {
      const inRange = anyOf(condition.ranges.map(range));
      return seesClient(point) ? inRange : anyOf([throughGateway(point), inRange]);
    }
    case 'signedInWithin':
      return NOBODY;
  }
}

function evidence(
  point: CompilePoint,
  issuers: readonly string[],
  kind: 'multiFactor' | 'device',
): Principal {
  return anyOf(
    issuers.flatMap((name) => {
      const test = issuerOf(point, name)[kind];
      return test ? [claimPasses(name, test)] : [];
    }),
  );
}

/** The token is bound to a key; the token's own policies have seen to the proof. */
export function boundToKey(issuers: readonly string[]): Principal {
  return anyOf(issuers.map((issuer) => isText(issuer, KEY_CLAIM)));
}

function isText(issuer: string, path: readonly string[]): Principal {
  return claimIs(issuer, path, { string_match: { safe_regex: { regex: '(?s).+' } } });
}

function range(cidr: string): Principal {
  const [address, bits] = cidr.split('/');
  return { remote_ip: { address_prefix: address!, prefix_len: Number(bits) } };
}
