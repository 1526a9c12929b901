import { passes } from './claim.js';
import type { Facts } from './condition.js';
import type { ClaimTest, PolicyPrincipal } from './policy.js';

/**
 * Whether the request is one that an allow's principal speaks about. `anyone` and token principals
 * come through a gateway: a workload that calls by itself, with or without a stolen token, is
 * neither; it needs a rule that names it.
 */
export function isAdmitted(principal: PolicyPrincipal, facts: Facts): boolean {
  switch (principal.kind) {
    case 'anyone':
      return facts.throughGateway;
    case 'token':
      return facts.throughGateway && carries(principal, facts);
    case 'workload':
      return isPeer(principal.spiffeId, facts) && (!principal.forUser || carries(principal.forUser, facts));
  }
}

/**
 * Whether the request is one that a deny's principal speaks about. A deny goes by who is spoken
 * for, however the request came, so that no detour escapes it.
 */
export function isDenied(principal: PolicyPrincipal, facts: Facts): boolean {
  switch (principal.kind) {
    case 'anyone':
      return true;
    case 'token':
      return carries(principal, facts);
    case 'workload':
      return isPeer(principal.spiffeId, facts);
  }
}

/** Whether the same connection with a token could be what an allow's principal speaks about. */
export function wouldTakeToken(principal: PolicyPrincipal, facts: Facts): boolean {
  switch (principal.kind) {
    case 'anyone':
      return false;
    case 'token':
      return facts.throughGateway;
    case 'workload':
      return principal.forUser !== undefined && isPeer(principal.spiffeId, facts);
  }
}

function isPeer(spiffeId: string, { request }: Facts): boolean {
  return request.point.kind === 'sidecar' && request.peer === spiffeId;
}

function carries(wanted: { issuer: string; claims: readonly ClaimTest[] }, { token }: Facts): boolean {
  return token?.issuer === wanted.issuer && wanted.claims.every((test) => passes(token.claims, test));
}
