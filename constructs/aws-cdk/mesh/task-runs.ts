import { CfnResource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { embeddedJson, JSON_TEXTS } from '../support/embedded-json.js';
import { synthesizedProperties } from '../support/synthesized.js';

/** A place of a template that has tasks run. */
export interface TaskRun {
  readonly resource: CfnResource;
  /** Names which task definition. */
  readonly taskDefinition: unknown;
  readonly securityGroups: unknown;
  readonly assignPublicIp: unknown;
  /** What the task gets otherwise than its definition has it; `unknown` where only the run itself knows. */
  readonly overrides: readonly unknown[] | 'unknown';
}

type Properties = Readonly<Record<string, unknown>>;

/** What runs tasks: services, task sets, rules, schedules, pipes, state machines, and calls of a deployment. */
const RUNNERS = new Set([
  'AWS::ECS::Service',
  'AWS::ECS::TaskSet',
  'AWS::Events::Rule',
  'AWS::Pipes::Pipe',
  'AWS::Scheduler::Schedule',
  'AWS::StepFunctions::StateMachine',
  'Custom::AWS',
]);

/** Everything below `root` that has tasks run, overrides of templates included. Ask while it is validated. */
export function taskRuns(root: IConstruct): TaskRun[] {
  return root.node
    .findAll()
    .filter((node) => CfnResource.isCfnResource(node) && RUNNERS.has(node.cfnResourceType))
    .flatMap((node) => {
      const resource = node as CfnResource;
      return runsIn(synthesizedProperties(resource), []).map((run) => ({ ...run, resource }));
    });
}

function runsIn(value: unknown, inputs: readonly unknown[]): Omit<TaskRun, 'resource'>[] {
  if (Array.isArray(value)) return value.flatMap((item) => runsIn(item, inputs));
  if (typeof value !== 'object' || value === null) return [];
  const found = value as Properties;
  const given = [...inputs, ...Object.entries(found).flatMap(([key, inner]) => inputOf(key, inner))];
  const below = Object.entries(found).flatMap(([key, inner]) =>
    runsIn(JSON_TEXTS.has(key) ? embeddedJson(inner) : inner, given),
  );
  const taskDefinition = get(found, 'TaskDefinition') ?? get(found, 'TaskDefinitionArn');
  if (taskDefinition === undefined) return below;
  const network = get(get(found, 'NetworkConfiguration'), 'AwsvpcConfiguration');
  const own = get(found, 'Overrides');
  const isUnknown =
    get(found, 'Overrides.$') !== undefined || typeof own === 'string' || given.includes(undefined);
  return [
    ...below,
    {
      taskDefinition,
      securityGroups: get(network, 'SecurityGroups'),
      assignPublicIp: get(network, 'AssignPublicIp') ?? get(network, 'AssignPublicIp.$'),
      overrides: isUnknown ? 'unknown' : [...given, own],
    },
  ];
}

/** What a target hands to the task is beside the target's parameters. */
function inputOf(key: string, value: unknown): unknown[] {
  if (value === undefined) return [];
  if (key === 'Input' || key === 'InputTemplate') return [embeddedJson(value)];
  return key === 'InputTransformer' ? [embeddedJson(get(value, 'InputTemplate'))] : [];
}

/** A property, however the service that has it writes it. */
export function get(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
}
