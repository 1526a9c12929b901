/**
 * What a workload's agent and the registration authority say to one another.
 *
 * The agent signs an `sts:GetCallerIdentity` request with the task's own credentials and never sends
 * it: it hands the parts to the authority, which builds the request anew and asks STS who signed. What
 * binds the answer to this platform and to this key are two claim headers that the signature covers.
 */

/** The one request that is ever attested (the STS query API, version 2011-06-15). */
export const ATTESTED_METHOD = 'POST';
export const ATTESTED_PATH = '/';
export const ATTESTED_BODY = 'Action=GetCallerIdentity&Version=2011-06-15';
export const ATTESTED_CONTENT_TYPE = 'application/x-www-form-urlencoded; charset=utf-8';

/** Claims: the platform's id (its trust domain), and `keyHash` of the key that the CSR asks for. */
export const PLATFORM_HEADER = 'x-zero-trust-platform';
export const KEY_HEADER = 'x-zero-trust-key';

/** Every header that the signature covers, in the order of `SignedHeaders`; none is missing and none is added. */
export const SIGNED_HEADERS = [
  'content-type',
  'host',
  'x-amz-date',
  'x-amz-security-token',
  KEY_HEADER,
  PLATFORM_HEADER,
] as const;

/** Every header of an attestation: the signed ones and the signature itself. Names are in lower case. */
export const ATTESTED_HEADERS = [...SIGNED_HEADERS, 'authorization'] as const;

export type AttestedHeader = (typeof ATTESTED_HEADERS)[number];

/** Seconds that an attestation is accepted for; the agent signs a new one for every request. */
export const ATTESTATION_SECONDS = 60;

/** Characters of the longest request as JSON, and of the longest value of a header (session tokens are the longest). */
export const MAX_REQUEST_CHARACTERS = 32_768;
export const MAX_HEADER_CHARACTERS = 8192;
/** Characters of the longest CSR (PEM); one for a P-384 key alone has under 600. */
export const MAX_CSR_CHARACTERS = 4096;

/** A signed request to STS, in parts. */
export interface Attestation {
  readonly method: typeof ATTESTED_METHOD;
  readonly path: typeof ATTESTED_PATH;
  readonly body: typeof ATTESTED_BODY;
  readonly headers: Readonly<Record<AttestedHeader, string>>;
}

/** The payload of the authority's invocation. */
export interface RegistrationRequest {
  /** PKCS #10 in PEM; only its key counts. */
  readonly csr: string;
  readonly attestation: Attestation;
}

/** Why no certificate was issued. The authority's log says more than the caller is told. */
export const REFUSAL_CODES = [
  /** Not the one shape that a request has. Asking again does not help. */
  'malformed-request',
  /** Signed for another platform, key, region, host or service, or with other headers. */
  'wrong-attestation',
  /** Signed too long ago, or in the future: the task's clock is off, or the request was kept. */
  'stale-attestation',
  /** This very attestation was used before. */
  'replayed-attestation',
  /** STS does not accept the signature. */
  'unproven-caller',
  /** STS could not be asked, or did not answer as it should. Ask again. */
  'attestation-unavailable',
  /** No identity record, or more than one, or another one, for the role that signed. */
  'unknown-identity',
  /** The CSR is malformed, its key is weak, or it is not signed by its key. */
  'refused-key',
  /** This identity asked too often. Ask again later. */
  'issuance-rate',
  /** Nothing was signed, for a reason of the authority's own. Ask again. */
  'authority-unavailable',
] as const;

export type RefusalCode = (typeof REFUSAL_CODES)[number];

export interface IssuedAnswer {
  readonly kind: 'issued';
  /** PEM: the leaf, then the issuing certificate if there is one between the leaf and a root. */
  readonly certificates: string;
  /** When the leaf ends (ISO 8601, UTC). */
  readonly notAfter: string;
  /** PEM of every root of this trust domain that counts now; more than one while roots overlap. */
  readonly roots: string;
}

export interface RefusedAnswer {
  readonly kind: 'refused';
  readonly code: RefusalCode;
  /** One sentence for people; it names nothing that the caller did not send. */
  readonly message: string;
  /** Seconds after which asking again may help. Absent: it will not. */
  readonly retryAfterSeconds?: number;
}

export type RegistrationAnswer = IssuedAnswer | RefusedAnswer;
