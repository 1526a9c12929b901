/** The ConfigMap that says what is revoked, and the key of its document. */
export const REVOCATIONS = 'zero-trust-revocations';
export const REVOCATIONS_KEY = 'revocations.json';

/**
 * Its annotation with the version of the document: with it and without the document it was emptied, without both it was
 * never written. The API server reads no JSON, so the guard compares this.
 */
export const REVOCATIONS_VERSION = 'zero-trust-platform/revocations-version';
