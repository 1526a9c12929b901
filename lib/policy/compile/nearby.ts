import { claimAt, putClaim } from '../claim.js';
import { networksOf } from '../condition.js';
import { operationOf } from '../operation.js';
import type { AccessRule, ClaimTest, Issuer, Policy, PolicyCondition, PolicyPrincipal } from '../policy.js';
import type { Json, JsonObject, Point, Request } from '../request.js';
import { profileClaims } from '../token.js';

/** Allows of the same service that a request is made for besides the rule itself. */
const OTHERS = 8;
const THUMBPRINT = 'A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0';
/** TEST-NET-3 (RFC 5737): in no range that a rule names but for those that hold everything. */
const ELSEWHERE = '203.0.113.7';

/**
 * Requests on which a small change of the rule would show: on the rule's own paths and beside them, by
 * each principal that the rule or an allow in its way speaks of, and with all conditions met, each one
 * left out, and none. In a fixed order, the plain ones first. `withTokens`: by callers who bring a token that nobody asks for, too.
 */
export function* requestsNear(
  policy: Policy,
  service: string,
  rule: AccessRule,
  points: readonly Point['kind'][],
  now: number,
  withTokens = false,
): Generator<Request> {
  const own = policy.services[service]!;
  const allows = own.rules.filter(({ effect, id }) => effect === 'allow' && id !== rule.id).slice(0, OTHERS);
  const targets = targetsNear(rule, allows);
  for (const speaker of [rule, ...allows]) {
    const conditions = [...rule.conditions, ...(speaker === rule ? [] : speaker.conditions)];
    const met = [conditions, ...conditions.map((_, out) => conditions.toSpliced(out, 1)), []];
    for (const principal of [...speaker.principals, ...(speaker === rule ? [] : rule.principals)]) {
      for (const place of placesOf(policy, service, principal, points)) {
        for (const holding of met) {
          for (const issuer of issuersFor(policy, principal, conditions, withTokens)) {
            const caller = { ...place, ...callerOf(policy, service, principal, issuer, holding, now) };
            for (const target of targets) {
              yield { ...caller, ...target, authority: own.authority, headers: [], now };
            }
          }
        }
      }
    }
  }
}

type Target = Pick<Request, 'method' | 'path'>;

function targetsNear(rule: AccessRule, allows: readonly AccessRule[]): Target[] {
  const near = [rule, ...allows].flatMap(({ operations }) =>
    operations.flatMap((operation): Target[] => {
      const { method, segments, rest } = operationOf(operation);
      const path = `/${segments.map((segment) => segment ?? 'x').join('/')}`;
      const below = path === '/' ? '' : path;
      const above = below.slice(0, below.lastIndexOf('/')) || '/';
      return [path, `${below}/x`, `${below}/x/y`, above, ...(rest ? [`${below}/x/y/z`] : [])].map((each) => ({
        method,
        path: each,
      }));
    }),
  );
  return [...new Map(near.map((target) => [`${target.method} ${target.path}`, target])).values()];
}

function placesOf(
  policy: Policy,
  service: string,
  principal: PolicyPrincipal,
  points: readonly Point['kind'][],
): Pick<Request, 'point' | 'peer'>[] {
  const sidecar = { kind: 'sidecar', service } as const;
  const peer = principal.kind === 'workload' ? principal.spiffeId : policy.gateways[0];
  const isPublic = policy.services[service]!.public;
  return [
    ...(points.includes('gateway') && isPublic ? [{ point: { kind: 'gateway' } as const }] : []),
    ...(points.includes('sidecar') ? [{ point: sidecar, ...(peer !== undefined && { peer }) }] : []),
  ];
}

/** Whose token the caller carries; undefined for none. */
function issuersFor(
  { issuers }: Policy,
  principal: PolicyPrincipal,
  conditions: readonly PolicyCondition[],
  withTokens: boolean,
): (string | undefined)[] {
  if (principal.kind === 'token') return [principal.issuer];
  if (principal.kind === 'workload' && principal.forUser) return [principal.forUser.issuer];
  const wantsToken = withTokens || conditions.some(({ kind }) => kind !== 'sourceNetwork');
  return [undefined, ...(wantsToken ? Object.keys(issuers) : [])];
}

function callerOf(
  policy: Policy,
  service: string,
  principal: PolicyPrincipal,
  issuer: string | undefined,
  conditions: readonly PolicyCondition[],
  now: number,
): Pick<Request, 'credential' | 'sourceAddress' | 'certificateThumbprint'> {
  const ranges = conditions.flatMap((condition) =>
    condition.kind === 'sourceNetwork' ? networksOf(condition.ranges) : [],
  );
  const sourceAddress = ranges[0]?.[0].toString() ?? ELSEWHERE;
  if (issuer === undefined) return { credential: { kind: 'none' }, sourceAddress };
  const wanted =
    principal.kind === 'token' ? principal : principal.kind === 'workload' ? principal.forUser : undefined;
  const profile = policy.issuers[issuer]!;
  const tests = [
    ...(wanted?.claims ?? []),
    ...conditions.flatMap((condition) => testsOf(condition, profile)),
  ];
  const { algorithms, tokenType, audienceClaim, maxLifetimeSeconds } = profile.profile;
  const plain: JsonObject = {
    iss: profile.issuer,
    sub: 'somebody',
    [audienceClaim]: policy.services[service]!.audiences[issuer]?.[0] ?? '',
    exp: now + 300,
    ...(maxLifetimeSeconds !== undefined && { iat: now }),
    ...profileClaims(profile.profile),
  };
  const timed = conditions.some(({ kind }) => kind === 'signedInWithin') && profile.authTime;
  const strong = timed ? put(plain, timed, now) : plain;
  const isBound = conditions.some(({ kind }) => kind === 'senderConstrained');
  const isProved = conditions.some(({ kind }) => kind === 'dpop');
  const bound = isBound ? put(strong, ['cnf', 'x5t#S256'], THUMBPRINT) : strong;
  const proved = isProved ? put(bound, ['cnf', 'jkt'], THUMBPRINT) : bound;
  return {
    sourceAddress,
    ...(isBound && { certificateThumbprint: THUMBPRINT }),
    ...(isProved && { provenKey: THUMBPRINT }),
    credential: {
      kind: 'jwt',
      ...(isProved && { scheme: 'DPoP' }),
      header: { alg: algorithms[0]!, ...(tokenType !== undefined && { typ: tokenType }) },
      claims: tests.reduce(passing, proved),
      bytes: 1_000,
      signature: 'valid',
    },
  };
}

function testsOf(condition: PolicyCondition, { multiFactor, device }: Issuer): ClaimTest[] {
  const test =
    condition.kind === 'claim'
      ? condition.test
      : condition.kind === 'multiFactor'
        ? multiFactor
        : condition.kind === 'compliantDevice'
          ? device
          : undefined;
  return test ? [test] : [];
}

/** The claims with one that passes the test. */
function passing(claims: JsonObject, { claim, test, value }: ClaimTest): JsonObject {
  if (test === 'equals') return put(claims, claim, value);
  const before = claimAt(claims, claim);
  const list: readonly Json[] = Array.isArray(before) ? (before as readonly Json[]) : [];
  return put(claims, claim, [...list, test === 'contains' ? value : `not ${value}`]);
}

function put(claims: JsonObject, path: readonly string[], value: Json): JsonObject {
  const copy: Record<string, Json> = { ...claims };
  putClaim(copy, path, value);
  return copy;
}
