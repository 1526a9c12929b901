import type { Random } from './random.js';

/** Canonical targets to begin from: every kind of segment, escape and query. */
const SEEDS = [
  '/',
  '/?',
  '/?a=1',
  '/orders',
  '/orders/42/items',
  '/orders/42/items?page=2&sort=-date',
  '/files/a.b/c~d/e_f/g-h',
  '/.well-known/x',
  '/..a/...',
  '/a..b/c.',
  '/items:batch/a@b',
  "/!$&'()*+,=:@",
  '/caf%C3%A9',
  '/%E2%82%AC/%F0%9F%98%80',
  '/a%20b/%22%3C%3E%5E%60%7B%7C%7D',
  '/%21%24%26%27%28%29%2A%2B%2C%3A%3D%40',
  '/%ED%9F%BF/%EE%80%80/%EF%BF%BF',
  '/%E0%A0%80/%F0%90%80%80/%F4%8F%BF%BF/%C2%A0/%DF%BF',
  '/x?y=%zz//../%2e%2e;\\|^`{}<>"',
] as const;

/** What readers of paths have taken for something else. */
const DANGEROUS = [
  ...'%./\\;#?:@~ +=&"\'<>{}|^`[]*,-_'.split(''),
  ...'\0\t\n\r\u007f\u0080\u00e9\u00ff'.split(''),
  '//',
  '/./',
  '/../',
  '/.',
  '/..',
  '/...',
  '..;',
  ';a=1',
  '%2e',
  '%2E',
  '%2f',
  '%2F',
  '%5c',
  '%5C',
  '%25',
  '%252e',
  '%252F',
  '%23',
  '%3B',
  '%3F',
  '%3A',
  '%40',
  '%41',
  '%61',
  '%7E',
  '%7F',
  '%00',
  '%0A',
  '%1F',
  '%20',
  '%',
  '%%',
  '%4',
  '%u0041',
  '%c3%a9',
  '%C3',
  '%A9',
  '%C3%A9',
  '%c0%ae',
  '%C0%AE',
  '%C0%AF',
  '%C1%BF',
  '%C2%80',
  '%C2%9F',
  '%C2%A0',
  '%E0%80%AF',
  '%E0%9F%BF',
  '%E0%A0%80',
  '%ED%9F%BF',
  '%ed%a0%80',
  '%ED%A0%80',
  '%ED%BF%BF',
  '%EE%80%80',
  '%EF%BB%BF',
  '%F0%80%80%AF',
  '%F0%8F%BF%BF',
  '%F0%90%80%80',
  '%F4%8F%BF%BF',
  '%f4%90%80%80',
  '%F4%90%80%80',
  '%F5%80%80%80',
  '%FE',
  '%FF',
] as const;

/** A canonical target after one to four small changes: insertion, deletion, replacement, doubling, swap of case. */
export function mutated(random: Random): string {
  let target: string = random.pick(SEEDS);
  for (let changes = 1 + random.below(4); changes > 0; changes--) {
    const at = random.below(target.length + 1);
    const after = at + random.below(4);
    const head = target.slice(0, at);
    switch (random.below(6)) {
      case 0:
      case 1:
        target = head + random.pick(DANGEROUS) + target.slice(at);
        break;
      case 2:
        target = head + target.slice(after);
        break;
      case 3:
        target = head + random.pick(DANGEROUS) + target.slice(after);
        break;
      case 4:
        target = head + target.slice(at, after) + target.slice(at);
        break;
      default:
        target = head + swapped(target.slice(at, after)) + target.slice(after);
    }
  }
  return target;
}

function swapped(text: string): string {
  return text
    .split('')
    .map((one) => (one === one.toUpperCase() ? one.toLowerCase() : one.toUpperCase()))
    .join('');
}

const AUTHORITIES = [
  'orders.shop.test',
  'ORDERS.shop.test',
  'a-b.c:443',
  '127.0.0.1:8080',
  'localhost',
] as const;
const AUTHORITY_PARTS = [
  ...'.:-_@,/ %[]*\0\u00e9a0'.split(''),
  '..',
  '::',
  ':443',
  ':99999',
  ':100000',
  ',evil',
  'xn--',
] as const;

/** A plain authority after one or two small changes. */
export function mutatedAuthority(random: Random): string {
  let authority: string = random.pick(AUTHORITIES);
  for (let changes = 1 + random.below(2); changes > 0; changes--) {
    const at = random.below(authority.length + 1);
    authority = authority.slice(0, at) + random.pick(AUTHORITY_PARTS) + authority.slice(at + random.below(3));
  }
  return authority;
}
