import type { Plan } from '../plan/plan.js';
import type { ClaimTest, PolicyCondition, PolicyPrincipal } from '../policy/policy.js';

/** What a plan says, in words. Nothing here decides anything. */

/** `groups has "staff"`. */
function describeTest({ claim, test, value }: ClaimTest): string {
  const name = claim.join('.');
  switch (test) {
    case 'contains':
      return `${name} has ${JSON.stringify(value)}`;
    case 'equals':
      return `${name} is ${JSON.stringify(value)}`;
    case 'presentAndNot':
      return `${name} is there and is not ${JSON.stringify(value)}`;
  }
}

export function describeCondition(condition: PolicyCondition): string {
  switch (condition.kind) {
    case 'multiFactor':
      return 'a sign-in with more than one factor';
    case 'signedInWithin':
      return `a sign-in at most ${describeSeconds(condition.seconds)} ago`;
    case 'compliantDevice':
      return 'a device that the issuer vouches for';
    case 'senderConstrained':
      return 'a token bound to the certificate that the client shows';
    case 'dpop':
      return 'a token bound to a key, with a DPoP proof of it';
    case 'sourceNetwork':
      return `a connection from ${either(condition.ranges)}`;
    case 'claim':
      return `a token in which ${describeTest(condition.test)}`;
  }
}

/** Who an allow or a deny speaks about: in an allow a token comes through a gateway, in a deny it may not. */
export function describePrincipal(
  principal: PolicyPrincipal,
  plan: Plan,
  effect: 'allow' | 'deny' = 'allow',
): string {
  const through = effect === 'allow' ? ' through the gateway' : '';
  switch (principal.kind) {
    case 'anyone':
      return effect === 'allow' ? 'anyone through the gateway' : 'every request';
    case 'token': {
      const pipeline = pipelineName(plan, principal.issuer, principal.claims);
      if (pipeline !== undefined) return `the pipeline ${pipeline}${through}`;
      return `a user of ${principal.issuer}${through}${whose(principal.claims)}`;
    }
    case 'workload': {
      const { forUser } = principal;
      const workload = `the workload ${workloadName(plan, principal.spiffeId)}`;
      return forUser
        ? `${workload} acting for a user of ${forUser.issuer}${whose(forUser.claims)}`
        : workload;
    }
  }
}

function workloadName(plan: Plan, spiffeId: string): string {
  const found = Object.values(plan.services).find(({ sidecar }) => sidecar.spiffeId === spiffeId);
  return found?.name ?? spiffeId;
}

/** The pipeline that a principal's claims are those of. */
function pipelineName(plan: Plan, issuer: string, claims: readonly ClaimTest[]): string | undefined {
  const pipelines = Object.entries(plan.issuers[issuer]?.pipelines ?? {});
  const isThat = (known: Readonly<Record<string, string>>) =>
    Object.keys(known).length === claims.length &&
    claims.every(({ claim, value }) => known[claim[0] ?? ''] === value);
  return pipelines.find(([, known]) => isThat(known))?.[0];
}

function whose(claims: readonly ClaimTest[]): string {
  return claims.length === 0 ? '' : ` whose ${claims.map(describeTest).join(' and ')}`;
}

/** `15 minutes`, `1 hour`, `90 seconds`: in the largest unit that gives a whole number. */
export function describeSeconds(seconds: number): string {
  for (const [unit, size] of [
    ['hour', 3600],
    ['minute', 60],
  ] as const) {
    if (seconds >= size && seconds % size === 0) return plural(seconds / size, unit);
  }
  return plural(seconds, 'second');
}

/** Seconds since the epoch as an instant: `2026-12-24T18:00:00Z`. */
export function instantText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

/** A day where the instant is its midnight, UTC, or else the whole instant: `2030-01-01`, `2026-12-24T17:59:00Z`. */
export function dateText(seconds: number): string {
  return instantText(seconds).replace('T00:00:00Z', '');
}

/** `1 rule`, `2 rules`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `a`, `a or b`, `a, b or c`. */
export function either(items: readonly string[]): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} or ${items.at(-1)}`;
}
