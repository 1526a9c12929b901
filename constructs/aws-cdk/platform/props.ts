import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { ZeroTrustModel } from '../../../lib/model/platform.js';
import type { ProtectedApi, TokenAuthorizerProps } from '../authorizer/index.js';
import type { CertificateAuthorityProps } from '../authority/index.js';
import type { EdgeDomain, ServiceEdgeProps } from '../edge/index.js';
import type { DnsFirewallProps, EgressGatewayProps, NetworkFirewallProps } from '../egress/index.js';
import type { IWebFirewall, WebFirewallProps } from '../firewall/index.js';
import type { GatewayServiceProps } from '../gateway/index.js';
import type {
  FederatedMfa,
  IUserDirectory,
  PlannedPipelineRoleProps,
  UserDirectoryProps,
} from '../identity/index.js';
import type { LoadBalancerOptions } from '../load-balancer/index.js';
import type { LoginOptions } from '../login/index.js';
import type { MeshProps } from '../mesh/index.js';
import type { IRevocationList } from '../revocations/index.js';
import type { BucketKeyProps } from '../support/bucket-key.js';
import type { LogProps } from '../support/encrypted-log-group.js';
import type { FunctionInstrumentation } from '../support/instrumentation.js';
import type { Renames } from '../support/logical-id.js';
import type { Weakening } from '../support/weakening.js';
import type { PlatformVisibilityProps } from './visibility.js';

/** How every service's API is exposed. */
export type PlatformEdgeProps = Pick<
  ServiceEdgeProps,
  'minimumTls' | 'allowedNetworks' | 'port' | 'unverifiedGateway' | 'stageName' | 'loggingRole'
>;

/** A directory that the platform makes; its audiences, logs and key are the platform's. */
export interface PlatformDirectoryProps
  extends Omit<UserDirectoryProps, 'audiences' | 'encryptionKey' | 'retention' | 'federatedMfa'> {
  /** Needed with `providers` while `mfa` is required. By policy: every rule for these users has `mfa()`. */
  readonly federatedMfa?:
    | Omit<Extract<FederatedMfa, { enforcedBy: 'policy' }>, 'plan' | 'issuer'>
    | Extract<FederatedMfa, { enforcedBy: 'nobody' }>;
}

/** The role that a pipeline of the model takes with its own token. */
export type PlatformPipelineProps = Omit<PlannedPipelineRoleProps, 'plan' | 'pipeline'>;

/** How calls leave the platform. */
export interface PlatformEgressProps extends Omit<EgressGatewayProps, 'mesh'> {
  /**
   * Which names may be looked up besides those of the model, of the mesh and of AWS, and where these rules stand among
   * others of the network. It is for everybody in the network.
   * @default in a network of the platform's own it is there and allows no more; in a network of yours it is not
   */
  readonly dnsFirewall?: Pick<DnsFirewallProps, 'priority'> &
    Partial<Pick<DnsFirewallProps, 'allowedDomains'>>;
  /**
   * In a network of the platform's own: no DNS firewall, so that a taken task can carry data out in the names that it
   * looks up.
   * @default there is one
   */
  readonly withoutDnsFirewall?: Weakening;
  /**
   * AWS Network Firewall on the way out as well, some $580 a month in two zones. In a network of the platform's own `{}` is
   * all that it needs; in one of yours `endpointSubnets`.
   * @default none: security groups, egress gateway and DNS firewall
   */
  readonly networkFirewall?: Partial<
    Pick<NetworkFirewallProps, 'endpointSubnets' | 'protectedSubnets' | 'natSubnets' | 'allowedHosts'>
  >;
}

