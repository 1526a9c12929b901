import { Aspects } from 'aws-cdk-lib';
import { ContainerDefinition, ContainerDependencyCondition, type TaskDefinition } from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { checkContainers } from './application-checks.js';

export interface ApplicationProps {
  readonly sidecar: ContainerDefinition;
  /** Ports that are the sidecar's. */
  readonly ports: readonly number[];
  /** What every container is told: where its upstreams are. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Look at every container of the application and tell it where its upstreams are; those too that are added
 * after the join. Throws for what is wrong by then; the mesh looks again when everything is known.
 */
export function prepareApplication(
  scope: Construct,
  taskDefinition: TaskDefinition,
  { sidecar, ports, environment }: ApplicationProps,
): void {
  checkContainers(scope, { taskDefinition, agent: sidecar, ports });
  const told = new Set<ContainerDefinition>();
  const prepare = () => {
    for (const container of taskDefinition.node.children) {
      if (!(container instanceof ContainerDefinition) || container === sidecar) continue;
      if (told.has(container)) continue;
      told.add(container);
      for (const [name, url] of Object.entries(environment)) container.addEnvironment(name, url);
      stopBefore(sidecar, container);
    }
  };
  prepare();
  Aspects.of(taskDefinition).add({
    visit: (node) => {
      if (node === taskDefinition) prepare();
    },
  });
}

/**
 * ECS ends containers in the reverse order of their dependencies: the sidecar first, which drains while the
 * application still answers. An application that waits for the sidecar itself has chosen the other order.
 */
function stopBefore(sidecar: ContainerDefinition, container: ContainerDefinition): void {
  const waits = container.containerDependencies.some((dependency) => dependency.container === sidecar);
  if (waits || !container.essential) return;
  sidecar.addContainerDependencies({ container, condition: ContainerDependencyCondition.START });
}
