export * from './data-domain.js';
export type {
  DataClient,
  DataDomainProps,
  ProtectableStore,
  ProtectedAccess,
  ProtectStoreOptions,
} from './props.js';
