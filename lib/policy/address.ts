const OCTET = /^(?:0|[1-9][0-9]{0,2})$/;
const GROUP = /^[0-9a-f]{1,4}$/i;
/** The zone of an IPv6 address says which of this machine's links it is on, and nothing about its network. */
const ZONE = /%[0-9a-z]+$/i;

/**
 * An IP address as sockets write it, in groups of 16 bits: two for IPv4, eight for IPv6. Not a library's, as
 * those read further spellings (octal, fewer parts), and this one is loaded on every cold start.
 */
export class Address {
  private constructor(
    readonly text: string,
    readonly groups: readonly number[],
  ) {}

  /** Undefined if the text is no address, or one of the form `::10.0.0.1`, which nobody agrees on. */
  static of(text: string): Address | undefined {
    const groups = text.includes(':') ? ipv6Groups(text) : ipv4Groups(text);
    return groups && new Address(text, groups);
  }

  /** The IPv4 address that an IPv4-mapped one stands for; otherwise itself. */
  get unmapped(): Address {
    const isMapped = this.groups.length === 8 && this.groups.slice(0, 6).join() === '0,0,0,0,0,65535';
    return isMapped ? new Address(this.text, this.groups.slice(6)) : this;
  }

  /** Whether the first bits are the same; never across families. */
  isWithin({ groups }: Address, bits: number): boolean {
    if (groups.length !== this.groups.length) return false;
    return groups.every((group, at) => {
      const beyond = 16 - Math.min(16, Math.max(0, bits - 16 * at));
      return group >> beyond === this.groups[at]! >> beyond;
    });
  }

  /** As it was written. */
  toString(): string {
    return this.text;
  }
}

function ipv4Groups(text: string): number[] | undefined {
  const parts = text.split('.', 5);
  if (parts.length !== 4 || !parts.every((part) => OCTET.test(part) && Number(part) <= 255)) return undefined;
  const [a, b, c, d] = parts.map(Number) as [number, number, number, number];
  return [a * 256 + b, c * 256 + d];
}

function ipv6Groups(text: string): number[] | undefined {
  const sides = text.replace(ZONE, '').split('::', 3);
  if (sides.length > 2) return undefined;
  const [first, last] = sides.map((side, at) => sideGroups(side, at === sides.length - 1));
  if (!first || sides.length === 1) return first?.length === 8 ? first : undefined;
  const missing = last ? 8 - first.length - last.length : 0;
  // Of `::10.0.0.1` some make an IPv4-mapped address, and others do not.
  if (!last || missing < 1 || (missing === 6 && text.includes('.'))) return undefined;
  return [...first, ...Array<number>(missing).fill(0), ...last];
}

/** The groups on one side of `::`; the last may end with an IPv4 address. */
function sideGroups(side: string, isLast: boolean): number[] | undefined {
  if (side === '') return [];
  const parts = side.split(':', 9);
  const ipv4 = isLast && parts.at(-1)!.includes('.') ? ipv4Groups(parts.pop()!) : [];
  return ipv4 && parts.every((part) => GROUP.test(part))
    ? [...parts.map((part) => Number.parseInt(part, 16)), ...ipv4]
    : undefined;
}
