import { createHash, createPublicKey, type JsonWebKey as NodeJsonWebKey } from 'node:crypto';
import type { JsonObject } from '../../lib/policy/request.js';
import { ALGORITHMS, type Algorithm, isSignedBy, keyInput } from './algorithm.js';
import { isFor, type JsonWebKey } from './jwk.js';
import type { AcceptedNonces } from './nonce.js';
import { readPart, readSignature } from './strict-json.js';

/** What a proof must be about. */
export interface ProofContext {
  readonly method: string;
  /** `https`, the service's own public authority and the path: never what a `Host` header says. */
  readonly target: string;
  /** The compact access token. */
  readonly token: string;
  /** The thumbprint of the key that the token is bound to. */
  readonly thumbprint: string;
  /** Seconds since the epoch. */
  readonly now: number;
  /** Seconds around now in which a proof may have been issued. */
  readonly maxAgeSeconds: number;
  /** @default a proof needs none */
  readonly nonces?: AcceptedNonces;
}

/** A good proof, to be used up. */
export interface ProofSeen {
  /** The key's thumbprint and the proof's `jti`: unique among proofs. */
  readonly id: string;
  /** Seconds since the epoch from which the proof is too old anyway. */
  readonly until: number;
}

/** Characters of a proof: an RSA key of 4,096 bits and its signature fit. */
const MAX_PROOF = 4096;
const MAX_ID = 256;

/** What is wrong with a proof that needs only another nonce. */
export const NONCE = 'nonce';

/** The members that a thumbprint is made of, in the order of RFC 7638 and RFC 8037. */
const THUMBPRINT_MEMBERS = { RSA: ['e', 'kty', 'n'], EC: ['crv', 'kty', 'x', 'y'], OKP: ['crv', 'kty', 'x'] };

/** Check a DPoP proof (RFC 9449 section 4.3); a string says what is wrong with it. */
export function checkProof(proof: string, context: ProofContext): ProofSeen | string {
  const parts = proof.length <= MAX_PROOF ? proof.split('.', 4) : [];
  const [head = '', body = '', tail = ''] = parts;
  if (parts.length !== 3) return 'not three parts';
  const header = readPart(head);
  const claims = readPart(body);
  const signature = readSignature(tail);
  if (!header || !claims || !signature) return 'not base64url of JSON objects';
  const fault = headerFault(header) ?? claimsFault(claims, context);
  if (fault !== undefined) return fault;
  const algorithm = ALGORITHMS.get(header['alg'])!;
  const jwk = header['jwk'] as JsonObject;
  if (thumbprintOf(jwk, algorithm) !== context.thumbprint) return 'another key';
  if (!isSigned(algorithm, jwk, `${head}.${body}`, signature)) return 'signature';
  const until = (claims['iat'] as number) + context.maxAgeSeconds + 1;
  return { id: `${context.thumbprint}.${claims['jti'] as string}`, until };
}

function headerFault(header: JsonObject): string | undefined {
  const { typ, alg, jwk } = header;
  if (typ !== 'dpop+jwt') return 'type';
  const algorithm = ALGORITHMS.get(alg);
  if (algorithm === undefined) return 'algorithm';
  if (Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64')) return 'critical header';
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) return 'no key';
  if (!isFor(jwk as JsonWebKey, algorithm)) return 'key of another algorithm, or of a size that is not taken';
  return Object.hasOwn(jwk, 'd') ? 'a private key' : undefined;
}

function claimsFault(claims: JsonObject, context: ProofContext): string | undefined {
  const { htm, htu, ath, iat, jti } = claims;
  if (htm !== context.method) return 'htm';
  if (typeof htu !== 'string' || htu.replace(/[?#].*$/s, '') !== context.target) return 'htu';
  if (ath !== createHash('sha256').update(context.token).digest('base64url')) return 'ath';
  if (typeof iat !== 'number' || Math.abs(context.now - iat) > context.maxAgeSeconds) return 'iat';
  if (typeof jti !== 'string' || jti === '' || jti.length > MAX_ID) return 'jti';
  return context.nonces?.accepts(claims['nonce']) === false ? NONCE : undefined;
}

function thumbprintOf(jwk: JsonObject, { keyType }: Algorithm): string {
  const members = THUMBPRINT_MEMBERS[keyType].map((name) => [name, jwk[name]]);
  return createHash('sha256')
    .update(JSON.stringify(Object.fromEntries(members)))
    .digest('base64url');
}

function isSigned(algorithm: Algorithm, jwk: JsonObject, text: string, signature: Buffer): boolean {
  try {
    const key = createPublicKey({ key: jwk as NodeJsonWebKey, format: 'jwk' });
    return isSignedBy(algorithm, keyInput(algorithm, key), text, signature);
  } catch {
    return false;
  }
}
