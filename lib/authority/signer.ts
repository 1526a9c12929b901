import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { curveOf } from './public-key.js';

/** ECDSA with P-256 and SHA-256, or with P-384 and SHA-384 (RFC 7518 section 3.1). */
export type SignerAlgorithm = 'ES256' | 'ES384';

/** A signing key that never leaves where it is: this process, a key service, a hardware module. */
export interface Signer {
  readonly algorithm: SignerAlgorithm;
  /** The DER SubjectPublicKeyInfo. */
  publicKey(): Promise<Uint8Array>;
  /** The DER ECDSA-Sig-Value over the bytes, which the signer hashes. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

/** A signer whose P-256 or P-384 private key is in this process's memory. Throws `weak-key` for others. */
export function memorySigner(privateKey: KeyObject): Signer {
  const publicKey = createPublicKey(privateKey);
  const algorithm = curveOf(publicKey) === 'P-256' ? 'ES256' : 'ES384';
  const hash = algorithm === 'ES256' ? 'sha256' : 'sha384';
  return {
    algorithm,
    publicKey: async () => publicKey.export({ type: 'spki', format: 'der' }),
    sign: async (bytes) => sign(hash, bytes, privateKey),
  };
}

/** A new P-256 private key. */
export function generatePrivateKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}
