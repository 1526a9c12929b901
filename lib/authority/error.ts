import { ZeroTrustError } from '../diagnostic.js';

/** Why no certificate was issued. */
export type AuthorityErrorCode =
  /** The signer's certificate is not, or no longer, valid. */
  | 'issuer-not-valid'
  /** The signer's certificate may not sign this kind of certificate. */
  | 'issuer-not-authority'
  /** The signer does not hold the key of its certificate. */
  | 'issuer-mismatch'
  | 'malformed-request'
  /** The request is not signed by the key it asks for. */
  | 'unproven-request'
  | 'weak-key'
  | 'malformed-spiffe-id'
  | 'malformed-host'
  /** No such point in the plan. */
  | 'unknown-point'
  /** This identity asked too often. */
  | 'issuance-rate'
  /** An identity record says something that no deployment wrote. */
  | 'malformed-record'
  /** A trust bundle does not have its form, or is another platform's. */
  | 'malformed-bundle'
  /** A new root is not known to every workload yet. */
  | 'rotation-in-progress'
  /** Root and issuing key were changed together: nobody could sign until the new root is known. */
  | 'one-change-at-a-time';

/** The authority refuses: nothing was signed. */
export class AuthorityError extends ZeroTrustError {
  declare readonly code: AuthorityErrorCode;
  constructor(code: AuthorityErrorCode, message: string) {
    super(code, message);
  }
}
