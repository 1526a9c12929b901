import type { Plan } from '../plan/plan.js';
import type { Template } from '../plan/refs.js';
import type { RevocationDocument } from '../policy/revocation.js';
import { routesFile } from './routes.js';
import { connectionRoutesFile } from './tcp-routes.js';

/** The watched file of a service's sidecar: of requests, or of connections. */
export function sidecarRoutes(plan: Plan, service: string, revocations: RevocationDocument): Template {
  const node = plan.services[service]!;
  return node.protocol === 'tcp'
    ? connectionRoutesFile(plan, node, revocations)
    : routesFile(plan, 'sidecar', [service], revocations);
}
