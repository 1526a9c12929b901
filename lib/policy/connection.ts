import { type Decision, decide } from './decide.js';
import type { PolicyIndex } from './index-rules.js';
import { CONNECTION } from './operation.js';
import type { Request } from './request.js';

/** A connection to a TCP service, as the service's sidecar sees it. */
export interface ConnectionRequest {
  /** The name of the service. */
  readonly service: string;
  /** The SPIFFE ID that the caller proved. */
  readonly peer?: string;
  /** The address at the other end. */
  readonly sourceAddress: string;
  /** Seconds since the epoch; fractions count for nothing. */
  readonly now: number;
}

/**
 * The reference for connections: `decide` at the sidecar of a TCP service. The outcome is `allow` or `forbidden`.
 * Pure. Throws `RangeError` if the policy has no such service.
 */
export function decideConnection(index: PolicyIndex, connection: ConnectionRequest): Decision {
  return decide(index, requestOf(index, connection));
}

function requestOf(index: PolicyIndex, { service, peer, sourceAddress, now }: ConnectionRequest): Request {
  const authority = index.services.get(service)?.policy.authority;
  if (authority === undefined) throw new RangeError(`the policy has no service "${service}"`);
  return {
    point: { kind: 'sidecar', service },
    ...(peer !== undefined && { peer }),
    method: CONNECTION,
    authority,
    path: '/',
    headers: [],
    credential: { kind: 'none' },
    sourceAddress,
    now,
  };
}
