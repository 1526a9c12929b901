export * from './data-domain.js';
export type { DataClient, DataDomainProps, ProtectableStore, ProtectStoreOptions } from './props.js';
