export type { IPolicyStore } from './imported-policy-store.js';
export { PolicyStore } from './policy-store.js';
export type { PolicyStoreProps } from './props.js';
