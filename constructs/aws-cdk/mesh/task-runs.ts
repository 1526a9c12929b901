import { CfnResource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { embeddedJson, inside, putIntoFile } from '../support/embedded-json.js';
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

/** What runs tasks: services, task sets, rules, schedules, pipes and state machines. */
const RUNNERS = new Set([
  'AWS::ECS::Service',
  'AWS::ECS::TaskSet',
  'AWS::Events::Rule',
  'AWS::Pipes::Pipe',
  'AWS::Scheduler::Schedule',
  'AWS::StepFunctions::StateMachine',
]);
/** The calls of an `AwsCustomResource`, whatever type it says that it is. What other custom resources do is code. */
const CALLS = ['Create', 'Update', 'Delete'];
const CUSTOM = /^(?:Custom::|AWS::CloudFormation::CustomResource$)/;

/** Everything below `root` that has tasks run, overrides of templates included. Ask while it is validated. */
export function taskRuns(root: IConstruct): TaskRun[] {
  return root.node
    .findAll()
    .filter((node) => CfnResource.isCfnResource(node))
    .flatMap((resource) => runsOf(resource).map((run) => ({ ...run, resource })));
}

function runsOf(resource: CfnResource): Run[] {
  const { cfnResourceType: type } = resource;
  if (RUNNERS.has(type)) return runsIn(synthesizedProperties(resource), []);
  if (!CUSTOM.test(type)) return [];
  const properties = Object.entries(synthesizedProperties(resource));
  return runsIn(Object.fromEntries(properties.filter(([name]) => CALLS.includes(name))), []);
}

type Run = Omit<TaskRun, 'resource'>;

function runsIn(value: unknown, inputs: readonly unknown[]): Run[] {
  if (Array.isArray(value)) return value.flatMap((item) => runsIn(item, inputs));
  if (typeof value !== 'object' || value === null) return [];
  const found = value as Properties;
  const given = [...inputs, ...Object.entries(found).flatMap(([key, inner]) => inputOf(key, inner))];
  const below = [
    ...Object.keys(found).flatMap((key) => runsIn(inside(found, key), given)),
    ...putIntoFile(found).map((put) => ({ ...UNKNOWN, taskDefinition: put })),
  ];
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

/** What is known of a run in a file. */
const UNKNOWN = { securityGroups: undefined, assignPublicIp: undefined, overrides: [] } as const;

/** What a target hands to the task is beside the target's parameters. */
function inputOf(key: string, value: unknown): unknown[] {
  if (value === undefined) return [];
  if (key === 'Input') return [embeddedJson(value)];
  if (key === 'InputTemplate') return [template(value)];
  return key === 'InputTransformer' ? [template(get(value, 'InputTemplate'))] : [];
}

/** A field of the event that is part of a text could end the text. */
function template(text: unknown): unknown {
  const found = embeddedJson(text);
  return /<[\w.-]+>/.test(JSON.stringify(found) ?? '') ? undefined : found;
}

/** A property, however the service that has it writes it. */
export function get(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
}
