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

/**
 * What an L2 renders, or a template has, with the names of CloudFormation, keys in order, and nothing that is empty: so
 * that equal containers have equal texts.
 */
export function templateForm(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(templateForm);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .map(([key, inner]) => [key.charAt(0).toUpperCase() + key.slice(1), templateForm(inner)] as const)
    .filter(([, inner]) => inner !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
