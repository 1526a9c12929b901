import { codeAt, OneTimeCodes } from '../../../local/identity/one-time-codes.js';

/** The secret of RFC 6238 appendix B, `12345678901234567890`. */
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const NOW = 1_900_000_010;
const take = (codes: OneTimeCodes, given: string, now = NOW, signIn = 'one') =>
  codes.take({ user: 'alice', secret: SECRET, signIn, now }, given);

test.each([
  [59, '287082'],
  [1111111109, '081804'],
  [1111111111, '050471'],
  [1234567890, '005924'],
  [2000000000, '279037'],
  [20000000000, '353130'],
])('at %i the code is %s (RFC 6238 appendix B)', (now, code) => {
  expect(codeAt(SECRET, now)).toBe(code);
});

test('a code is good for one step more and less, once, and never an older one after it', () => {
  const codes = new OneTimeCodes();
  expect(take(codes, codeAt(SECRET, NOW - 60))).toBe('wrong');
  expect(take(codes, codeAt(SECRET, NOW + 60))).toBe('wrong');
  expect(take(codes, codeAt(SECRET, NOW - 30))).toBe('good');
  expect(take(codes, codeAt(SECRET, NOW - 30))).toBe('wrong');
  expect(take(codes, ` ${codeAt(SECRET, NOW + 30).replace(/^.../, '$& ')}`)).toBe('good');
  expect(take(codes, codeAt(SECRET, NOW), NOW, 'two')).toBe('wrong');
});

test('after five wrong codes a sign-in takes none, and another one does', () => {
  const codes = new OneTimeCodes();
  const wrong = codeAt(SECRET, NOW + 3600);
  for (let at = 0; at < 5; at++) expect(take(codes, wrong)).toBe('wrong');
  expect(take(codes, codeAt(SECRET, NOW))).toBe('locked');
  expect(take(codes, codeAt(SECRET, NOW), NOW, 'two')).toBe('good');
});

test('what is no code is wrong', () => {
  for (const given of ['', '12345', '1234567', 'abcdef', '１２３４５６']) {
    expect(take(new OneTimeCodes(), given)).toBe('wrong');
  }
});
