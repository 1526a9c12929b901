/** How clients come to the gateway where no REST API leads them. */
export { LoadBalancerEdge, type LoadBalancerEdgeProps } from './load-balancer-edge.js';
export type { LedIn } from './led-in.js';
export type {
  JwtCheckProps,
  LoadBalancedHost,
  LoadBalancedService,
  LoadBalancerOptions,
  LoadBalancerSettings,
} from './props.js';
