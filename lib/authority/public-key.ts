import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { AuthorityError } from './error.js';

/** OpenSSL's names of the curves that a certificate may carry. */
const CURVES: ReadonlyMap<string, 'P-256' | 'P-384'> = new Map([
  ['prime256v1', 'P-256'],
  ['secp384r1', 'P-384'],
]);

/** The curve of a key. Throws `weak-key` for anything but P-256 and P-384. */
export function curveOf(key: KeyObject): 'P-256' | 'P-384' {
  const name = key.asymmetricKeyDetails?.namedCurve;
  const curve = name === undefined ? undefined : CURVES.get(name);
  if (key.asymmetricKeyType !== 'ec' || !curve) {
    throw new AuthorityError(
      'weak-key',
      `a ${name ?? key.asymmetricKeyType ?? 'secret'} key is not certified: only EC keys on P-256 or P-384 are`,
    );
  }
  return curve;
}

/** A public key as certificates carry it. */
export interface CertifiedKey {
  /** DER SubjectPublicKeyInfo with a named curve and an uncompressed point, whatever was asked with. */
  readonly spki: Uint8Array;
  /** Hex of the leftmost 160 bits of the SHA-256 of the point (RFC 7093 section 2, method 1). */
  readonly keyIdentifier: string;
}

/**
 * Take a DER SubjectPublicKeyInfo from outside. Throws `weak-key` unless it is a point on P-256 or
 * P-384, and `malformed-request` if it is no key at all.
 */
export function certifiedKey(spki: Uint8Array): CertifiedKey {
  const asked = parse(spki);
  curveOf(asked);
  const jwk = asked.export({ format: 'jwk' });
  // Written anew from its coordinates: no other encoding of the same point gets into a certificate.
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  const point = [Buffer.of(4), Buffer.from(jwk.x ?? '', 'base64url'), Buffer.from(jwk.y ?? '', 'base64url')];
  return {
    spki: key.export({ type: 'spki', format: 'der' }),
    keyIdentifier: createHash('sha256').update(Buffer.concat(point)).digest('hex').slice(0, 40),
  };
}

function parse(spki: Uint8Array): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch {
    throw new AuthorityError('malformed-request', 'the public key is not a DER SubjectPublicKeyInfo');
  }
}
