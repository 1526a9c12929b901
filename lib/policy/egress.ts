import { type Decision, decide } from './decide.js';
import type { PolicyIndex } from './index-rules.js';
import { type HeaderLine, hostOf } from './request.js';

/** One request on its way out, as the egress gateway sees it. */
export interface EgressRequest {
  /** The SPIFFE ID that the caller proved. */
  readonly peer?: string;
  readonly method: string;
  /** `:authority`, or the value of `Host`, byte for byte. */
  readonly authority: string;
  /** The request target, byte for byte, with the query. */
  readonly path: string;
  readonly headers: readonly HeaderLine[];
  /** Seconds since the epoch; fractions count for nothing. */
  readonly now: number;
}

/**
 * The reference for calls that leave: `decide` over the policy of the egress gateway, whose services are
 * the destinations. A token is not looked at: what a caller shows to a stranger is between the two, and
 * only its own certificate says who it is. Pure.
 */
export function decideEgress(index: PolicyIndex, request: EgressRequest): Decision {
  const destination = index.byAuthority.get(hostOf(request.authority));
  return decide(index, {
    ...request,
    point: { kind: 'sidecar', service: destination ?? '' },
    credential: { kind: 'none' },
    sourceAddress: '0.0.0.0',
  });
}
