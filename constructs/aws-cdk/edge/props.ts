import type { IVpcLink } from 'aws-cdk-lib/aws-apigateway';
import type { Plan } from '../../../lib/plan/plan.js';
import type { ITokenAuthorizer } from '../authorizer/index.js';
import type { IWebFirewall } from '../firewall/index.js';
import type { LogProps } from '../support/encrypted-log-group.js';
import type { Weakening } from '../support/weakening.js';
import type { EdgeDomain } from './domain.js';
import type { EdgeApi } from './edge-api.js';
import type { MinimumTls } from './tls.js';

/** What the stage admits, over all clients. */
export interface EdgeThrottle {
  /** Requests a second. */
  readonly rate: number;
  /** Requests at once. */
  readonly burst: number;
}

export interface ServiceEdgeProps extends LogProps {
  /** From `resolve(model, { engine: 'aws' })`. */
  readonly plan: Plan;
  /** A service with a public host. */
  readonly service: string;
  /** Asked before anything else happens. */
  readonly authorizer: ITokenAuthorizer;
  /** Leads to the gateway's internal load balancer. */
  readonly link: IVpcLink;
  /** Stands before the stage. Without one `withoutFirewall` must say why. */
  readonly firewall?: IWebFirewall;
  /** @default a firewall is needed */
  readonly withoutFirewall?: Weakening;
  /** The API, if it stands in another stack than this. @default an API of the construct's own */
  readonly api?: EdgeApi;
  /** The service's own host. @default users come by the endpoint that API Gateway gives, with a stage */
  readonly domain?: EdgeDomain;
  /** @default '1.2': with forward secrecy and post-quantum key exchange */
  readonly minimumTls?: MinimumTls;
  /** Ranges from which requests are taken. Of an `api` that is given its own are in force. @default everywhere */
  readonly allowedNetworks?: readonly string[];
  /** @default the service's requests a second of the plan, as rate and as burst */
  readonly throttle?: EdgeThrottle;
  /** The port of the gateway's listener for API Gateway. @default 443 */
  readonly port?: number;
  /** The certificate by which the gateway knows API Gateway. @default one of the construct's own */
  readonly clientCertificateId?: string;
  /**
   * The gateway's certificate is not of a public authority, so API Gateway cannot verify it: whoever stands
   * between the two is believed. @default it is verified
   */
  readonly unverifiedGateway?: Weakening;
  /** @default 'live' */
  readonly stageName?: string;
  /** Whether the account's role for the logs of API Gateway is made here, or exists. @default 'made' */
  readonly loggingRole?: 'made' | 'existing';
}
