import type { Duration } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { LoadBalancedHost, LoadBalancerSettings } from '../load-balancer/index.js';

/** What the login of one service needs that is in no model. */
export interface ServiceLogin extends LoadBalancedHost {
  /** The secret of the client that the model names. The gateway's tasks read it, again every five minutes. */
  readonly clientSecret: ISecret;
  /** The field that has it, of a secret in JSON. @default the text of the secret */
  readonly field?: string;
}

/** How browsers come to the gateway that sign in there: by the load balancer. */
export interface LoginOptions extends LoadBalancerSettings {
  /** Every service of the plan that has `login`. */
  readonly services: Readonly<Record<string, ServiceLogin>>;
  /** How often another secret seals sessions; whoever has one then goes by the provider once more. 1 to 365 days. @default 30 days */
  readonly sealRotation?: Duration;
}
