import { ZeroTrustError } from '../diagnostic.js';
import { Address } from './address.js';
import { boundKey, claimAt, passes } from './claim.js';
import type { PolicyCondition } from './policy.js';
import type { Point, Request } from './request.js';
import type { ValidToken } from './token.js';

/** The facts of one request that conditions and principals look at. */
export interface Facts {
  readonly request: Request;
  /** Whole seconds since the epoch. */
  readonly now: number;
  /** The request came to a gateway, or from one. */
  readonly throughGateway: boolean;
  readonly token?: ValidToken;
}

/** Whether the condition holds. What cannot be established does not hold. */
export function holds(condition: PolicyCondition, facts: Facts): boolean {
  const { token, request } = facts;
  switch (condition.kind) {
    case 'multiFactor':
      return token?.profile.multiFactor !== undefined && passes(token.claims, token.profile.multiFactor);
    case 'compliantDevice':
      return token?.profile.device !== undefined && passes(token.claims, token.profile.device);
    case 'claim':
      return token !== undefined && passes(token.claims, condition.test);
    case 'signedInWithin': {
      if (!token?.profile.authTime) return false;
      const time = claimAt(token.claims, token.profile.authTime);
      if (typeof time !== 'number') return false;
      const age = facts.now - time;
      return age <= condition.seconds && age >= -token.profile.profile.clockSkewSeconds;
    }
    case 'senderConstrained': {
      const bound = token && claimAt(token.claims, ['cnf', 'x5t#S256']);
      if (typeof bound !== 'string' || bound === '') return false;
      // Only the point where the client's connection ends sees its certificate; behind it the token
      // must still be bound, and that point has compared it (`proofCheckedAt` in the plan).
      if (!seesClient(request.point)) return facts.throughGateway;
      return request.certificateThumbprint === bound;
    }
    case 'dpop':
      // A token that is bound and came without its proof was found bad before.
      return token !== undefined && boundKey(token.claims) !== undefined;
    case 'sourceNetwork':
      // A client's own address is seen, and judged, where its connection ends.
      if (!seesClient(request.point) && facts.throughGateway) return true;
      return isWithin(request.sourceAddress, condition.ranges);
  }
}

/** The connection of a client that is no workload ends at the first point only. */
export function seesClient(point: Point): boolean {
  return point.kind === 'gateway' && point.behindEdge !== true;
}

/** The first bits of an address. */
type Network = readonly [address: Address, bits: number];

const networks = new WeakMap<readonly string[], readonly Network[]>();

/** The ranges of a condition, read once. Throws `ZeroTrustError` with `invalid-range` if one is not CIDR. */
export function networksOf(ranges: readonly string[]): readonly Network[] {
  const known = networks.get(ranges);
  if (known) return known;
  const read = ranges.map(networkOf);
  networks.set(ranges, read);
  return read;
}

function networkOf(range: string): Network {
  const [, text = '', length = ''] = /^([^/]+)\/([0-9]{1,3})$/.exec(range) ?? [];
  const [address, bits] = [Address.of(text), Number(length)];
  if (!address || bits > 16 * address.groups.length) {
    throw new ZeroTrustError('invalid-range', `${range} is no CIDR range`);
  }
  return [address, bits];
}

/** Whether an address lies in one of the CIDR ranges; never across families, an IPv4-mapped one being IPv4. */
export function isWithin(text: string, ranges: readonly string[]): boolean {
  const address = Address.of(text)?.unmapped;
  return (
    address !== undefined && networksOf(ranges).some(([network, bits]) => address.isWithin(network, bits))
  );
}
