import type { Issuer, Policy } from '../../policy.js';
import { ANYBODY, anyOf, type Principal, peerIs } from './matcher.js';

/** The point that a policy is compiled for. */
export interface CompilePoint {
  readonly kind: 'gateway' | 'sidecar';
  readonly policy: Policy;
}

/** The request came through a gateway: at the gateway all did, at a sidecar its peer proves it. */
export function throughGateway({ kind, policy }: CompilePoint): Principal {
  return kind === 'gateway' ? ANYBODY : anyOf(policy.gateways.map(peerIs));
}

export function issuerOf({ policy }: CompilePoint, name: string): Issuer {
  const issuer = policy.issuers[name];
  if (!issuer) throw new RangeError(`the policy has no issuer "${name}"`);
  return issuer;
}
