import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { IHostedZone } from 'aws-cdk-lib/aws-route53';
import type { MinimumTls } from '../edge/tls.js';
import type { IWebFirewall } from '../firewall/index.js';
import type { Weakening } from '../support/weakening.js';

/** What the host of one service needs that is in no model. */
export interface LoadBalancedHost {
  /** Of AWS Certificate Manager, in this region, for the service's host. */
  readonly certificate: ICertificate;
  /** The zone of the host; a record is made in it. @default no record */
  readonly hostedZone?: IHostedZone;
}

/** What the load balancer looks at in tokens before the gateway judges them. */
export interface JwtCheckProps {
  /** How the issuer writes the audience. A token in which it is written otherwise is refused. */
  readonly audience: 'single-string' | 'string-array';
}

/** A service to which the load balancer leads clients because the model says so. */
export interface LoadBalancedService extends LoadBalancedHost {
  /**
   * The load balancer refuses requests without a token of the issuer for this service; the rest the gateway judges as ever. An
   * error where it would refuse what the model admits. It fetches the issuer's keys, so its group then lets it out at port 443.
   * @default the load balancer looks at no token
   */
  readonly jwtCheck?: JwtCheckProps;
}

/** How the load balancer stands; all services that it leads to share it. */
export interface LoadBalancerSettings {
  /** Public ones, of at least two zones. @default the public subnets of the VPC */
  readonly subnets?: SubnetSelection;
  /** Ranges from which clients are let in, `198.51.100.0/24`, of IPv4. @default from everywhere */
  readonly allowedNetworks?: readonly string[];
  /** @default '1.2': with forward secrecy and post-quantum key exchange */
  readonly minimumTls?: MinimumTls;
  /** Stands before the load balancer. Without one `withoutFirewall` must say why. */
  readonly firewall?: IWebFirewall;
  /** There is no firewall before the load balancer. @default one is needed */
  readonly withoutFirewall?: Weakening;
}

/** How clients come to the gateway by a load balancer. */
export interface LoadBalancerOptions extends LoadBalancerSettings {
  /** Every service of the plan with `edge: 'loadBalancer'`. */
  readonly services: Readonly<Record<string, LoadBalancedService>>;
  /** With a `jwtCheck`: ranges of IPv4 in which the issuers' keys are, port 443. @default everywhere */
  readonly keyNetworks?: readonly string[];
}
