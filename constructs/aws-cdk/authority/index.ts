/** The certificate authority of a platform on AWS, and the records by which it knows a role as a service. */
export * from './certificate-authority.js';
export * from './props.js';
export * from './identity-record.js';
export type { AuthorityFunction, AuthorityFunctionProps } from './authority-function.js';
export type { KmsAuthority, KmsAuthorityProps } from './kms-authority.js';
export type { PrivateAuthority, PrivateAuthorityProps } from './private-authority.js';
export type { CostPart, MonthlyCost } from './cost.js';
