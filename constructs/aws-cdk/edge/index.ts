export { ApiGatewayLogging } from './api-gateway-logging.js';
export type { EdgeDomain, MutualTls } from './domain.js';
export { EdgeApi, type EdgeApiProps } from './edge-api.js';
export { EdgeResponses, type EdgeResponsesProps } from './gateway-responses.js';
export type { EdgeThrottle, ServiceEdgeProps } from './props.js';
export { EDGE_PROTOCOLS, type EdgeAnswer, edgesFor, type EdgeKind, type EdgeProtocol } from './protocols.js';
export { ServiceEdge } from './service-edge.js';
export type { MinimumTls } from './tls.js';
