import { createHmac } from 'node:crypto';
import type { JsonObject } from '../../../lib/index.js';
import { NOW, PARTNERS, PEOPLE } from '../../policy/fixture.js';
import type { Rfc8725Section } from './rfc8725.js';
import { builds, CLAIMS, partners, people, tokenOf } from './testbed.js';
import { issuerKey, TestIssuer } from '../../engines/support/issuer.js';

/** A crafted token and the section of RFC 8725 that speaks of it; each must end with 401. */
export type Hostile = readonly [section: Rfc8725Section, what: string, token: string];

const GOOD = tokenOf();
const [HEAD = '', BODY = '', SIGNATURE = ''] = GOOD.split('.');
const HEADER = { alg: 'ES256', kid: 'people-ec', typ: 'JWT' };
const PEM = people.keys[1]!.publicKey.export({ format: 'pem', type: 'spki' }).toString();
const attacker = new TestIssuer('attacker', PEOPLE, [issuerKey('ES256', 'people-ec')]);

const part = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const show = (value: unknown) => JSON.stringify(value) ?? 'absent';
const claimsWith = (claims: object) => ({ ...CLAIMS, ...claims }) as JsonObject;
/** Signed as it is, header and payload byte for byte. */
const signed = (header: string, claims: string) => people.sign(header, claims);
const signedBytes = (claims: Buffer) => {
  const key = people.keys[0]!;
  const made = people.sign(HEADER, 'x', key).split('.')[0]!;
  return resigned(made, claims.toString('base64url'));
};
/** A good signature over parts that are no base64url of anything in order. */
function resigned(head: string, body: string): string {
  const { sign } = process.getBuiltinModule('node:crypto');
  const key = { key: people.keys[0]!.privateKey, dsaEncoding: 'ieee-p1363' } as const;
  return `${head}.${body}.${sign('sha256', Buffer.from(`${head}.${body}`), key).toString('base64url')}`;
}

const algorithm: Hostile[] = [
  ...['none', 'None', 'NONE', 'nOnE', '', null, 0, ['ES256'], { alg: 'ES256' }].flatMap((alg): Hostile[] => [
    ['3.1', `alg ${show(alg)} without a signature`, `${part({ ...HEADER, alg })}.${BODY}.`],
    [
      '3.1',
      `alg ${show(alg)} with the signature of another`,
      `${part({ ...HEADER, alg })}.${BODY}.${SIGNATURE}`,
    ],
    ['3.1', `alg ${show(alg)}, signed`, tokenOf({}, { alg })],
  ]),
  ...['HS256', 'HS384', 'HS512'].flatMap((alg) =>
    [PEM, PEM.trim(), 'people-rsa', ''].map((secret): Hostile => {
      const input = `${part({ alg, kid: 'people-rsa' })}.${BODY}`;
      const mac = createHmac(alg.replace('HS', 'sha'), secret).update(input).digest('base64url');
      return ['2.1', `${alg} with a secret of ${secret.length} public characters`, `${input}.${mac}`];
    }),
  ),
  ...['es256', 'ES256 ', 'ES384', 'RS256', 'PS256', 'EdDSA', 'ES256K', 'RS1', 'A128KW', 'dir'].map(
    (alg): Hostile => ['3.2', `alg ${alg} for a key of ES256`, tokenOf({}, { alg })],
  ),
  ['3.1', 'alg PS256 for a key of RS256', tokenOf({}, { alg: 'PS256' }, people, people.keys[1])],
  ['3.1', 'alg twice', signed('{"alg":"ES256","alg":"none","kid":"people-ec"}', JSON.stringify(CLAIMS))],
];

const bits = Buffer.from(SIGNATURE, 'base64url');
const withBits = (bytes: Buffer) => `${HEAD}.${BODY}.${bytes.toString('base64url')}`;
const flipped = (at: number) => Buffer.from(bits.map((byte, place) => (place === at ? byte ^ 1 : byte)));
const ORDER = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');

