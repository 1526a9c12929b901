import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import type { SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { LoadBalancerOptions } from '../load-balancer/index.js';
import type { LoginOptions } from '../login/index.js';
import type { Mesh, ScalingProps } from '../mesh/index.js';
import type { Weakening } from '../support/weakening.js';

export interface GatewayServiceProps extends ScalingProps {
  /** What the gateway is a point of. Its plan must have a service with a public host. */
  readonly mesh: Mesh;
  /**
   * The server's certificate, of a public authority and for every public host: JSON with `certificate` (with
   * its chain) and `privateKey` in PEM. API Gateway verifies it. Read again every hour.
   *
   * @default none: `unverifiedCertificate` must say why
   */
  readonly certificate?: ISecret;
  /**
   * The gateway shows a certificate that it made itself and that API Gateway cannot verify: whoever stands
   * between the two in this account's network is believed.
   *
   * @default a certificate is needed
   */
  readonly unverifiedCertificate?: Weakening;
  /**
   * Where the exchange of API Gateway's client certificates stands. Raise it by one and deploy: an even step shows the
   * next certificate, an odd one makes and pins another. A deployment that raises it by two fails.
   * @default 1
   */
  readonly clientCertificateStep?: number;
  /**
   * How browsers come that sign in at the gateway, and what the model does not say of it: needed if a service has `login`.
   * @default there is no such service
   */
  readonly login?: LoginOptions;
  /**
   * How clients come to services with `edge: 'loadBalancer'`, and what the model does not say of it: needed if there is one.
   * One load balancer leads to these and to those with `login`.
   * @default there is no such service
   */
  readonly loadBalancer?: LoadBalancerOptions;
  /** At least two zones. @default the private subnets */
  readonly subnets?: SubnetSelection;
  /** CPU units of a task; 1024 are a core. @default 512 */
  readonly cpu?: number;
  /** Memory of a task, in MiB. The proxy begins to refuse at 1024. @default 2048 */
  readonly memoryMiB?: number;
  /** What every alarm does. @default nothing: the alarms are there to be seen */
  readonly alarmActions?: readonly IAlarmAction[];
}
