import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { isWithin } from '../../lib/policy/condition.js';
import { RUNS } from './law.js';

/** A second reading, by a library: the spellings that a socket writes, and no other. */
function expected(text: string, ranges: readonly string[]): boolean {
  // The library reads octal and hexadecimal behind an IPv6 address, which no socket writes.
  const dotted = /[^:%]*[.][^:%]*/.exec(text)?.[0];
  if (dotted !== undefined && !ipaddr.IPv4.isValidFourPartDecimal(dotted)) return false;
  const isPlain = dotted === text || ipaddr.IPv6.isValid(text);
  if (!isPlain || /^::[0-9]+[.]/.test(text)) return false;
  const address = ipaddr.process(text);
  return ranges.some((range) => {
    const [network, bits] = ipaddr.parseCIDR(range);
    return address.kind() === network.kind() && address.match(network, bits);
  });
}

const group = fc.oneof(
  fc.constantFrom('0', '0000', 'ffff', 'FFFF', '1'),
  fc.nat(0xffff).map((n) => n.toString(16)),
);
const ipv4 = fc.oneof(fc.ipV4(), fc.constantFrom('0.0.0.0', '10.0.0.1', '255.255.255.255'));
const ipv6 = fc.oneof(
  fc.ipV6(),
  fc.array(group, { minLength: 8, maxLength: 8 }).map((groups) => groups.join(':')),
  fc
    .tuple(fc.array(group, { maxLength: 7 }), fc.array(group, { maxLength: 7 }))
    .map(([first, last]) => `${first.join(':')}::${last.join(':')}`),
  ipv4.map((address) => `::ffff:${address}`),
  ipv4.map((address) => `64:ff9b::${address}`),
  fc.ipV6().map((address) => `${address}%eth0`),
);
/** Texts that are nearly addresses. */
const spoiled = fc
  .tuple(fc.oneof(ipv4, ipv6), fc.nat(40), fc.constantFrom('', ':', '.', '0', '%', 'g', ' ', '::', '00000'))
  .map(([text, at, character]) => text.slice(0, at) + character + text.slice(at + 1));
const range = fc.oneof(
  fc.tuple(ipv4, fc.nat(32)).map(([address, bits]) => `${address}/${bits}`),
  fc.tuple(fc.ipV6(), fc.nat(128)).map(([address, bits]) => `${address}/${bits}`),
);

test('an address is in a range exactly if a library says so', () => {
  const near = fc.tuple(fc.oneof(ipv4, ipv6), fc.nat(128)).map(([address, bits]) => {
    const most = address.includes(':') ? 128 : 32;
    return [address, [`${address.replace(/%.*/, '')}/${Math.min(bits, most)}`]] as const;
  });
  const any = fc.tuple(fc.oneof(ipv4, ipv6, spoiled), fc.array(range, { maxLength: 3 }));
  fc.assert(
    fc.property(fc.oneof(near, any), ([text, ranges]) => {
      fc.pre(ranges.every((one) => ipaddr.isValidCIDR(one) && !/^::[0-9]+[.]/.test(one)));
      expect([text, ranges, isWithin(text, ranges)]).toEqual([text, ranges, expected(text, ranges)]);
    }),
    { numRuns: RUNS * 30 },
  );
});

test.each([
  '10.0.0.0',
  '10.0.0.0/33',
  '10.0.0.0/',
  '/8',
  '010.0.0.0/8',
  '10/8',
  'a/8',
  '::/129',
  '1::2::/8',
  '::10.0.0.0/8',
])('%s is no range', (text) => {
  expect(() => isWithin('10.0.0.1', [text])).toThrow('is no CIDR range');
});

test.each([
  '',
  '10.1',
  '0x0a.0.0.1',
  '012.0.0.1',
  '10.0.0.1 ',
  '167772161',
  '::10.0.0.1',
  '1:2:3:4:5:6:7',
  ':::',
  'fe80::1%',
])('%j is no address, and in no range', (text) => {
  expect(isWithin(text, ['0.0.0.0/0', '::/0'])).toBe(false);
});
