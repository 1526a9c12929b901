import { readCredential } from '../../lib/policy/index.js';
import { PEOPLE } from './fixture.js';

function segment(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

const COMPACT = `${segment({ alg: 'ES256' })}.${segment({ iss: PEOPLE })}.${segment('sixty-four bytes or whatever')}`;

/** How the `Authorization` lines read. */
function read(...lines: readonly string[]) {
  return readCredential(
    lines.map((line) => ['authorization', line] as const),
    () => true,
  ).kind;
}

describe('Authorization header lines', () => {
  test('one Bearer token', () => {
    expect(readCredential([['authorization', `Bearer ${COMPACT}`]], () => true)).toEqual({
      kind: 'jwt',
      header: { alg: 'ES256' },
      claims: { iss: PEOPLE },
      bytes: COMPACT.length,
      signature: 'valid',
    });
  });

  test('one with a proof is read alike, and says so', () => {
    const [bearer, proven] = ['Bearer', 'DPoP'].map((scheme) =>
      readCredential([['authorization', `${scheme} ${COMPACT}`]], () => true),
    );
    expect(proven).toEqual({ ...bearer, scheme: 'DPoP' });
  });

  test('the signature is whatever the keys say, asked for exactly the token that was sent', () => {
    const verify = jest.fn(() => false);
    const credential = readCredential([['authorization', `Bearer ${COMPACT}`]], verify);
    expect(credential).toMatchObject({ kind: 'jwt', signature: 'invalid' });
    expect(verify).toHaveBeenCalledWith(COMPACT, { alg: 'ES256' }, { iss: PEOPLE });
  });

  test('none is no token, and no other header is one', () => {
    expect(readCredential([], () => true)).toEqual({ kind: 'none' });
    expect(readCredential([['x-authorization', `Bearer ${COMPACT}`]], () => true)).toEqual({ kind: 'none' });
  });

  // What Envoy does with each of these was measured; `jwt_authn` alone would take most of them.
  test.each([
    [''],
    ['', ''],
    ['Bearer'],
    ['Bearer '],
    [`Bearer${COMPACT}`],
    [`bearer ${COMPACT}`],
    [`BEARER ${COMPACT}`],
    [`Bearer  ${COMPACT}`],
    [`Bearer\t${COMPACT}`],
    [` Bearer ${COMPACT}`],
    [`Bearer ${COMPACT} `],
    [`Basic Bearer ${COMPACT}`],
    [`xBearer ${COMPACT}`],
    [`dpop ${COMPACT}`],
    [`DPoP  ${COMPACT}`],
    [`Bearer DPoP ${COMPACT}`],
    ['Basic dXNlcjpwYXNz'],
    [`Basic dXNlcg==, Bearer ${COMPACT}`],
    [`Bearer ${COMPACT}, Bearer ${COMPACT}`],
    [`Bearer ${COMPACT},`],
    [`Bearer ${COMPACT}=`],
    [`Bearer ${COMPACT}==`],
    [`Bearer ${COMPACT}.x`],
    [`Bearer "${COMPACT}"`],
    [`Bearer ${COMPACT}\n`],
    ['Bearer a.b'],
    ['Bearer ..'],
    ['Bearer a..c'],
    [`Bearer ${COMPACT.replace(/[^.]+$/, '')}`],
    [COMPACT],
    // A part of length 4n + 1 is no base64url, in any of the three.
    [`Bearer ${COMPACT.replace('.', 'A.')}`],
    [`Bearer x.${segment({})}.x`],
    [`Bearer ${segment({})}.x.xx`],
    [`Bearer ${segment({})}.${segment({})}.xxxxx`],
    // Not JSON objects; see token-json.test.ts.
    [`Bearer ${segment('[]')}.${segment({})}.xx`],
    [`Bearer ${segment({})}.${segment('"a"')}.xx`],
    [`Bearer ${segment({})}.${segment('{"a":1,"a":2}')}.xx`],
    [`Bearer ${segment('{"alg":"ES256","alg":"none"}')}.${segment({})}.xx`],
    [`Bearer ${segment({})}.${segment('{"a":1e999}')}.xx`],
    // Several lines are one, joined by commas.
    [`Bearer ${COMPACT}`, `Bearer ${COMPACT}`],
    [`Bearer ${COMPACT}`, 'Basic abc'],
    ['Basic abc', `Bearer ${COMPACT}`],
  ])('%j %j is malformed', (...lines) => {
    expect(read(...lines)).toBe('malformed');
  });

  test('empty lines beside a token count for nothing, as in Envoy', () => {
    expect(read(`Bearer ${COMPACT}`, '')).toBe('jwt');
    expect(read('', `Bearer ${COMPACT}`, '')).toBe('jwt');
  });

  test('bits beyond the last byte count for nothing, as in Envoy', () => {
    // All of these are `{}`; `0` and `1` differ in bits that no byte takes.
    for (const part of ['e30', 'e31', 'e32', 'e33']) expect(read(`Bearer ${part}.${part}.AA`)).toBe('jwt');
    expect(read('Bearer e34.e30.AA')).toBe('malformed');
  });
});
