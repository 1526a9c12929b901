import { templateForm } from '../support/template-form.js';
import { HEALTH_COMMAND, VOLUME, VOLUME_PATH } from './agent-container.js';
import type { Container, Fault } from './container-faults.js';

/** What may be set otherwise by an override: sizes, times and logs. Of the health check it is the times. */
const TUNABLE = new Set([
  'Cpu',
  'DependsOn',
  'DockerLabels',
  'HealthCheck',
  'LogConfiguration',
  'Memory',
  'MemoryReservation',
  'ResourceRequirements',
  'RestartPolicy',
  'StartTimeout',
  'StopTimeout',
  'Ulimits',
]);

/**
 * Whether the agent's container is the one that was made: its image, user, mounts, capabilities, ports, command and
 * environment are what its identity rests on.
 * @param expected the same in `templateForm`: the variables that it was made with, and the rest as its construct has it now
 */
export function agentFaults(containers: readonly Container[], name: string, expected: Container): Fault[] {
  const own = containers.filter(({ Name }) => Name === name);
  if (own.length !== 1) return [changed(name, `${own.length} containers of this name`)];
  const [wanted, found] = [expected, templateForm(own[0])] as [Plain, Plain];
  return [...new Set([...Object.keys(wanted), ...Object.keys(found)])]
    .filter((key) => !TUNABLE.has(key) && JSON.stringify(wanted[key]) !== JSON.stringify(found[key]))
    .concat(added(found))
    .map((key) => changed(name, `${key} ${JSON.stringify(found[key]) ?? 'removed'}`.slice(0, 300)));
}

type Plain = Readonly<Record<string, unknown>>;

/** What methods of the construct can add: the expectation comes from it, and would have it as well. */
function added(found: Plain): string[] {
  const same = (value: unknown, wanted: unknown) => JSON.stringify(value) === JSON.stringify(wanted);
  const list = (value: unknown) => (Array.isArray(value) ? (value as readonly Plain[]) : []);
  const { Command } = (found['HealthCheck'] ?? {}) as Plain;
  const { Capabilities, Devices, Tmpfs } = (found['LinuxParameters'] ?? {}) as Plain;
  const isOwn: Readonly<Record<string, boolean>> = {
    EnvironmentFiles: list(found['EnvironmentFiles']).length === 0,
    Secrets: list(found['Secrets']).length === 0,
    HealthCheck: same(Command, HEALTH_COMMAND),
    LinuxParameters: same(Capabilities, { Drop: ['ALL'] }) && !Devices && !Tmpfs,
    MountPoints: same(
      list(found['MountPoints']).map(({ SourceVolume, ContainerPath }) => [SourceVolume, ContainerPath]),
      [[VOLUME, VOLUME_PATH]],
    ),
    VolumesFrom: list(found['VolumesFrom']).length === 0,
  };
  return Object.keys(isOwn).filter((key) => !isOwn[key]);
}

function changed(container: string, found: string): Fault {
  return {
    code: 'sidecar-changed',
    message: "the sidecar's container is not as it was made",
    container,
    found,
    remedy: `Remove the override; what may be changed is ${[...TUNABLE].join(', ')}.`,
  };
}
