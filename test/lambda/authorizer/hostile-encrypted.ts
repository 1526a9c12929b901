import { createCipheriv, createHmac } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import type { Hostile } from './hostile-tokens.js';
import { CLAIMS, people, tokenOf } from './testbed.js';

/** Tokens of a shared secret or with a content that is encrypted: nothing here has a key for either. */
const HEADER = { kid: 'people-ec', typ: 'JWT' };
const PEOPLE_KEY = people.keys[0]!.publicKey.export({ format: 'jwk' });
const CONTENT = Buffer.from(JSON.stringify(CLAIMS));

const part = (value: object | Buffer) =>
  (Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value))).toString('base64url');

/** The compact serialization of RFC 7516, encrypted in truth under a key that anybody knows. */
function encrypted(header: object, content = CONTENT): string {
  const head = part({ ...HEADER, enc: 'A128GCM', ...header });
  const iv = Buffer.alloc(12, 1);
  const cipher = createCipheriv('aes-128-gcm', Buffer.alloc(16), iv).setAAD(Buffer.from(head));
  const text = Buffer.concat([cipher.update(content), cipher.final()]);
  return [head, '', part(iv), part(text), part(cipher.getAuthTag())].join('.');
}

function authenticated(secret: string | Buffer, header: object = {}): string {
  const input = `${part({ ...HEADER, alg: 'HS256', ...header })}.${part(CLAIMS)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

/** A point that is on no curve. */
const OFF_CURVE = { kty: 'EC', crv: 'P-256', x: part(Buffer.alloc(32, 1)), y: part(Buffer.alloc(32, 2)) };

export const HOSTILE_ENCRYPTED: readonly Hostile[] = [
  ...['', '\0', 'a', 'secret', 'your-256-bit-secret', 'people-ec'].map(
    (secret): Hostile => ['2.2', `HS256 under ${JSON.stringify(secret)}`, authenticated(secret)],
  ),
  [
    '2.2',
    'HS256 under a secret in its header',
    authenticated('secret', { jwk: { kty: 'oct', k: part(Buffer.from('secret')) } }),
  ],
  ['2.2', 'HS256 under the coordinates of a published key', authenticated(`${PEOPLE_KEY.x}${PEOPLE_KEY.y}`)],
  ...['password', 'P@ssw0rd', '123456'].map(
    (secret): Hostile => ['3.5', `HS256 under the password ${secret}`, authenticated(secret)],
  ),
  ['3.5', 'HS256 under zeros of full length', authenticated(Buffer.alloc(32))],
  ['2.4', 'an encrypted token', encrypted({ alg: 'dir' })],
  ['2.4', 'a signed token that is encrypted', encrypted({ alg: 'dir', cty: 'JWT' }, Buffer.from(tokenOf()))],
  ['2.4', 'an encrypted token without content', encrypted({ alg: 'dir' }, Buffer.alloc(0))],
  [
    '3.6',
    'an encrypted token whose content was compressed',
    encrypted({ alg: 'dir', zip: 'DEF' }, deflateRawSync(CONTENT)),
  ],
  [
    '2.9',
    'an encrypted token that unpacks to 4 MiB',
    encrypted({ alg: 'dir', zip: 'DEF' }, deflateRawSync(Buffer.alloc(4 << 20))),
  ],
  ['2.5', 'ECDH-ES with a point off the curve', encrypted({ alg: 'ECDH-ES', epk: OFF_CURVE })],
  ['2.5', 'ECDH-ES with the point of the issuer itself', encrypted({ alg: 'ECDH-ES', epk: PEOPLE_KEY })],
  ['2.5', 'ECDH-ES of a signed token’s parts', tokenOf({}, { alg: 'ECDH-ES', epk: OFF_CURVE })],
  ['3.4', 'a point off the curve as the key in the header', tokenOf({}, { kid: 'off', jwk: OFF_CURVE })],
];
