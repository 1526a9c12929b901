import type { IVpcLink } from 'aws-cdk-lib/aws-apigateway';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import type { ZeroTrustModel } from '../../../lib/model/platform.js';
import type { ProtectedApi, TokenAuthorizerProps } from '../authorizer/index.js';
import type { CertificateAuthorityProps } from '../authority/index.js';
import type { EdgeDomain, ServiceEdgeProps } from '../edge/index.js';
import type { IWebFirewall, WebFirewallProps } from '../firewall/index.js';
import type { MeshProps } from '../mesh/index.js';
import type { LogProps } from '../support/encrypted-log-group.js';
import type { Renames } from '../support/logical-id.js';

/** How every service's API is exposed. */
export type PlatformEdgeProps = Pick<
  ServiceEdgeProps,
  'minimumTls' | 'allowedNetworks' | 'port' | 'unverifiedGateway' | 'stageName' | 'loggingRole'
>;

export interface ZeroTrustPlatformProps extends LogProps {
  /** Who may call what: from `defineZeroTrust`. */
  readonly model: ZeroTrustModel;
  /**
   * Where services, gateway and key tunnel run; it needs private subnets.
   * @default a network of two zones with NAT and a flow log
   */
  readonly vpc?: IVpc;
  /** How services join: cluster, namespace, image and endpoints of the mesh. @default the defaults of `Mesh` */
  readonly mesh?: Omit<
    MeshProps,
    'plan' | 'authority' | 'vpc' | 'encryptionKey' | 'retention' | 'accessLogBucket' | 'placement'
  >;
  /**
   * REST APIs that exist, each with the service behind it. Their methods get the authorizer and their stages the
   * firewall.
   * @default none
   */
  readonly apis?: readonly ProtectedApi[];
  /**
   * Leads API Gateway to the gateway's internal load balancer. With it every public service that no API of
   * `apis` serves gets a REST API of its own.
   * @default no REST API is made
   */
  readonly link?: IVpcLink;
  /**
   * Public services that users reach at the gateway's own load balancer, because a rule hangs on the client's own
   * connection or the protocol does not pass API Gateway.
   * @default none
   */
  readonly atGateway?: readonly string[];
  /** How every REST API is exposed. @default the defaults of `ServiceEdge` */
  readonly edge?: PlatformEdgeProps;
  /** Certificates for the hosts, by service. @default users come by the endpoints that API Gateway gives */
  readonly domains?: Readonly<Record<string, EdgeDomain>>;
  /** How certificates are signed, and for how many tasks. @default the defaults of `CertificateAuthority` */
  readonly authority?: Omit<
    CertificateAuthorityProps,
    'plan' | 'encryptionKey' | 'logRetention' | 'accessLogBucket'
  >;
  /** How the token authorizer runs. @default the defaults of `TokenAuthorizer` */
  readonly authorizer?: Omit<
    TokenAuthorizerProps,
    'plan' | 'apis' | 'services' | 'encryptionKey' | 'retention'
  >;
  /** What the edge firewall does, or one that exists. @default the defaults of `WebFirewall` */
  readonly firewall?: Omit<WebFirewallProps, 'scope'> | IWebFirewall;
  /**
   * New logical ID → the one that is deployed. An entry keeps a resource that a renamed service would else
   * replace.
   * @default none
   */
  readonly renames?: Renames;
}
