import type { IssuerReference } from '../certificates.js';
import type { Labels } from '../workloads.js';

/** The gateway that is made: a Gateway of Envoy Gateway in a namespace of its own. Its pods are Envoy Gateway's. */
export interface IngressOptions {
  /**
   * Signs the SPIFFE ID by which the gateway calls services, with a root of the mesh. An `Issuer` is in the gateway's
   * namespace. Whoever may write a CertificateRequest for it can be the gateway.
   */
  readonly issuer: IssuerReference;
  /** The gateway's namespace, which holds nothing else. @default the plan's namespace with `-ingress` */
  readonly namespace?: string;
  /** A GatewayClass of Envoy Gateway. @default 'eg' */
  readonly gatewayClassName?: string;
  /** The Secret with the certificate for the public hosts. @default the one that `certificates.gatewayIssuer` has made */
  readonly certificateSecret?: string;
  /** Where Envoy Gateway runs, and with it the gateway's pods. @default 'envoy-gateway-system' */
  readonly controllerNamespace?: string;
  /** Labels of the pods of Envoy Gateway itself. @default `control-plane: envoy-gateway` */
  readonly controllerSelector?: Labels;
  /** From where clients come, in CIDR notation: a load balancer's subnets, for one. @default everywhere */
  readonly clientNetworks?: readonly string[];
  /**
   * Proxies before the gateway that each append to `x-forwarded-for`; then `clientNetworks` must name them, or whoever
   * goes round them chooses an address. @default 0: a client's address is the other end of its connection
   */
  readonly trustedHops?: number;
  /** Pods of the gateway. @default 2 */
  readonly replicas?: number;
  /** Concurrent connections of one pod. @default 10000 */
  readonly maxConnections?: number;
  /** The image of the gateway's Envoy, with its digest. @default Envoy Gateway's own */
  readonly image?: string;
  /** The port of the Gateway. @default 443 */
  readonly port?: number;
}
