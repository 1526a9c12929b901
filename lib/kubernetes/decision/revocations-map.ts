/** The ConfigMap that says what is revoked, and the key of its document. */
export const REVOCATIONS = 'zero-trust-revocations';
export const REVOCATIONS_KEY = 'revocations.json';
