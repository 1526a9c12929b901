import fc from 'fast-check';
import { isCanonical } from '../../../lambda/authorizer/base64url.js';

/** The characters that decoders differ about, and some that they do not. */
const CHARACTERS = [
  'A',
  'Q',
  'g',
  'w',
  'z',
  '0',
  '-',
  '_',
  '+',
  '/',
  '=',
  '.',
  ' ',
  '\n',
  '\0',
  'é',
  'Ā',
  '😀',
];

const canonical = (text: string) => isCanonical(text, Buffer.from(text, 'base64url').length);
/** What it is for: only the one spelling comes back. */
const expected = (text: string) => Buffer.from(text, 'base64url').toString('base64url') === text;

test('a text is canonical exactly if it comes back as it was', () => {
  const texts = fc.oneof(
    fc.string({ unit: fc.constantFrom(...CHARACTERS), maxLength: 12 }),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('base64')),
    fc.string({ unit: 'binary', maxLength: 8 }),
  );
  fc.assert(
    fc.property(texts, (text) => {
      expect([text, canonical(text)]).toEqual([text, expected(text)]);
    }),
    { numRuns: 20_000 },
  );
});

test.each([
  '',
  'AA',
  'AB',
  'AAA',
  'AAB',
  'AAAA',
  'A',
  'AAAAA',
  'AA==',
  'A+AA',
  'A/AA',
  'AA.A',
  'AA AA',
  'A-_A',
])('%j', (text) => {
  expect(canonical(text)).toBe(expected(text));
});
