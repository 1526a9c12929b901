import { createHash, X509Certificate } from 'node:crypto';
import { claimAt } from '../../lib/policy/claim.js';
import type { Json, JsonObject } from '../../lib/policy/request.js';

/** What a token says about who may use it (RFC 7800): nothing, a key that proves, a certificate. */
export interface Confirmation {
  /** Thumbprint of the key of a DPoP proof (RFC 9449 section 6.1). */
  readonly key?: string;
  /** Thumbprint of a client certificate (RFC 8705 section 3.1). */
  readonly certificate?: string;
}

const NOTHING: Confirmation = {};

/** The confirmation of a token; undefined if it has one that nobody here can check: such a token is nobody's. */
export function confirmationOf(claims: JsonObject): Confirmation | undefined {
  if (!Object.hasOwn(claims, 'cnf')) return NOTHING;
  const key = claimAt(claims, ['cnf', 'jkt']);
  const certificate = claimAt(claims, ['cnf', 'x5t#S256']);
  if (!isThumbprint(key) || !isThumbprint(certificate)) return undefined;
  if (key === undefined && certificate === undefined) return undefined;
  return { ...(key && { key }), ...(certificate && { certificate }) };
}

function isThumbprint(value: Json | undefined): value is string | undefined {
  return value === undefined || (typeof value === 'string' && value !== '');
}

/** base64url SHA-256 of a PEM certificate; undefined if it is none. */
export function thumbprintOf(pem: string): string | undefined {
  try {
    return createHash('sha256').update(new X509Certificate(pem).raw).digest('base64url');
  } catch {
    return undefined;
  }
}
