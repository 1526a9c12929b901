/** How browsers come to the gateway where they sign in, and what seals their sessions. */
export { BrowserEdge, type BrowserEdgeProps } from './browser-edge.js';
export type { BrowserEdgeOptions, ServiceLogin } from './props.js';
