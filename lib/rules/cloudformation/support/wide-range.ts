import { isValidCIDR, parseCIDR } from 'ipaddr.js';

/** No private network is wider: 10.0.0.0/8 and fc00::/7. */
const WIDEST = { ipv4: 8, ipv6: 16 } as const;
const BITS = { ipv4: 32, ipv6: 128 } as const;

/** Whether a text is a range that can be read. */
export function isRange(cidr: string): boolean {
  return isValidCIDR(cidr.trim());
}

/** Whether a range holds more than any private network: halves of everything too. */
export function isWide(cidr: string): boolean {
  try {
    const [address, length] = parseCIDR(cidr.trim());
    const unique = address.kind() === 'ipv6' && address.range() === 'uniqueLocal' && length >= 7;
    const range = rangeOf(cidr);
    if (range.kind === 'ipv6' && contains(range, NAT64)) return true;
    const most = 1n << BigInt(BITS[range.kind] - WIDEST[range.kind]);
    return !unique && range.last - range.first + 1n > most;
  } catch {
    return /\/0+\s*$/.test(cidr);
  }
}

interface Range {
  readonly kind: keyof typeof BITS;
  /** Of the first and the last address. */
  readonly first: bigint;
  readonly last: bigint;
}

/** RFC 6052, 64:ff9b::/96: IPv6 addresses that a NAT gateway turns into those of IPv4. */
const NAT64: Range = { kind: 'ipv6', first: 0x64ff9bn << 96n, last: (0x64ff9bn << 96n) + 0xffffffffn };

/** RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291 section 2.5.6: together they lead nowhere outside. */
const INSIDE = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
].map(rangeOf);

/** Whether ranges that are none of them wide hold together more public addresses than the widest private network has. */
export function areWideTogether(cidrs: readonly string[]): boolean {
  const outside = cidrs.map(rangeOf).filter((range) => !INSIDE.some((inside) => contains(inside, range)));
  return (['ipv4', 'ipv6'] as const).some(
    (kind) =>
      sizeOf(outside.filter((range) => range.kind === kind)) > 1n << BigInt(BITS[kind] - WIDEST[kind]),
  );
}

/** Throws for a text that is no range. What is IPv4 behind a NAT64 is a range of IPv4. */
function rangeOf(cidr: string): Range {
  const [address, length] = parseCIDR(cidr.trim());
  const kind = address.kind();
  const size = 1n << BigInt(BITS[kind] - length);
  const value = address.toByteArray().reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const first = value - (value % size);
  const range: Range = { kind, first, last: first + size - 1n };
  if (!contains(NAT64, range)) return range;
  return { kind: 'ipv4', first: range.first - NAT64.first, last: range.last - NAT64.first };
}

function contains(outer: Range, inner: Range): boolean {
  return outer.kind === inner.kind && outer.first <= inner.first && inner.last <= outer.last;
}

/** Addresses of all of them, each counted once. */
function sizeOf(ranges: readonly Range[]): bigint {
  let [size, next] = [0n, 0n];
  for (const { first, last } of ranges.toSorted((a, b) => (a.first < b.first ? -1 : 1))) {
    const from = first > next ? first : next;
    if (last < from) continue;
    size += last - from + 1n;
    next = last + 1n;
  }
  return size;
}
