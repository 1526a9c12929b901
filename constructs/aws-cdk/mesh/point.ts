import type { ContainerDefinition, TaskDefinition } from 'aws-cdk-lib/aws-ecs';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { KEY_TUNNEL } from '../../../lib/plan/names.js';
import type { RefValues } from '../../../lib/plan/refs.js';
import { IdentityRecord, type ImportedRole } from '../authority/index.js';
import { type AgentContainerProps, addAgentContainer } from './agent-container.js';
import type { MeshBase } from './mesh-base.js';

export interface PointOptions {
  /** A service, `gateway`, `egress` or `key-tunnel`. */
  readonly name: string;
  readonly containerName: AgentContainerProps['name'];
  readonly port: number;
  readonly refs: RefValues;
  readonly memoryMiB: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly importedRole?: ImportedRole;
}

/**
 * Make a task definition a point: the agent's container, the record of its identity, and three rights, to
 * ask for its certificate, to read its own configurations, and what is revoked. All of it stands where the task definition does.
 */
export function addPoint(
  mesh: MeshBase,
  taskDefinition: TaskDefinition,
  options: PointOptions,
): ContainerDefinition {
  const { name, containerName, importedRole, ...rest } = options;
  const scope = new Construct(taskDefinition, 'ZeroTrust');
  const { taskRole } = taskDefinition;
  const record = new IdentityRecord(scope, 'Identity', {
    plan: mesh.plan,
    service: name,
    role: taskRole,
    ...(importedRole && { importedRole }),
  });
  mesh.authority.grantRegister(taskRole);
  taskRole.addToPrincipalPolicy(mesh.store.readStatement(name));
  const { environment, ...others } = rest;
  const container = addAgentContainer(scope, taskDefinition, {
    ...others,
    environment: { ...revocations(mesh, name, taskRole), ...environment },
    name: containerName,
    image: mesh.image,
    configuration: { bucketName: mesh.store.bucketName, key: mesh.store.keyOf(name) },
    registrationArn: mesh.authority.registrationArn,
    logGroup: mesh.network(name).logGroup,
    drainSeconds: mesh.drainSeconds,
  });
  // A task that starts before its identity is on record would be refused.
  taskDefinition.node.defaultChild?.node.addDependency(record);
  mesh.watchCertificateAge(name);
  mesh.metricDecisionServiceEnds(name);
  return container;
}

/** Where the agent learns what is revoked, and alarms for when it does not; the key tunnel has no rules. */
function revocations(mesh: MeshBase, name: string, taskRole: IRole): Readonly<Record<string, string>> {
  const { revocations: list } = mesh;
  if (!list || name === KEY_TUNNEL) return {};
  taskRole.addToPrincipalPolicy(list.readStatement());
  mesh.watchRevocationAge(name);
  return {
    ZTP_REVOCATIONS_BUCKET: list.bucketName,
    ZTP_REVOCATIONS_KEY: list.objectKey,
    ZTP_REVOCATIONS_OUTAGE: String(mesh.revocationOutageSeconds),
  };
}
