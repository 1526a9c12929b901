export { ApiGatewayLogging } from './api-gateway-logging.js';
export type { EdgeDomain } from './domain.js';
export type { MutualTls } from './trust-store.js';
export { EdgeApi, type EdgeApiProps } from './edge-api.js';
export { EdgeResponses, type EdgeResponsesProps } from './gateway-responses.js';
export type { EdgeThrottle, ServiceEdgeProps } from './props.js';
export { EDGE_PROTOCOLS, type EdgeAnswer, edgesFor, type EdgeKind, type EdgeProtocol } from './protocols.js';
export { ServiceEdge } from './service-edge.js';
export type { MinimumTls } from './tls.js';
