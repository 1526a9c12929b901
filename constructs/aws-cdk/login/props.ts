import type { Duration } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { IHostedZone } from 'aws-cdk-lib/aws-route53';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { MinimumTls } from '../edge/tls.js';
import type { IWebFirewall } from '../firewall/index.js';
import type { Weakening } from '../support/weakening.js';

/** What the login of one service needs that is in no model. */
export interface ServiceLogin {
  /** The secret of the client that the model names. The gateway's tasks read it, again every five minutes. */
  readonly clientSecret: ISecret;
  /** The field that has it, of a secret in JSON. @default the text of the secret */
  readonly field?: string;
  /** Of AWS Certificate Manager, in this region, for the service's host. */
  readonly certificate: ICertificate;
  /** The zone of the host; a record is made in it. @default no record */
  readonly hostedZone?: IHostedZone;
}

/** How browsers come to the gateway that sign in there. */
export interface BrowserEdgeOptions {
  /** Every service of the plan that has `login`. */
  readonly services: Readonly<Record<string, ServiceLogin>>;
  /** Public ones, of at least two zones. @default the public subnets of the VPC */
  readonly subnets?: SubnetSelection;
  /** Ranges from which browsers are let in, `198.51.100.0/24`, of IPv4. @default from everywhere */
  readonly allowedNetworks?: readonly string[];
  /** @default '1.2': with forward secrecy and post-quantum key exchange */
  readonly minimumTls?: MinimumTls;
  /** How often another secret seals sessions; whoever has one then goes by the provider once more. 1 to 365 days. @default 30 days */
  readonly sealRotation?: Duration;
  /** Stands before the load balancer. Without one `withoutFirewall` must say why. */
  readonly firewall?: IWebFirewall;
  /** There is no firewall before the load balancer. @default one is needed */
  readonly withoutFirewall?: Weakening;
}