const signature: Hostile[] = [
  ...[0, 1, 7, 15, 31, 32, 33, 47, 62, 63].map(
    (at): Hostile => ['3.3', `bit of byte ${at} flipped`, withBits(flipped(at))],
  ),
  ['3.3', 'no signature', `${HEAD}.${BODY}.`],
  ['3.3', 'no signature and no dot', `${HEAD}.${BODY}`],
  ['3.3', 'a byte less', withBits(bits.subarray(0, 63))],
  ['3.3', 'a byte more', withBits(Buffer.concat([bits, Buffer.alloc(1)]))],
  ['3.3', 'twice', withBits(Buffer.concat([bits, bits]))],
  ['3.3', 'r = s = 0', withBits(Buffer.alloc(64))],
  ['3.3', 'r = s = n', withBits(Buffer.concat([ORDER, ORDER]))],
  ['3.3', 's = 0', withBits(Buffer.concat([bits.subarray(0, 32), Buffer.alloc(32)]))],
  [
    '3.3',
    'in DER',
    withBits(
      Buffer.concat([
        Buffer.from('30440220', 'hex'),
        bits.subarray(0, 32),
        Buffer.from('0220', 'hex'),
        bits.subarray(32),
      ]),
    ),
  ],
  ['3.3', 'of another token', `${HEAD}.${BODY}.${tokenOf({ jti: 'x' }).split('.')[2]}`],
  ['3.3', 'of another payload', `${HEAD}.${part(claimsWith({ sub: 'admin' }))}.${SIGNATURE}`],
  ['3.3', 'of another header', `${part({ ...HEADER, x: 1 })}.${BODY}.${SIGNATURE}`],
  ['3.3', 'by nobody’s key', attacker.sign(HEADER, CLAIMS)],
  [
    '3.4',
    'by a key in the header',
    attacker.sign({ ...HEADER, jwk: attacker.jwks().keys[0] as JsonObject }, CLAIMS),
  ],
  ['3.10', 'by a key behind jku', attacker.sign({ ...HEADER, jku: 'https://evil.test/jwks' }, CLAIMS)],
  ['3.10', 'by a key behind x5u', attacker.sign({ ...HEADER, x5u: 'https://evil.test/cert' }, CLAIMS)],
  ['3.10', 'by a key of x5c', attacker.sign({ ...HEADER, x5c: ['MIIB'] }, CLAIMS)],
  ['2.7', 'by another issuer', partners.sign({ ...HEADER, kid: 'partners-ec' }, CLAIMS)],
  ['2.7', 'by another issuer under a known id', partners.sign(HEADER, CLAIMS)],
];

const composition: Hostile[] = [
  ['2.3', 'five parts', `${HEAD}.${BODY}.${SIGNATURE}.${SIGNATURE}.${SIGNATURE}`],
  ['2.3', 'four parts', `${GOOD}.${SIGNATURE}`],
  ['2.3', 'an encrypted token’s header', tokenOf({}, { enc: 'A128GCM' })],
  ['3.6', 'a compressed one', tokenOf({}, { zip: 'DEF' })],
  ['2.3', 'a nested token', tokenOf({}, { cty: 'JWT' })],
  ['2.3', 'a nested token as payload', signed(JSON.stringify(HEADER), GOOD)],
  ['2.6', 'JSON serialization', JSON.stringify({ protected: HEAD, payload: BODY, signature: SIGNATURE })],
  ...[[], ['exp'], ['b64'], 'exp', null, ['evil']].map(
    (crit): Hostile => ['3.3', `crit ${show(crit)}`, tokenOf({}, { crit })],
  ),
  ...[true, false].map((b64): Hostile => ['3.3', `b64 ${b64}`, tokenOf({}, { b64 })]),
];

