export type { Directories } from './directory-values.js';
export { type IPipelineIssuer, PipelineIssuer } from './pipeline-issuer.js';
export { PipelineRole, type PipelineRoleProps, type PlannedPipelineRoleProps } from './pipeline-role.js';
export type {
  DirectoryClient,
  DirectoryDomain,
  FederatedMfa,
  FederatedProviders,
  OidcProviderClient,
  PoolFederation,
  ProviderClient,
  UserDirectoryProps,
} from './props.js';
export { type IUserDirectory, UserDirectory } from './user-directory.js';
