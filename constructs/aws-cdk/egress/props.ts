import type { SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { Mesh, ScalingProps } from '../mesh/index.js';

export interface EgressGatewayProps extends ScalingProps {
  /** What the gateway is a point of. Its plan must have a way out (`egress` of the model). */
  readonly mesh: Mesh;
  /** Subnets with a way out, none of them public. @default private subnets with egress */
  readonly subnets?: SubnetSelection;
  /** CPU units of a task; 1024 are a core. @default 256 */
  readonly cpu?: number;
  /** Memory of a task, in MiB. The proxy begins to refuse at 1024. @default 2048 */
  readonly memoryMiB?: number;
}