const text = JSON.stringify(CLAIMS);
const end = text.slice(1);
const deep = (levels: number) => `{"x":${'['.repeat(levels)}${']'.repeat(levels)},${end}`;
const encoding: Hostile[] = [
  ...['iss', 'aud', 'exp', 'sub', 'iat', 'x'].map(
    (name): Hostile => [
      '2.6',
      `${name} twice`,
      signed(JSON.stringify(HEADER), `{"${name}":1,${name === 'x' ? '"x":2,' : ''}${end}`),
    ],
  ),
  ['2.6', 'a name twice by an escape', signed(JSON.stringify(HEADER), `{"\\u0073ub":"admin",${end}`)],
  ['2.6', 'a name twice inside', signed(JSON.stringify(HEADER), `{"x":{"a":1,"a":2},${end}`)],
  ['2.6', 'a name twice in a list', signed(JSON.stringify(HEADER), `{"x":[{"a":1,"a":2}],${end}`)],
  ['2.6', 'kid twice', signed('{"alg":"ES256","kid":"evil","kid":"people-ec"}', text)],
  ...[
    '[]',
    '""',
    '1',
    'null',
    'true',
    '',
    ' ',
    '{',
    `${text}x`,
    `${text}${text}`,
    `[${text}]`,
    text.replaceAll('"', "'"),
    `${text.slice(0, -1)},}`,
    `/**/${text}`,
    text.replace('{', '{"x":1e999,'),
    text.replace('{', '{"x":NaN,'),
    text.replace('{', '{"x":"\u0001",'),
    text.replace('{', '{"x":"\\ud800",'),
    text.replace('{', '{"\\udc00":1,'),
    `\ufeff${text}`,
    deep(100),
  ].map(
    (claims): Hostile => [
      '2.6',
      `payload ${JSON.stringify(claims).slice(0, 40)}`,
      signed(JSON.stringify(HEADER), claims),
    ],
  ),
  ...['[]', '"x"', 'null', '{', '{"alg":"ES256","kid":"people-ec",}'].map(
    (header): Hostile => ['2.6', `header ${header}`, signed(header, text)],
  ),
  ['3.7', 'UTF-16', signedBytes(Buffer.from(text, 'utf16le'))],
  ['3.7', 'Latin-1', signedBytes(Buffer.from(text.replace('{', '{"x":"é",'), 'latin1'))],
  [
    '3.7',
    'an overlong form',
    signedBytes(Buffer.concat([Buffer.from('{"x":"'), Buffer.from([0xc0, 0xae]), Buffer.from(`",${end}`)])),
  ],
  ['2.6', 'padding behind the header', resigned(`${HEAD}=`, BODY)],
  ['2.6', 'padding behind the payload', resigned(HEAD, `${BODY}=`)],
  ['2.6', 'padding behind the signature', `${GOOD}=`],
  ['2.6', 'white space inside the payload', resigned(HEAD, `${BODY.slice(0, 8)}\n${BODY.slice(8)}`)],
  ['2.6', 'a tab behind', `${GOOD}\t`],
  ['2.6', 'a character that decoders skip', resigned(HEAD, `${BODY.slice(0, 8)}!${BODY.slice(8)}`)],
  [
    '2.6',
    'plain base64 in the signature',
    `${HEAD}.${BODY}.${SIGNATURE.slice(0, 10)}+/${SIGNATURE.slice(12)}`,
  ],
  ['2.6', 'a letter that looks alike', GOOD.replace('e', '\u0435')],
  ...['A', 'B', 'g', '_'].map(
    (last): Hostile => ['2.6', `unused bits of the signature, ${last}`, sameBytes(SIGNATURE, last)],
  ),
  ['2.6', 'unused bits of the payload', resigned(HEAD, spare(part(`${text} `)) ?? `${BODY}A`)],
  ['2.6', 'no header', `.${BODY}.${SIGNATURE}`],
  ['2.6', 'no payload', `${HEAD}..${SIGNATURE}`],
  ['2.6', 'nothing but dots', '..'],
  ['2.9', 'more than 8 KiB', tokenOf({ x: 'x'.repeat(6200) })],
];

/** Another spelling of the same signature, if there is one; else one with a bit that differs. */
function sameBytes(value: string, last: string): string {
  return `${HEAD}.${BODY}.${value.slice(0, -1)}${value.endsWith(last) ? 'h' : last}`;
}

