import { Stack } from 'aws-cdk-lib';
import type { CfnTaskDefinition, ContainerDefinition, TaskDefinition } from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { ConstructError } from '../support/error.js';
import { synthesizedProperties } from '../support/synthesized.js';
import { AGENT_UID, VOLUME } from './agent-container.js';

const SHARED = "with shared processes the application could read the sidecar's memory, and its key";
const NETWORK = 'the sidecar guards the network of one task, which only awsvpc on Fargate has';
const OWN_USER = "the sidecar's user is the sidecar's alone";

/** What a rendered container says that could reach into the sidecar. */
interface Rendered {
  readonly user?: unknown;
  readonly linuxParameters?: { readonly capabilities?: { readonly add?: readonly string[] } };
  readonly mountPoints?: readonly { readonly sourceVolume?: unknown }[];
  readonly volumesFrom?: readonly { readonly sourceContainer?: unknown }[];
  readonly portMappings?: readonly {
    readonly containerPort?: unknown;
    readonly containerPortRange?: unknown;
  }[];
}

/** Throws unless the task definition runs on Fargate with a network of its own and shares no processes. */
export function checkTask(scope: Construct, taskDefinition: TaskDefinition): void {
  const fail = refusal(scope, taskDefinition.node.path);
  if (!taskDefinition.isFargateCompatible || taskDefinition.networkMode !== 'awsvpc') {
    throw fail(
      'not-on-fargate',
      NETWORK,
      `network mode ${taskDefinition.networkMode}`,
      'Make it a FargateTaskDefinition.',
    );
  }
  const { pidMode } = taskDefinition.node.defaultChild as CfnTaskDefinition;
  if (pidMode !== undefined) {
    throw fail('shared-processes', SHARED, `pidMode ${pidMode}`, 'Remove pidMode.');
  }
}

/** Throws if a container of the application could read the sidecar's key, or take its place. */
export function checkContainer(
  scope: Construct,
  container: ContainerDefinition,
  ports: readonly number[],
): void {
  const fail = refusal(scope, container.node.path);
  const found = Stack.of(container).resolve(container.renderContainerDefinition()) as Rendered;
  if (found.mountPoints?.some(({ sourceVolume }) => sourceVolume === VOLUME)) {
    throw fail(
      'mounts-sidecar-volume',
      "the volume has the sidecar's key",
      VOLUME,
      'Use a volume of its own.',
    );
  }
  if (found.volumesFrom?.some(({ sourceContainer }) => sourceContainer === 'sidecar')) {
    throw fail(
      'mounts-sidecar-volume',
      "the volume has the sidecar's key",
      'volumesFrom',
      'Remove volumesFrom.',
    );
  }
  if (isAgent(found.user)) {
    throw fail('runs-as-sidecar', OWN_USER, String(found.user), 'Use another number.');
  }
  const added = found.linuxParameters?.capabilities?.add ?? [];
  if (added.length > 0) {
    throw fail(
      'adds-capabilities',
      'a capability can reach beyond the container',
      added.join(', '),
      'Remove it.',
    );
  }
  for (const mapping of found.portMappings ?? []) {
    const taken = ports.find((port) => covers(mapping, port));
    if (taken === undefined) continue;
    throw fail(
      'declares-sidecar-port',
      'the port is a door of the sidecar',
      String(taken),
      'Listen on another port, below 15000.',
    );
  }
}

/** `020901` is that number too; a name is looked up in the image, which cannot be seen from here. */
function isAgent(user: unknown): boolean {
  return typeof user === 'string' && /^0*(\d+)(:.*)?$/.exec(user)?.[1] === String(AGENT_UID);
}

/** What overrides of the finished task definition would do; the props of an L1 do not show those. */
export function taskProblems(scope: Construct, taskDefinition: TaskDefinition, sidecar: string): string[] {
  const resource = taskDefinition.node.defaultChild as CfnTaskDefinition;
  const { PidMode, NetworkMode, ContainerDefinitions } = synthesizedProperties(resource) as Synthesized;
  const fail = refusal(scope, taskDefinition.node.path);
  const problems: ConstructError[] = [];
  if (PidMode !== undefined) {
    problems.push(fail('shared-processes', SHARED, `PidMode ${PidMode}`, 'Remove the override.'));
  }
  if (NetworkMode !== 'awsvpc') {
    problems.push(fail('not-on-fargate', NETWORK, `NetworkMode ${NetworkMode}`, 'Remove the override.'));
  }
  for (const { Name, User } of ContainerDefinitions ?? []) {
    if (Name === sidecar ? User === `${AGENT_UID}:${AGENT_UID}` : !isAgent(User)) continue;
    problems.push(fail('runs-as-sidecar', OWN_USER, `${Name} as ${User}`, 'Remove the override.'));
  }
  return problems.map(({ message }) => message);
}

interface Synthesized {
  readonly PidMode?: string;
  readonly NetworkMode?: string;
  readonly ContainerDefinitions?: readonly { readonly Name: string; readonly User?: string }[];
}

function covers(
  { containerPort, containerPortRange }: { containerPort?: unknown; containerPortRange?: unknown },
  port: number,
): boolean {
  if (typeof containerPortRange !== 'string') return containerPort === port;
  const [from = 0, to = from] = containerPortRange.split('-').map(Number);
  return from <= port && port <= to;
}

function refusal(scope: Construct, at: string) {
  return (code: string, message: string, found: string, remedy: string) =>
    new ConstructError(scope, { code, message, prop: at, found, remedy });
}
