import { Stack } from 'aws-cdk-lib';
import type { CfnTaskDefinition, ContainerDefinition, TaskDefinition } from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { ConstructError } from '../support/error.js';
import { AGENT_UID, VOLUME } from './agent-container.js';

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
      'the sidecar guards the network of one task, which only awsvpc on Fargate has',
      `network mode ${taskDefinition.networkMode}`,
      'Make it a FargateTaskDefinition.',
    );
  }
  const { pidMode } = taskDefinition.node.defaultChild as CfnTaskDefinition;
  if (pidMode !== undefined) {
    throw fail(
      'shared-processes',
      "with shared processes the application could read the sidecar's memory, and its key",
      `pidMode ${pidMode}`,
      'Remove pidMode.',
    );
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
  if (typeof found.user === 'string' && found.user.split(':')[0] === String(AGENT_UID)) {
    throw fail(
      'runs-as-sidecar',
      "the sidecar's user is the sidecar's alone",
      found.user,
      'Use another number.',
    );
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
