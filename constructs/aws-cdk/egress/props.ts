import type { SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { Mesh } from '../mesh/index.js';

export interface EgressGatewayProps {
  /** What the gateway is a point of. Its plan must have a way out (`egress` of the model). */
  readonly mesh: Mesh;
  /** Subnets with a way out, none of them public. @default private subnets with egress */
  readonly subnets?: SubnetSelection;
  /** At least 2. @default 2 */
  readonly minTasks?: number;
  /** @default 10 */
  readonly maxTasks?: number;
  /** CPU use in percent above which tasks are added. @default 50 */
  readonly targetCpuPercent?: number;
  /** CPU units of a task; 1024 are a core. @default 256 */
  readonly cpu?: number;
  /** Memory of a task, in MiB. The proxy begins to refuse at 1024. @default 2048 */
  readonly memoryMiB?: number;
}
