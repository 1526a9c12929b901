import type { Issuer, Policy } from '../../policy.js';
import { ANYBODY, anyOf, type Principal, peerIs } from './matcher.js';

/** The point that a policy is compiled for. */
export interface CompilePoint {
  readonly kind: 'gateway' | 'sidecar';
  /** A gateway that clients reach through an edge, which has judged what hangs on their own connection. */
  readonly behindEdge?: boolean;
  /** A decision service judges what clients come with, for every service. */
  readonly asksDecisions?: boolean;
  readonly policy: Policy;
}

/** The request came through a gateway: at the gateway all did, at a sidecar its peer proves it. */
export function throughGateway({ kind, policy }: CompilePoint): Principal {
  return kind === 'gateway' ? ANYBODY : anyOf(policy.gateways.map(peerIs));
}

/** A token that is bound to a key is taken with the scheme `DPoP` where somebody has judged its proof, or will. */
export function takesProofs(point: CompilePoint): boolean {
  return point.policy.dpop === true && (!seesClient(point) || point.asksDecisions === true);
}

/** The client's own connection ends here, so what hangs on it is judged here. */
export function seesClient({ kind, behindEdge }: CompilePoint): boolean {
  return kind === 'gateway' && behindEdge !== true;
}

export function issuerOf({ policy }: CompilePoint, name: string): Issuer {
  const issuer = policy.issuers[name];
  if (!issuer) throw new RangeError(`the policy has no issuer "${name}"`);
  return issuer;
}
