import { constants, createVerify, type KeyObject, type VerifyKeyObjectInput, verify } from 'node:crypto';
import type { SignatureAlgorithm } from '../../lib/model/identity.js';

/** How one algorithm of RFC 7518 and RFC 8037 checks a signature. */
export interface Algorithm {
  readonly name: SignatureAlgorithm;
  readonly keyType: 'RSA' | 'EC' | 'OKP';
  /** The only curve of its keys; RSA has none. */
  readonly curve?: string;
  /** Null where the algorithm hashes by itself. */
  readonly hash: string | null;
  readonly input?: Omit<VerifyKeyObjectInput, 'key'>;
}

const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
const PLAIN_ECDSA = { dsaEncoding: 'ieee-p1363' } as const;

const TABLE: readonly Algorithm[] = [
  { name: 'RS256', keyType: 'RSA', hash: 'sha256' },
  { name: 'RS384', keyType: 'RSA', hash: 'sha384' },
  { name: 'RS512', keyType: 'RSA', hash: 'sha512' },
  { name: 'PS256', keyType: 'RSA', hash: 'sha256', input: PSS },
  { name: 'PS384', keyType: 'RSA', hash: 'sha384', input: PSS },
  { name: 'PS512', keyType: 'RSA', hash: 'sha512', input: PSS },
  { name: 'ES256', keyType: 'EC', curve: 'P-256', hash: 'sha256', input: PLAIN_ECDSA },
  { name: 'ES384', keyType: 'EC', curve: 'P-384', hash: 'sha384', input: PLAIN_ECDSA },
  { name: 'ES512', keyType: 'EC', curve: 'P-521', hash: 'sha512', input: PLAIN_ECDSA },
  { name: 'EdDSA', keyType: 'OKP', curve: 'Ed25519', hash: null },
];

/** Never `none`, never an HMAC: what is not here does not exist. */
export const ALGORITHMS: ReadonlyMap<unknown, Algorithm> = new Map(TABLE.map((one) => [one.name, one]));

/** What the challenge of the scheme `DPoP` says of them (RFC 9449 section 7.1). */
export const PROOF_ALGORITHMS = `algs="${TABLE.map(({ name }) => name).join(' ')}"`;

/** A key as `isSignedBy` takes it, made once. */
export function keyInput({ input }: Algorithm, key: KeyObject): KeyObject | VerifyKeyObjectInput {
  return input ? { key, ...input } : key;
}

/** Whether the ASCII text was signed. The streaming call costs 3 % less than the one of a single step. */
export function isSignedBy(
  { hash }: Algorithm,
  key: KeyObject | VerifyKeyObjectInput,
  text: string,
  signature: Buffer,
): boolean {
  if (hash === null) return verify(null, Buffer.from(text, 'latin1'), key, signature);
  return createVerify(hash).update(text, 'latin1').verify(key, signature);
}
