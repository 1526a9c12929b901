import { AGENT_UID, VOLUME } from './agent-container.js';

/** What is wrong with a task, and where. */
export interface Fault {
  readonly code: string;
  readonly message: string;
  /** Its name, if it is one container's. */
  readonly container?: string;
  readonly found: string;
  readonly remedy: string;
}

/** A container of a template, as far as it could reach into the agent's. What is no text may be anything. */
export interface Container {
  readonly Name?: unknown;
  readonly User?: unknown;
  readonly Privileged?: unknown;
  readonly LinuxParameters?: { readonly Capabilities?: { readonly Add?: unknown } };
  readonly MountPoints?: readonly { readonly SourceVolume?: unknown }[];
  readonly VolumesFrom?: readonly { readonly SourceContainer?: unknown }[];
  readonly PortMappings?: readonly PortMapping[];
}

interface PortMapping {
  readonly ContainerPort?: unknown;
  readonly ContainerPortRange?: unknown;
}

/** How a container of the application could read the agent's key, or take its place. */
export function containerFaults(container: Container, agent: string, ports: readonly number[]): Fault[] {
  const { Name, User, Privileged, LinuxParameters, MountPoints, VolumesFrom, PortMappings } = container;
  const faults: Fault[] = [];
  const add = (code: string, message: string, found: unknown, remedy: string) =>
    faults.push({ code, message, container: textOf(Name), found: textOf(found), remedy });

  const parts = {
    LinuxParameters,
    Capabilities: LinuxParameters?.Capabilities,
    MountPoints,
    VolumesFrom,
    PortMappings,
  };
  const unknown = isIntrinsic(container)
    ? 'the container'
    : Object.entries(parts).find(([, part]) =>
        [part, ...(Array.isArray(part) ? (part as readonly unknown[]) : [])].some(isIntrinsic),
      )?.[0];
  if (unknown !== undefined) {
    add(
      'container-unknown',
      "what only the deployment knows may be what reaches the sidecar's key",
      `${unknown}: ${textOf(isIntrinsic(container) ? container : parts[unknown as keyof typeof parts])}`,
      'Write it without a condition or a parameter; values of variables, images and sizes may have them.',
    );
    return faults;
  }

  const volume = "the volume has the sidecar's key";
  for (const { SourceVolume } of MountPoints ?? []) {
    if (!mayBe(SourceVolume, VOLUME)) continue;
    add('mounts-sidecar-volume', volume, SourceVolume, 'Use a volume of its own, by its literal name.');
  }
  for (const { SourceContainer } of VolumesFrom ?? []) {
    if (!mayBe(SourceContainer, agent)) continue;
    add('mounts-sidecar-volume', volume, `volumesFrom ${textOf(SourceContainer)}`, 'Remove volumesFrom.');
  }
  if (isAgent(User)) {
    add(
      'runs-as-sidecar',
      "the sidecar's user is the sidecar's alone",
      User,
      'Use another number, as a literal.',
    );
  }
  const added = LinuxParameters?.Capabilities?.Add ?? [];
  const capability = 'a capability can reach beyond the container';
  if (!Array.isArray(added) || added.length > 0) add('adds-capabilities', capability, added, 'Remove it.');
  if (Privileged !== undefined && Privileged !== false && Privileged !== 'false') {
    add('adds-capabilities', capability, 'Privileged', 'Remove it.');
  }
  for (const mapping of PortMappings ?? []) {
    const taken = ports.find((port) => covers(mapping, port));
    if (taken === undefined) continue;
    add(
      'declares-sidecar-port',
      'the port is a door of the sidecar',
      taken,
      'Listen on another port, below 15000.',
    );
  }
  return faults;
}

/** A value that only a deployment knows may be that text. */
function mayBe(value: unknown, text: string): boolean {
  return value === text || isUnknown(value);
}

/** A function of CloudFormation in place of a list, an item or an object. */
function isIntrinsic(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const [name, ...others] = Object.keys(value);
  return others.length === 0 && (name === 'Ref' || name?.startsWith('Fn::') === true);
}

function isUnknown(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/** `020901` is that number too; a name is looked up in the image, which cannot be seen from here. */
function isAgent(user: unknown): boolean {
  if (typeof user === 'number') return user === AGENT_UID;
  if (typeof user !== 'string') return isUnknown(user);
  return /^0*(\d+)(:.*)?$/.exec(user)?.[1] === String(AGENT_UID);
}

function covers({ ContainerPort, ContainerPortRange }: PortMapping, port: number): boolean {
  if (isUnknown(ContainerPort) || isUnknown(ContainerPortRange)) return true;
  if (typeof ContainerPortRange !== 'string') return Number(ContainerPort) === port;
  const [from = 0, to = from] = ContainerPortRange.split('-').map(Number);
  return from <= port && port <= to;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing').slice(0, 200);
}
