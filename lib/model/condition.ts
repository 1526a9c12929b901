import type { ClaimPath, ClaimValue } from './principal.js';

/** The closed set of conditions. A condition that cannot be established does not hold. */
export type Condition =
  | MultiFactorCondition
  | SignedInWithinCondition
  | CompliantDeviceCondition
  | SenderConstrainedCondition
  | SourceNetworkCondition
  | ClaimCondition;

export interface MultiFactorCondition {
  readonly kind: 'multiFactor';
}
export interface SignedInWithinCondition {
  readonly kind: 'signedInWithin';
  /** Seconds since the person proved who they are. */
  readonly seconds: number;
}
export interface CompliantDeviceCondition {
  readonly kind: 'compliantDevice';
}
export interface SenderConstrainedCondition {
  readonly kind: 'senderConstrained';
  readonly by: 'certificate' | 'dpop';
}
export interface SourceNetworkCondition {
  readonly kind: 'sourceNetwork';
  /** CIDR ranges, one of which must hold the address of whoever opened the first connection. */
  readonly ranges: readonly string[];
}
export interface ClaimCondition {
  readonly kind: 'claim';
  readonly claim: ClaimPath;
  readonly test: 'equals' | 'presentAndNot';
  readonly value: ClaimValue;
}

/** The person signed in with more than one factor, as the provider's preset says it shows. */
export function mfa(): MultiFactorCondition {
  return { kind: 'multiFactor' };
}

export interface Duration {
  readonly hours?: number;
  readonly minutes?: number;
  readonly seconds?: number;
}

/** The person signed in at most this long ago (`auth_time`, OpenID Connect Core section 2). */
export function signedInWithin(duration: Duration): SignedInWithinCondition {
  // From JavaScript it can be anything: what is no duration is told as it was written, not as 0 seconds.
  if (!isDuration(duration)) return { kind: 'signedInWithin', seconds: duration as number };
  const { hours = 0, minutes = 0, seconds = 0 } = duration;
  return { kind: 'signedInWithin', seconds: hours * 3600 + minutes * 60 + seconds };
}

function isDuration(duration: unknown): duration is Duration {
  if (typeof duration !== 'object' || duration === null) return false;
  const units = Object.keys(duration);
  return units.length > 0 && units.every((unit) => ['hours', 'minutes', 'seconds'].includes(unit));
}

/** The provider vouches that the device complies. */
export function compliantDevice(): CompliantDeviceCondition {
  return { kind: 'compliantDevice' };
}

/** The token is bound to its sender: by client certificate (RFC 8705) or by DPoP (RFC 9449). */
export function senderConstrained(by: 'certificate' | 'dpop' = 'certificate'): SenderConstrainedCondition {
  return { kind: 'senderConstrained', by };
}

/** The request comes from one of these CIDR ranges. */
export function sourceNetwork(...ranges: readonly string[]): SourceNetworkCondition {
  return { kind: 'sourceNetwork', ranges };
}

/** A claim of the token: `claim('department').equals('finance')`. */
export function claim(path: ClaimPath): {
  equals(value: ClaimValue): ClaimCondition;
  /** Holds only when the claim is there: a missing claim is not "different". */
  presentAndNot(value: string): ClaimCondition;
} {
  return {
    equals: (value) => ({ kind: 'claim', claim: path, test: 'equals', value }),
    presentAndNot: (value) => ({ kind: 'claim', claim: path, test: 'presentAndNot', value }),
  };
}
