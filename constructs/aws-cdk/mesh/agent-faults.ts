import { templateForm } from '../support/template-form.js';
import type { Container, Fault } from './container-faults.js';

/** What may be set otherwise by an override: sizes, times and logs. */
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
 * @param expected the same in `templateForm`
 */
export function agentFaults(containers: readonly Container[], name: string, expected: Container): Fault[] {
  const own = containers.filter(({ Name }) => Name === name);
  if (own.length !== 1) return [changed(name, `${own.length} containers of this name`)];
  const [wanted, found] = [expected, templateForm(own[0])] as [Plain, Plain];
  return [...new Set([...Object.keys(wanted), ...Object.keys(found)])]
    .filter((key) => !TUNABLE.has(key) && JSON.stringify(wanted[key]) !== JSON.stringify(found[key]))
    .map((key) => changed(name, `${key} ${JSON.stringify(found[key]) ?? 'removed'}`.slice(0, 300)));
}

type Plain = Readonly<Record<string, unknown>>;

function changed(container: string, found: string): Fault {
  return {
    code: 'sidecar-changed',
    message: "the sidecar's container is not as it was made",
    container,
    found,
    remedy: `Remove the override; what may be changed is ${[...TUNABLE].join(', ')}.`,
  };
}
