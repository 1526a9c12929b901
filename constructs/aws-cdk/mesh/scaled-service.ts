import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { FargateService, type FargateTaskDefinition, type ICluster } from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { checkRange } from '../support/literal.js';

/** How many tasks a gateway has. */
export interface ScalingProps {
  /** At least 2. @default 2 */
  readonly minTasks?: number;
  /** @default 10 */
  readonly maxTasks?: number;
  /** CPU use in percent above which tasks are added. @default 50 */
  readonly targetCpuPercent?: number;
}

export interface ScaledServiceProps {
  readonly cluster: ICluster;
  readonly taskDefinition: FargateTaskDefinition;
  readonly subnets: SubnetSelection;
  readonly securityGroup: ISecurityGroup;
  readonly scaling: ScalingProps;
}

const MIN_TASKS = 2;
const MAX_TASKS = 10;

/** A gateway's tasks, as many as their CPU use asks for. */
export function scaledService(scope: Construct, id: string, props: ScaledServiceProps): FargateService {
  const { cluster, taskDefinition, subnets, securityGroup } = props;
  const { minTasks = MIN_TASKS, maxTasks = MAX_TASKS, targetCpuPercent = 50 } = props.scaling;
  const service = new FargateService(scope, id, {
    cluster,
    taskDefinition,
    vpcSubnets: subnets,
    securityGroups: [securityGroup],
    assignPublicIp: false,
    // No `desiredCount`: each deployment would set a gateway back that has scaled out.
    // No task ends before another is healthy, and a rollout that does not get healthy is undone.
    minHealthyPercent: 100,
    maxHealthyPercent: 200,
    circuitBreaker: { rollback: true },
    enableExecuteCommand: false,
  });
  service
    .autoScaleTaskCount({ minCapacity: minTasks, maxCapacity: maxTasks })
    .scaleOnCpuUtilization('Cpu', { targetUtilizationPercent: targetCpuPercent });
  return service;
}

export function checkScaling(
  scope: Construct,
  { minTasks = MIN_TASKS, maxTasks = MAX_TASKS }: ScalingProps,
): void {
  const remedy = 'Two tasks are the least of which one may end.';
  checkRange(scope, minTasks, { prop: 'minTasks', min: 2, max: 1000, unit: 'tasks', remedy });
  checkRange(scope, maxTasks, { prop: 'maxTasks', min: minTasks, max: 5000, unit: 'tasks', remedy });
}

/** Whether the internet has a way into one of the subnets. */
export function isOpen(vpc: IVpc, subnets: SubnetSelection): boolean {
  const { hasPublic, subnetIds } = vpc.selectSubnets(subnets);
  const open = new Set(vpc.publicSubnets.map(({ subnetId }) => subnetId));
  return hasPublic || subnetIds.some((subnet) => open.has(subnet));
}
