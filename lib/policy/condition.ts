import ipaddr from 'ipaddr.js';
import { ZeroTrustError } from '../diagnostic.js';
import { claimAt, passes } from './claim.js';
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
    case 'sourceNetwork':
      // A client's own address is seen, and judged, where its connection ends.
      if (!seesClient(request.point) && facts.throughGateway) return true;
      return isWithin(request.sourceAddress, condition.ranges);
  }
}

/** The connection of a client that is no workload ends at the first point only. */
function seesClient(point: Point): boolean {
  return point.kind === 'gateway' && point.behindEdge !== true;
}

type Network = ReturnType<typeof ipaddr.parseCIDR>;

const networks = new WeakMap<readonly string[], readonly Network[]>();

/** The ranges of a condition, read once. Throws `ZeroTrustError` with `invalid-range` if one is not CIDR. */
export function networksOf(ranges: readonly string[]): readonly Network[] {
  const known = networks.get(ranges);
  if (known) return known;
  const wrong = ranges.find((range) => !ipaddr.isValidCIDR(range));
  if (wrong !== undefined) throw new ZeroTrustError('invalid-range', `${wrong} is no CIDR range`);
  const read = ranges.map((range) => ipaddr.parseCIDR(range));
  networks.set(ranges, read);
  return read;
}

/** Whether an address lies in one of the CIDR ranges; never across families, an IPv4-mapped one being IPv4. */
export function isWithin(address: string, ranges: readonly string[]): boolean {
  const parsed = addressOf(address);
  if (!parsed) return false;
  return networksOf(ranges).some(
    ([network, bits]) => parsed.kind() === network.kind() && parsed.match(network, bits),
  );
}

/** An address as a socket writes it: the library reads more forms, and `::10.0.0.1` as IPv4, which it is not. */
function addressOf(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const isPlain = ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text);
  return isPlain && !/^::[0-9]+[.]/.test(text) ? ipaddr.process(text) : undefined;
}
