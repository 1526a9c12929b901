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

/** What runs the tasks of each point, services and schedules alike. Ask while the tree is validated. */
export function runsByPoint(mesh: IConstruct, points: readonly AttachedPoint[]): RunsByPoint {
  const runs = taskRuns(Stage.of(mesh) ?? mesh.node.root);
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
