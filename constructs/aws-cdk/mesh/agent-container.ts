import { Duration, Stack } from 'aws-cdk-lib';
import {
  Capability,
  type ContainerDefinition,
  type ContainerImage,
  LinuxParameters,
  LogDriver,
  type TaskDefinition,
} from 'aws-cdk-lib/aws-ecs';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { RefValues } from '../../../lib/plan/refs.js';
import { PORTS } from './ports.js';

/** The user of the agent and of Envoy, as in `gateway/Dockerfile`; no application may run as it. */
export const AGENT_UID = 20_901;
/** The only folder that they may write to, and the volume that is mounted there. */
export const VOLUME_PATH = '/var/lib/zero-trust';
export const VOLUME = 'zero-trust';

/** The agent asks itself: there is no shell in the image. */
export const HEALTH_COMMAND: readonly string[] = ['CMD', '/usr/local/bin/node', '/agent/index.js', 'health'];
/** The longest time that Fargate gives a container to end ("ContainerDefinition", Amazon ECS API). */
const STOP = Duration.seconds(120);

export interface AgentContainerProps {
  /** The container's name. */
  readonly name: 'sidecar' | 'gateway' | 'egress' | 'key-tunnel';
  readonly image: ContainerImage;
  readonly configuration: { readonly bucketName: string; readonly key: string };
  readonly refs: RefValues;
  readonly registrationArn: string;
  readonly logGroup: ILogGroup;
  /** Seconds, at most 55: twice that and a grace must fit in what Fargate gives. */
  readonly drainSeconds: number;
  readonly port: number;
  readonly memoryMiB: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** The container of a point: agent and Envoy in one, as nobody, with one folder to write to. */
export function addAgentContainer(
  scope: Construct,
  taskDefinition: TaskDefinition,
  props: AgentContainerProps,
): ContainerDefinition {
  const environment = {
    AWS_REGION: Stack.of(scope).region,
    ZTP_CONFIGURATION_BUCKET: props.configuration.bucketName,
    ZTP_CONFIGURATION_KEY: props.configuration.key,
    ZTP_REFS: Stack.of(scope).toJsonString(props.refs),
    ZTP_REGISTRATION: props.registrationArn,
    ZTP_VOLUME: VOLUME_PATH,
    ZTP_HEALTH_PORT: String(PORTS.health),
    ZTP_ENVOY: '/usr/local/bin/envoy',
    ZTP_DRAIN_SECONDS: String(props.drainSeconds),
    ...props.environment,
  };
  const linuxParameters = new LinuxParameters(scope, 'LinuxParameters', { initProcessEnabled: false });
  linuxParameters.dropCapabilities(Capability.ALL);
  taskDefinition.addVolume({ name: VOLUME });
  const container = taskDefinition.addContainer(props.name, {
    containerName: props.name,
    image: props.image,
    essential: true,
    user: `${AGENT_UID}:${AGENT_UID}`,
    readonlyRootFilesystem: true,
    privileged: false,
    linuxParameters,
    memoryReservationMiB: props.memoryMiB,
    logging: LogDriver.awsLogs({ logGroup: props.logGroup, streamPrefix: props.name }),
    healthCheck: {
      command: [...HEALTH_COMMAND],
      interval: Duration.seconds(10),
      timeout: Duration.seconds(5),
      retries: 3,
      startPeriod: Duration.seconds(90),
    },
    stopTimeout: STOP,
    portMappings: [{ containerPort: props.port }],
    environment,
  });
  container.addMountPoints({ containerPath: VOLUME_PATH, sourceVolume: VOLUME, readOnly: false });
  // The container adds to the very object that it was given.
  made.set(container, { ...environment });
  return container;
}

const made = new WeakMap<ContainerDefinition, Readonly<Record<string, string>>>();

/** The variables that an agent's container was made with, as a template has them. */
export function environmentAsMade(container: ContainerDefinition) {
  return Object.entries(made.get(container) ?? {}).map(([name, value]) => ({ name, value }));
}
