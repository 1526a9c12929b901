import { createHash } from 'node:crypto';

/**
 * The hash that an attestation claims: SHA-256 in base64url of the DER SubjectPublicKeyInfo, with a
 * named curve and an uncompressed point, as Node and OpenSSL export it.
 */
export function keyHash(spki: Uint8Array): string {
  return createHash('sha256').update(spki).digest('base64url');
}