export interface ZeroTrustPlatformProps extends LogProps, BucketKeyProps {
  /** Who may call what: from `defineZeroTrust`. */
  readonly model: ZeroTrustModel;
  /**
   * Where services, gateways and key tunnel run; it needs private subnets.
   * @default a network of two zones with NAT and a flow log
   */
  readonly vpc?: IVpc;
  /** How services join: cluster, namespace, image and endpoints of the mesh. @default the defaults of `Mesh` */
  readonly mesh?: Omit<
    MeshProps,
    | 'plan'
    | 'authority'
    | 'vpc'
    | 'encryptionKey'
    | 'bucketEncryptionKey'
    | 'retention'
    | 'accessLogBucket'
    | 'placement'
    | 'revocations'
    | 'directories'
  >;
  /**
   * Where people sign in, for each `cognito({ directory })` of the model: what the platform makes, or a directory of
   * yours (`UserDirectory.fromUserPool`). The platform's firewall stands before those that it makes.
   * @default none: the model names every issuer by its ids
   */
  readonly directories?: Readonly<Record<string, PlatformDirectoryProps | IUserDirectory>>;
  /** Roles in this account for pipelines of the model, by name. @default none: they call services only */
  readonly pipelines?: Readonly<Record<string, PlatformPipelineProps>>;
  /**
   * REST APIs that exist, each with the service behind it. Their methods get the authorizer and their stages the
   * firewall.
   * @default none
   */
  readonly apis?: readonly ProtectedApi[];
  /**
   * The gateway between API Gateway and the services, and with it a REST API for every public service that no API
   * of `apis` serves. Its certificate must be given: API Gateway verifies it.
   * @default needed if a public service has no API yet; 'none' makes neither gateway nor APIs
   */
  readonly gateway?: Omit<GatewayServiceProps, 'mesh' | 'login' | 'loadBalancer'> | 'none';
  /**
   * Public services that get no REST API: users do not reach them on AWS. For rules that want a certificate-bound
   * token where no domain asks for one, and for protocols that do not pass API Gateway.
   * @default none
   */
  readonly notExposed?: readonly string[];
  /**
   * How the egress gateway runs, which is there if the model has `egress`, and what else closes the network.
   * @default the defaults of `EgressGateway`
   */
  readonly egress?: PlatformEgressProps;
  /**
   * For each service of the model with `login`: its certificate, and the secret of its client. Browsers come to the gateway by
   * a load balancer behind the platform's firewall, and by no REST API.
   * @default none: no service of the model has `login`
   */
  readonly login?: Omit<LoginOptions, 'firewall'>;
  /**
   * For each service of the model with `edge: 'loadBalancer'`: its certificate. Clients come to the gateway by a load balancer
   * behind the platform's firewall, and by no REST API.
   * @default none: no service of the model has `edge`
   */
  readonly loadBalancer?: Omit<LoadBalancerOptions, 'firewall'>;
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
    'plan' | 'apis' | 'services' | 'encryptionKey' | 'retention' | 'logGroup' | 'revocations' | 'directories'
  >;
  /** What authorizers, gateway and sidecars learn of while they run. @default a list of the platform's own */
  readonly revocations?: IRevocationList;
  /** What the edge firewall does, or one that exists. @default the defaults of `WebFirewall` */
  readonly firewall?: Omit<WebFirewallProps, 'scope'> | IWebFirewall;
  /** Where alarms go. @default an encrypted topic of the platform's own */
  readonly alarmTopic?: ITopic;
  /**
   * The locked archive of logs, the audit trail, queries and the dashboard; 'none' makes nothing of it.
   * @default the defaults of `PlatformVisibilityProps`
   */
  readonly visibility?: PlatformVisibilityProps | 'none';
  /**
   * Layers and variables that an aspect of the app adds to every function, such as Lambda Insights or tracing. Their code runs
   * in the functions that sign and judge.
   * @default none: synthesis stops for one that somebody adds
   */
  readonly instrumentation?: FunctionInstrumentation;
  /**
   * Rules of `access`, by name, of which every use sounds an alarm.
   * @default those whose names begin with `break-glass`
   */
  readonly watchedRules?: readonly string[];
  /**
   * New logical ID → the one that is deployed. An entry keeps a resource that a renamed service would else
   * replace.
   * @default none
   */
  readonly renames?: Renames;
}
