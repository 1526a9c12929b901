import { Stack, Stage } from 'aws-cdk-lib';
import type { ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { CfnTaskDefinition, TaskDefinition } from 'aws-cdk-lib/aws-ecs';
import type { IConstruct } from 'constructs';
import { Mentions } from '../support/mentions.js';
import { type TaskRun, taskRuns } from './task-runs.js';

/** A point's task, and the one group that its tasks may have. */
export interface AttachedPoint {
  readonly name: string;
  readonly taskDefinition: TaskDefinition;
  /** The agent's container. */
  readonly agent: string;
  readonly securityGroup: ISecurityGroup;
}

export type RunsByPoint = ReadonlyMap<AttachedPoint, readonly TaskRun[]>;

/** Whatever has tasks run beside a mesh, services and schedules alike. Ask while the tree is validated. */
export function runsBeside(mesh: IConstruct): TaskRun[] {
  return taskRuns(Stage.of(mesh) ?? mesh.node.root);
}

/** Of these what runs the tasks of each point. */
export function runsByPoint(runs: readonly TaskRun[], points: readonly AttachedPoint[]): RunsByPoint {
  return new Map(
    points.map((point) => {
      const { taskDefinition } = point;
      const resource = taskDefinition.node.defaultChild as CfnTaskDefinition;
      const families = [taskDefinition.family, resource.family].filter((family) => family !== undefined);
      const mentions = new Mentions({
        construct: taskDefinition,
        values: [taskDefinition.taskDefinitionArn, ...families],
      });
      return [point, runs.filter((run) => mentions.isIn(Stack.of(run.resource), run.taskDefinition))];
    }),
  );
}
