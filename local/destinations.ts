import { copyFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { getCACertificates, rootCertificates } from 'node:tls';
import { ZeroTrustError } from '../lib/diagnostic.js';
import type { DestinationNode, Plan } from '../lib/plan/plan.js';
import type { StateFolder } from './files.js';
import type { Overlay } from './overlay.js';

/** Where a host outside is, and what verifies it. */
export interface DestinationEndpoint {
  /** A name that Envoy resolves, or the loopback address of a stand-in. */
  readonly address: string;
  readonly port: number;
  /** PEM bundle. */
  readonly ca: string;
}

/**
 * Where each host outside is: itself, verified by the roots of this machine, or the stand-in that the
 * overlay names. Roots are copied beside everything else that an Envoy reads, so that one in a container
 * finds them, too. Throws `destination-roots`.
 */
export function destinationEndpoints(
  plan: Plan,
  { egress = {} }: Overlay,
  overlayFolder: string,
  state: StateFolder,
): Readonly<Record<string, DestinationEndpoint>> {
  const nodes = Object.values(plan.egress?.destinations ?? {});
  if (nodes.length === 0) return {};
  const folder = state.folder('destinations');
  const system = join(folder, 'system.pem');
  const endpointOf = ({ host, port }: DestinationNode): DestinationEndpoint => {
    const standIn = egress[host];
    if (!standIn) return { address: host, port, ca: system };
    const ca = join(folder, `${host}.pem`);
    const from = resolve(overlayFolder, standIn.ca);
    try {
      copyFileSync(from, ca);
    } catch (error) {
      throw new ZeroTrustError('destination-roots', `${host}: ${from}: ${(error as Error).message}`);
    }
    return { address: standIn.address, port: standIn.port, ca };
  };
  if (nodes.some(({ host }) => !egress[host])) writeFileSync(system, systemRoots());
  return Object.fromEntries(nodes.map((node) => [node.host, endpointOf(node)]));
}

/** The values of the refs of hosts outside. */
export function destinationValues(
  plan: Plan,
  endpoints: Readonly<Record<string, DestinationEndpoint>>,
): Record<string, string | number> {
  const nodes = Object.values(plan.egress?.destinations ?? {});
  return Object.fromEntries(
    nodes.flatMap(({ key, host }) => {
      const { address, port, ca } = endpoints[host]!;
      return [
        [`${key}/endpoint/address`, address],
        [`${key}/endpoint/port`, port],
        [`${key}/ca/path`, ca],
      ];
    }),
  ) as Record<string, string | number>;
}

/** The addresses of stand-ins, by host: the only ones let through that are not public. */
export function standInAddresses({ egress = {} }: Overlay): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(egress).map(([host, { address }]) => [host, address]));
}

/** What this machine trusts; what Node brings where it does not say. */
function systemRoots(): string {
  const system = getCACertificates('system');
  return (system.length > 0 ? system : rootCertificates).join('\n');
}
