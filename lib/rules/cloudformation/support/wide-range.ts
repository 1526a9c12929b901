import { parseCIDR } from 'ipaddr.js';

/** No private network is wider: 10.0.0.0/8 and fc00::/7. */
const WIDEST = { ipv4: 8, ipv6: 16 } as const;

/** Whether a range holds more than any private network: halves of everything too. */
export function isWide(cidr: string): boolean {
  try {
    const [address, length] = parseCIDR(cidr.trim());
    const unique = address.kind() === 'ipv6' && address.range() === 'uniqueLocal' && length >= 7;
    return !unique && length < WIDEST[address.kind()];
  } catch {
    return /\/0+\s*$/.test(cidr);
  }
}
