import { Stack } from 'aws-cdk-lib';
import { type CfnTaskDefinition, ContainerDefinition, type TaskDefinition } from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { ConstructError } from '../support/error.js';
import { synthesizedProperties } from '../support/synthesized.js';
import { environmentAsMade, VOLUME } from './agent-container.js';
import { templateForm } from '../support/template-form.js';
import { agentFaults } from './agent-faults.js';
import { type Container, containerFaults, type Fault } from './container-faults.js';

/** A task definition with the container of the agent in it. */
export interface PointTask {
  /** A service, `gateway`, `egress` or `key-tunnel`. */
  readonly name: string;
  readonly taskDefinition: TaskDefinition;
  readonly agent: ContainerDefinition;
  /** Ports that are the agent's and its Envoy's. */
  readonly ports: readonly number[];
}

interface Synthesized {
  readonly PidMode?: unknown;
  readonly IpcMode?: unknown;
  readonly NetworkMode?: unknown;
  readonly RequiresCompatibilities?: unknown;
  readonly ProxyConfiguration?: unknown;
  readonly Volumes?: readonly { readonly Name?: unknown }[];
  readonly ContainerDefinitions?: readonly Container[];
}

/** Throws unless the task definition runs on Fargate with a network of its own and shares no processes. */
export function checkTask(scope: Construct, taskDefinition: TaskDefinition): void {
  const { pidMode: PidMode, proxyConfiguration: ProxyConfiguration } = taskDefinition.node
    .defaultChild as CfnTaskDefinition;
  const [first] = settingFaults({
    NetworkMode: taskDefinition.networkMode,
    RequiresCompatibilities: taskDefinition.isFargateCompatible ? ['FARGATE'] : [],
    PidMode,
    ProxyConfiguration,
  });
  if (first) throw problem(scope, taskDefinition, first);
}

/**
 * Throws for the first container of the application by which it could reach into the agent. Of what there is by now
 * each is rendered by itself: a task definition that was rendered once would take up no further container.
 */
export function checkContainers(
  scope: Construct,
  { taskDefinition, agent, ports }: Omit<PointTask, 'name'>,
): void {
  for (const container of taskDefinition.node.children) {
    if (!(container instanceof ContainerDefinition) || container === agent) continue;
    const rendered = templateForm(Stack.of(container).resolve(container.renderContainerDefinition()));
    const [first] = containerFaults(rendered as Container, agent.containerName, ports);
    if (first) throw problem(scope, taskDefinition, first);
  }
}

/**
 * What is wrong with a task definition as the template will have it, overrides included. To be asked while the tree is
 * validated: before that it is not final, and rendering it would make it so.
 */
export function taskProblems(
  scope: Construct,
  { taskDefinition, agent, ports }: PointTask,
): ConstructError[] {
  const resource = taskDefinition.node.defaultChild as CfnTaskDefinition;
  const found: Synthesized = synthesizedProperties(resource);
  const containers = found.ContainerDefinitions ?? [];
  const made = { ...agent.renderContainerDefinition(), environment: environmentAsMade(agent) };
  const expected = templateForm(Stack.of(agent).resolve(made));
  const others = containers.filter(({ Name }) => Name !== agent.containerName);
  return [
    ...settingFaults(found),
    ...volumeFaults(found),
    ...agentFaults(containers, agent.containerName, expected as Container),
    ...others.flatMap((container) => containerFaults(container, agent.containerName, ports)),
  ].map((fault) => problem(scope, taskDefinition, fault));
}

function settingFaults(task: Synthesized): Fault[] {
  const { PidMode, IpcMode, NetworkMode, RequiresCompatibilities, ProxyConfiguration } = task;
  const faults: Fault[] = [];
  if (ProxyConfiguration !== undefined) {
    faults.push({
      code: 'other-proxy',
      message: 'the connections of the task would go through another proxy than its sidecar',
      found: `ProxyConfiguration ${JSON.stringify(ProxyConfiguration)}`.slice(0, 300),
      remedy: 'Remove it: the application calls its upstreams by the variables that it is told.',
    });
  }
  if (NetworkMode !== 'awsvpc' || ![RequiresCompatibilities].flat().includes('FARGATE')) {
    faults.push({
      code: 'not-on-fargate',
      message: 'the sidecar guards the network of one task, which only awsvpc on Fargate has',
      found: `NetworkMode ${String(NetworkMode)} for ${JSON.stringify(RequiresCompatibilities)}`,
      remedy: 'Make it a FargateTaskDefinition, and override neither.',
    });
  }
  for (const [name, value] of Object.entries({ PidMode, IpcMode })) {
    if (value === undefined) continue;
    faults.push({
      code: 'shared-processes',
      message: "with shared processes or memory the application could read the sidecar's memory, and its key",
      found: `${name} ${JSON.stringify(value)}`,
      remedy: 'Remove it.',
    });
  }
  return faults;
}

/** The volume is the task's own storage, which ends with it; not a file system that others mount. */
function volumeFaults({ Volumes = [] }: Synthesized): Fault[] {
  const own = Volumes.filter(({ Name }) => Name === VOLUME);
  if (JSON.stringify(own) === JSON.stringify([{ Name: VOLUME }])) return [];
  return [
    {
      code: 'sidecar-volume-changed',
      message: "the volume has the sidecar's key, and would lie elsewhere than in the task's own storage",
      found: JSON.stringify(own).slice(0, 300),
      remedy: 'Remove the override, or give the other volume another name.',
    },
  ];
}

function problem(scope: Construct, { node }: TaskDefinition, { container, ...fault }: Fault): ConstructError {
  const prop = container === undefined ? node.path : `${node.path}/${container}`;
  return new ConstructError(scope, { ...fault, prop });
}
