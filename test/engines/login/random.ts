import fc from 'fast-check';
import type { HeaderLine } from '../../../lib/policy/index.js';
import { BOOKS, DESK, SHOP } from './desk.js';
import type { LoginRow } from './rows.js';

const HEADERS: Readonly<Record<string, readonly string[]>> = {
  'sec-fetch-site': [
    'same-origin',
    'same-site',
    'cross-site',
    'none',
    '',
    'Same-Origin',
    'same-origin, cross-site',
  ],
  'sec-fetch-mode': ['navigate', 'cors', 'no-cors', '', 'Navigate'],
  'sec-fetch-dest': ['document', 'empty', 'iframe', ''],
  origin: [`https://${DESK}`, `https://${DESK}:8443`, `https://${BOOKS}`, 'https://evil.example', 'null', ''],
  accept: ['text/html', 'text/html,*/*;q=0.8', '*/*', 'application/json', ''],
};

const lines = fc
  .tuple(
    ...Object.entries(HEADERS).map(([name, values]) =>
      // Mostly one line or none: two of a kind no browser sends.
      fc.array(
        fc.constantFrom(...values).map((value): HeaderLine => [name, value]),
        { maxLength: name === 'origin' ? 1 : 2 },
      ),
    ),
  )
  .map((all) => all.flat());

const PATHS = [
  ...[
    '/',
    '/tickets',
    '/tickets/7?x=1',
    '/tickets/secret',
    '/refunds',
    '/audit',
    '/nowhere',
    '/feedback',
    '/tickets/',
  ],
  ...[
    '',
    '/sign-in',
    '/sign-in/tickets',
    '/sign-in/',
    '/callback',
    '/callback/more',
    '/sign-out',
    '/other',
  ].map((path) => `/.ztp${path}`),
];

/** Requests of browsers, and of what pretends to be one. */
export const requests: fc.Arbitrary<LoginRow> = fc.record({
  title: fc.constant('a random request'),
  method: fc.constantFrom('GET', 'GET', 'GET', 'POST', 'POST', 'HEAD', 'DELETE', 'OPTIONS'),
  host: fc.constantFrom(DESK, DESK, DESK, DESK, BOOKS, SHOP),
  path: fc.constantFrom(...PATHS),
  headers: lines,
  ...({
    session: fc.constantFrom(undefined, 'own', 'own', 'stolen', 'broken'),
    bearer: fc.constantFrom(...Array<undefined>(8).fill(undefined), 'good', 'bad'),
  } as Record<'session' | 'bearer', fc.Arbitrary<never>>),
});
