import type { Plan } from '../lib/plan/index.js';
import {
  type AccessRule,
  type ClaimTest,
  operationOf,
  type PolicyPrincipal,
  type Request,
  type ServicePolicy,
} from '../lib/policy/index.js';
import type { Json, JsonObject } from '../lib/policy/request.js';
import { DEPARTMENTS, Dice, GROUPS, RECENT_SECONDS, SCOPES } from './workload.js';

/** The instant of every request, in seconds since the epoch. */
export const NOW = 1_800_000_000;

/** Seconds for which a token is valid. */
const LIFETIME = 3600;

/** Bytes that every token is said to have; no benchmark of a decision verifies a signature. */
const TOKEN_BYTES = 700;

interface Caller {
  readonly issuer?: string;
  readonly claims: JsonObject;
  readonly peer?: string;
}

/**
 * Requests that each go to a random rule: a path that one of its templates covers, in seven of ten
 * from a caller that its principal speaks about, otherwise from anybody. All are canonical, all
 * tokens are good: what is compared is the decision.
 */
export function requestsFor(plan: Plan, count: number, seed = 2, now = NOW): Request[] {
  const dice = new Dice(seed);
  const targets = Object.values(plan.policy.services).flatMap((service) =>
    service.rules.map((rule) => ({ service, rule })),
  );
  return Array.from({ length: count }, () => {
    const { service, rule } = dice.pick(targets);
    return request(plan, dice, service, rule, now);
  });
}

function request(plan: Plan, dice: Dice, service: ServicePolicy, rule: AccessRule, now: number): Request {
  const operation = operationOf(dice.pick(rule.operations));
  const caller = dice.chance(0.7)
    ? wantedCaller(plan, dice, dice.pick(rule.principals), now)
    : person(plan, dice, dice.pick(Object.keys(plan.issuers)), now);
  const atSidecar = caller.peer !== undefined || dice.chance(0.2);
  const name = Object.keys(plan.policy.services).find((each) => plan.policy.services[each] === service)!;
  const audience = caller.issuer === undefined ? undefined : service.audiences[caller.issuer]?.[0];
  return {
    point: atSidecar ? { kind: 'sidecar', service: name } : { kind: 'gateway' },
    ...(atSidecar && { peer: caller.peer ?? plan.gateway.spiffeId }),
    method: operation.method,
    authority: service.authority,
    path: path(dice, operation.segments, operation.rest),
    headers: [],
    credential:
      audience === undefined
        ? { kind: 'none' }
        : {
            kind: 'jwt',
            header: { alg: plan.policy.issuers[caller.issuer!]!.profile.algorithms.at(-1)! },
            claims: { ...caller.claims, aud: audience },
            bytes: TOKEN_BYTES,
            signature: 'valid',
          },
    sourceAddress: dice.pick(['127.0.0.1', '10.1.2.3', '192.0.2.7', '203.0.113.9']),
    now,
  };
}

function path(dice: Dice, segments: readonly (string | undefined)[], rest: boolean): string {
  const filled = segments.map((segment) => segment ?? `id-${dice.below(100_000)}`);
  if (rest) filled.push(...['more', 'below'].slice(dice.below(3)));
  return `/${filled.join('/')}`;
}

/** A caller that the principal speaks about, as far as a token or a certificate can make one. */
function wantedCaller(plan: Plan, dice: Dice, principal: PolicyPrincipal, now: number): Caller {
  switch (principal.kind) {
    case 'anyone':
      return { claims: {} };
    case 'token':
      return withClaims(person(plan, dice, principal.issuer, now), principal.claims);
    case 'workload': {
      const peer = principal.spiffeId;
      if (!principal.forUser) return { claims: {}, peer };
      const { issuer, claims } = principal.forUser;
      return { ...withClaims(person(plan, dice, issuer, now), claims), peer };
    }
  }
}

/** Somebody with a token of the issuer: some groups and scopes, half with two factors, half just signed in. */
function person(plan: Plan, dice: Dice, issuer: string, now: number): Caller {
  const some = (items: readonly string[]) =>
    Array.from({ length: 2 + dice.below(3) }, () => dice.pick(items));
  return {
    issuer,
    claims: {
      iss: plan.policy.issuers[issuer]!.issuer,
      sub: `subject-${dice.below(1000)}`,
      jti: `token-${dice.below(1_000_000_000)}`,
      iat: now - 5,
      exp: now + LIFETIME,
      auth_time: now - (dice.chance(0.5) ? 60 : 10 * RECENT_SECONDS),
      amr: dice.chance(0.5) ? ['pwd', 'mfa'] : ['pwd'],
      groups: some(GROUPS),
      scope: some(SCOPES).join(' '),
      department: dice.pick(DEPARTMENTS),
    },
  };
}

function withClaims(caller: Caller, tests: readonly ClaimTest[]): Caller {
  const claims: Record<string, Json> = { ...caller.claims };
  for (const { claim, value } of tests) {
    const name = claim[0]!;
    const old = claims[name];
    if (Array.isArray(old)) claims[name] = [...(old as readonly Json[]), value];
    else if (name === 'scope' && typeof old === 'string') claims[name] = `${old} ${value}`;
    else claims[name] = value;
  }
  return { ...caller, claims };
}
