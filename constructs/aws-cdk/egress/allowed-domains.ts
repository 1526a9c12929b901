import { Stack } from 'aws-cdk-lib';
import { tunnelHosts } from '../../../lib/envoy/index.js';
import type { Mesh } from '../mesh/index.js';

/** Hosts outside that the egress gateway of a mesh leads to: those of the egress rules, and those of issuers' keys. */
export function outsideHostsOf({ plan, keyHosts }: Mesh): string[] {
  const issuers = tunnelHosts(plan).map(({ url }) => new URL(url).hostname);
  const hosts = issuers.map((host) => keyHosts.get(host) ?? host);
  return [...new Set([...Object.keys(plan.egress?.destinations ?? {}), ...hosts])];
}

/**
 * Names that a mesh and its data stores need: hosts outside, the services of the mesh, and AWS in this region. Whoever
 * answers for the names of AWS is AWS, so nothing is carried out in them.
 */
export function allowedDomainsOf(mesh: Mesh): string[] {
  const { namespaceName } = mesh.namespace;
  const { region, urlSuffix } = Stack.of(mesh);
  return [
    ...outsideHostsOf(mesh),
    namespaceName,
    `*.${namespaceName}`,
    `*.${region}.${urlSuffix}`,
    // Databases and caches have names of another form.
    `*.${region}.rds.${urlSuffix}`,
    `*.cache.${urlSuffix}`,
  ];
}
