/** The gateway between API Gateway and the services of a mesh. */
export { ClientCertificates, type ClientCertificatesProps } from './client-certificates.js';
export type { GatewayServiceAttributes, IGatewayService } from './gateway-base.js';
export { GatewayService } from './gateway-service.js';
export { GatewayLoadBalancer, type GatewayLoadBalancerProps } from './load-balancer.js';
export type { GatewayServiceProps } from './props.js';
