import { Annotations, Aspects } from 'aws-cdk-lib';
import {
  type CfnTaskDefinition,
  ContainerDefinition,
  ContainerDependencyCondition,
  type TaskDefinition,
} from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { checkContainers } from './application-checks.js';
import type { MeshEndpoints } from './endpoints.js';

/** Where secrets of containers come from, by the short names of their endpoints. */
const SECRET_STORES = ['secretsmanager', 'ssm'];

export interface ApplicationProps {
  readonly sidecar: ContainerDefinition;
  /** Ports that are the sidecar's. */
  readonly ports: readonly number[];
  /** What every container is told: where its upstreams are. */
  readonly environment: Readonly<Record<string, string>>;
  /** By which the task reaches AWS; absent if they are the user's own. */
  readonly endpoints: MeshEndpoints | undefined;
}

/**
 * Look at every container of the application and tell it where its upstreams are; those too that are added
 * after the join. Throws for what is wrong by then; the mesh looks again when everything is known.
 */
export function prepareApplication(
  scope: Construct,
  taskDefinition: TaskDefinition,
  { sidecar, ports, environment, endpoints }: ApplicationProps,
): void {
  checkContainers(scope, { taskDefinition, agent: sidecar, ports });
  const told = new Set<ContainerDefinition>();
  const prepare = () => {
    for (const container of taskDefinition.node.children) {
      if (!(container instanceof ContainerDefinition) || container === sidecar) continue;
      if (told.has(container)) continue;
      told.add(container);
      for (const [name, url] of Object.entries(environment)) container.addEnvironment(name, url);
      tellOfSecrets(container, endpoints);
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

/** A task starts when its secrets are there, and the group that a member has reaches the endpoints of the mesh alone. */
function tellOfSecrets(container: ContainerDefinition, endpoints: MeshEndpoints | undefined): void {
  const { secrets } = container.renderContainerDefinition() as CfnTaskDefinition.ContainerDefinitionProperty;
  if (!endpoints || !secrets || (secrets as unknown[]).length === 0) return;
  if (SECRET_STORES.some((store) => endpoints.has(store))) return;
  Annotations.of(container).addWarningV2(
    `zero-trust-platform:secrets-without-endpoint:${container.node.path}`,
    `${container.node.path} has secrets, and no endpoint of the mesh leads to where they are: its task would not start. Add one before the join: mesh.endpoints?.add('SecretsManager', InterfaceVpcEndpointAwsService.SECRETS_MANAGER), or 'Ssm' with InterfaceVpcEndpointAwsService.SSM.`,
  );
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
