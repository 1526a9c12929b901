import type { Plan } from '../plan/plan.js';
import type { Template } from '../plan/refs.js';
import type { RevocationDocument } from '../policy/revocation.js';
import { egressBootstrap, gatewayBootstrap, sidecarBootstrap } from './bootstrap.js';
import { egressRoutesFile } from './egress-routes.js';
import type { PointProfile } from './profile.js';
import { routesFile } from './routes.js';
import { sidecarRoutes } from './sidecar-routes.js';

export { keyTunnelBootstrap } from './bootstrap.js';
export { FILTERS } from './filter-order.js';
export { keyTunnelSpiffeId, tokenServers, tunnelHosts, tunnelOf } from './key-tunnel.js';
export type { PointProfile } from './profile.js';
export { ROUTES } from './routes.js';
export { edgeSecret, genericSecret, peersSecret, serverSecret } from './secrets.js';

/** What one Envoy reads: its bootstrap once, its routes whenever they are replaced. */
export interface EnvoyFiles {
  readonly bootstrap: Template;
  /** The content of the watched file; to be swapped by renaming. */
  readonly routes: Template;
}

/** The versions whose behaviour the corpus has been run against. */
export const SUPPORTED_ENVOY = { minimum: '1.40.0', below: '1.41.0' } as const;

/**
 * How every engine starts Envoy. Without the first flag a misspelt field of a watched file is
 * ignored, and with it the condition that it spelt (measured).
 */
export const ENVOY_ARGUMENTS = [
  '--reject-unknown-dynamic-fields',
  '--disable-hot-restart',
  // What the login filter warns of has codes and sealed tokens in it (measured).
  '--component-log-level',
  'oauth2:critical',
] as const;

/** The keys of all points: the gateway, then a sidecar for each service, and the egress gateway if there is one. */
export function pointKeys(plan: Plan): string[] {
  const sidecars = Object.values(plan.services).map((service) => service.sidecar.key);
  return [plan.gateway.key, ...sidecars, ...(plan.egress ? [plan.egress.key] : [])];
}

/** Compile one point of the plan. Throws `RangeError` if the plan has no such point. */
export function envoyFiles(
  plan: Plan,
  point: string,
  revocations: RevocationDocument = plan.revocation.document,
  profile: PointProfile = {},
): EnvoyFiles {
  if (point === plan.gateway.key) {
    return {
      bootstrap: gatewayBootstrap(plan, profile),
      routes: routesFile(plan, 'gateway', plan.gateway.services, revocations, profile),
    };
  }
  if (plan.egress && point === plan.egress.key) {
    return {
      bootstrap: egressBootstrap(plan, plan.egress, profile),
      routes: egressRoutesFile(plan, plan.egress, revocations, profile),
    };
  }
  const service = Object.values(plan.services).find(({ sidecar }) => sidecar.key === point);
  if (!service) throw new RangeError(`the plan has no point "${point}"`);
  return {
    bootstrap: sidecarBootstrap(plan, service.name, profile),
    routes: sidecarRoutes(plan, service.name, revocations),
  };
}
