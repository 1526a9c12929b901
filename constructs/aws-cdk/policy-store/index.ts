export { type IPolicyStore, PolicyStore } from './policy-store.js';
export type { PolicyStoreProps } from './props.js';