/** The same bytes with a bit set that no byte takes; undefined where there are none. */
function spare(value: string): string | undefined {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const changed = value.slice(0, -1) + alphabet[alphabet.indexOf(value.at(-1)!) + 1];
  return value.length % 4 !== 0 ? changed : undefined;
}

const rows = (section: Rfc8725Section, name: string, values: readonly unknown[]): Hostile[] =>
  values.map((value) => [section, `${name} ${show(value)}`, tokenOf({ [name]: value })]);
const headerRows = (section: Rfc8725Section, name: string, values: readonly unknown[]): Hostile[] =>
  values.map((value) => [section, `${name} ${show(value)?.slice(0, 40)}`, tokenOf({}, { [name]: value })]);

const claims: Hostile[] = [
  ...rows('3.8', 'iss', [
    undefined,
    null,
    '',
    1,
    [PEOPLE],
    { iss: PEOPLE },
    `${PEOPLE}/`,
    PEOPLE.toUpperCase(),
    `${PEOPLE}:443`,
    PEOPLE.slice(0, -1),
    PARTNERS,
    'https://evil.test',
    '__proto__',
  ]),
  ...rows('3.8', 'sub', [1, null, ['alice'], { a: 1 }, true]),
  ...rows('3.8', 'jti', [1, null, ['a']]),
  ...rows('3.9', 'aud', [
    undefined,
    null,
    '',
    [],
    [''],
    [['https://orders.shop.test']],
    ['https://orders.shop.test', 5],
    { 'https://orders.shop.test': 1 },
    'https://orders.shop.test/',
    'https://ORDERS.shop.test',
    'https://orders.shop',
    'https://payments.shop.test',
    'orders',
  ]),
  ...rows('3.10', 'exp', [
    undefined,
    null,
    '9999999999',
    0,
    -1,
    NOW - 31,
    NOW - 31.5,
    true,
    [NOW + 60],
    2 ** 64,
  ]),
  ...rows('3.10', 'nbf', [NOW + 31, '0', null, -1, 2 ** 64]),
  ...rows('3.10', 'iat', [NOW + 31, NOW + 3600, '0', null, -1]),
  ['3.10', 'a life of years', tokenOf({ exp: NOW + 100_000_000 })],
  ['3.10', 'a life of years, begun years ago', tokenOf({ iat: NOW - 100_000_000 })],
  ['3.10', 'no iat', tokenOf({ iat: undefined })],
  ['3.10', 'no iat and an end years ahead', tokenOf({ iat: undefined, exp: NOW + 200_000 })],
  ...headerRows('3.10', 'kid', [
    undefined,
    null,
    '',
    1,
    ['people-ec'],
    'PEOPLE-EC',
    'people-ec ',
    '../../dev/null',
    "' OR 1=1",
    '__proto__',
    'constructor',
    'toString',
    'x'.repeat(300),
    'partners-ec',
    'builds-ec',
    'people-rsa',
  ]),
  ...headerRows('3.11', 'typ', [
    'dpop+jwt',
    'logout+jwt',
    'secevent+jwt',
    'JOSE',
    'JWE',
    '',
    1,
    null,
    ['JWT'],
    'application/secevent+jwt',
    'at+jwtx',
    'vc+sd-jwt',
  ]),
  ...rows('3.12', 'at_hash', ['x', null]),
  ...rows('3.12', 'c_hash', ['x']),
  ...rows('3.12', 's_hash', ['x']),
  ...rows('2.8', 'cnf', [
    null,
    {},
    'x',
    [],
    { jkt: 'x' },
    { 'x5t#S256': 'x' },
    { 'x5t#S256': '' },
    { kid: 'x' },
    { jwk: {} },
    { jkt: 1 },
  ]),
  ['2.8', 'an issuer’s token for another of its services', tokenOf({ aud: 'https://payments.shop.test' })],
  ['2.7', 'a pipeline’s token as a person’s', tokenOf({ iss: PEOPLE }, { kid: 'builds-ec' }, builds)],
];

export const HOSTILE_TOKENS: readonly Hostile[] = [
  ...algorithm,
  ...signature,
  ...composition,
  ...encoding,
  ...claims,
];
