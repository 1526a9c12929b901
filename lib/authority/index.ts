/**
 * Who is certified, as what, and by which key: pure code over a `Signer`, the same on one machine and
 * in a cloud's function.
 */
export * from './registration.js';
export * from './issue.js';
export * from './request.js';
export * from './signer.js';
export * from './rate-limit.js';
export * from './spiffe-id.js';
export * from './trust-bundle.js';
export * from './identity-record.js';
export * from './error.js';
export type { Issued } from './certificate.js';
