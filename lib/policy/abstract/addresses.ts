import ipaddr from 'ipaddr.js';
import { isWithin } from '../condition.js';

/** An address that is in no network (RFC 5737). */
export const NOWHERE = '192.0.2.1';

/** Addresses, one for each set of networks that one can be in: they differ at the ends of networks alone. */
export function addressesOf(ranges: readonly string[]): string[] {
  const ends = ranges.flatMap((range) => {
    const [network, bits] = ipaddr.parseCIDR(range);
    const bytes = network.toByteArray();
    const first = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
    const size = 2n ** BigInt(bytes.length * 8 - bits);
    const all = 2n ** BigInt(bytes.length * 8);
    return [first, first + size - 1n, first - 1n, first + size]
      .filter((value) => value >= 0n && value < all)
      .map((value) => addressOf(value, bytes.length));
  });
  const apart = new Map<string, string>();
  for (const address of [NOWHERE, ...ends]) {
    const name = ranges.map((range) => isWithin(address, [range])).join();
    if (!apart.has(name)) apart.set(name, address);
  }
  return [...apart.values()];
}

function addressOf(value: bigint, length: number): string {
  const bytes = Array.from({ length }, (_, at) => Number((value >> BigInt(8 * (length - 1 - at))) & 255n));
  return ipaddr.fromByteArray(bytes).toString();
}
