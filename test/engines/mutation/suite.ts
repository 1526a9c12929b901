import { API } from './model.js';
import type { Probe } from './probe.js';
import { boundProbes, callBoundProbes } from './probes/bounds.js';
import { canonicalProbes } from './probes/canonical.js';
import { edgeProbes, peerProbes } from './probes/edge.js';
import { callProbes, meshProbes, outboundProbes } from './probes/mesh.js';
import { keyProbes } from './probes/keys.js';
import { limitProbes } from './probes/limits.js';
import { operationProbes } from './probes/operation.js';
import { renewalProbes } from './probes/renewal.js';
import { ruleProbes } from './probes/rules.js';
import { tlsProbes } from './probes/tls.js';
import { tokenProbes } from './probes/tokens.js';
import type { World } from './world.js';

/** Everything that is looked at on one point. Throws if two probes have one name. */
export async function suiteOf(world: World): Promise<readonly Probe[]> {
  const probes = await probesOf(world);
  const names = new Set(probes.map(({ name }) => name));
  if (names.size !== probes.length) {
    const twice = probes.find(({ name }, at) => probes.findIndex((other) => other.name === name) !== at);
    throw new Error(`two probes are called "${twice?.name}"`);
  }
  return probes;
}

async function probesOf(world: World): Promise<Probe[]> {
  if (world.kind === 'sidecar' && world.service.name !== 'api')
    return [...callProbes(), ...callBoundProbes()];
  const common = [
    ...ruleProbes(),
    ...tokenProbes(),
    ...canonicalProbes(API, '/public'),
    ...tlsProbes(world.kind),
    ...operationProbes(),
    ...keyProbes(),
    ...limitProbes(),
    ...renewalProbes(),
    ...boundProbes(world.kind),
  ];
  if (world.kind === 'gateway') {
    const { thumbprint } = await world.leaf('ledger');
    return [...common, ...edgeProbes(thumbprint), ...callBoundProbes(), ...peerProbes('/', false)];
  }
  return [
    ...common,
    ...meshProbes(),
    ...outboundProbes(),
    ...canonicalProbes(world.own('outbound/shop/authority'), '/a', 'shop'),
    ...peerProbes('/', true),
  ];
}
