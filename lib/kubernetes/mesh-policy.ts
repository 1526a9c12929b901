import { codedError } from '../coded-error.js';
import { formatDiagnostics, ZeroTrustError } from '../diagnostic.js';
import { spiffeId } from '../plan/names.js';
import type { Plan } from '../plan/plan.js';
import { ABILITIES } from '../policy/compile/abilities/index.js';
import { gapsOf } from '../policy/compile/gap.js';
import { NOT_EXPRESSIBLE, refusalDiagnostic, refusalOf } from '../policy/compile/refusal.js';
import type { Policy } from '../policy/policy.js';
import { clientProofs } from './client-proofs.js';
import type { MeshAuthorizationOptions, MeshMode } from './mesh-options.js';
import { checkPlan } from './plan.js';
import { checkOptions, mesh } from './schemas/index.js';
import { waypointId } from './waypoint.js';

/**
 * The policy as the mesh enforces it: its gateway is the workload that lets users in, and without sidecars a service is
 * called by the names of its Kubernetes Service, too. The decision service of the mesh decides by the same. Throws a `ZeroTrustError` for options that do not fit the plan.
 */
export function meshPolicy(
  plan: Plan,
  options: Pick<
    MeshAuthorizationOptions,
    'clusterDomain' | 'decisionService' | 'ingress' | 'ingressGateway' | 'mode' | 'services'
  >,
): Policy {
  checkPlan(plan);
  checkOptions(mesh, options);
  const { ingress, ingressGateway = ingress, services } = options;
  for (const name of Object.keys(plan.policy.services)) {
    if (services[name]) continue;
    throw codedError(
      'mesh-service-missing',
      `services.${name}`,
      'the mesh has no pods for a service of the plan',
      {
        found: Object.keys(services).join(', ') || 'no service',
        expected: 'the selector and the port of every service of the plan',
        remedy: 'name them in the options; without them nothing of the service would be enforced',
      },
    );
  }
  clientProofs(plan, options);
  const named = options.mode === 'ambient' ? withServiceNames(plan, options) : plan.policy;
  if (!ingressGateway) return named;
  const id = spiffeId(plan.trustDomain, ingressGateway.namespace, ingressGateway.serviceAccount);
  const same = Object.entries(plan.policy.services).find(([, service]) => service.spiffeId === id);
  if (same) {
    throw codedError(
      'ingress-is-a-service',
      'ingressGateway',
      `the ingress gateway is the workload of ${same[0]}`,
      {
        found: id,
        expected: 'a service account that no service of the plan has',
        remedy:
          'run the gateway under a service account of its own: who may call for anyone must be nobody else',
      },
    );
  }
  return { ...named, gateways: [id] };
}

/** In ambient mode one point stands before every service, and no sidecar of a caller writes the service's authority in place of its Service's name. */
function withServiceNames(
  plan: Plan,
  { services, clusterDomain = 'cluster.local' }: Pick<MeshAuthorizationOptions, 'clusterDomain' | 'services'>,
): Policy {
  const { namespace, policy } = plan;
  const named = Object.entries(policy.services).map(([name, service]) => {
    const { serviceName = name } = services[name]!;
    const short = `${serviceName}.${namespace}`;
    const aliases = [serviceName, short, `${short}.svc`, `${short}.svc.${clusterDomain}`];
    return [name, { ...service, aliases: aliases.filter((alias) => alias !== service.authority) }] as const;
  });
  return { ...policy, services: Object.fromEntries(named), waypoint: waypointId(plan) };
}

/**
 * Throws `not-expressible` for what Istio cannot say and nobody decides in its place, each with a request that would show
 * it. A decision service decides requests, never connections.
 */
export function requireExact(policy: Policy, asksDecisions: boolean, mode: MeshMode = 'sidecar'): void {
  const abilities = mode === 'ambient' ? ABILITIES['istio-ambient'] : ABILITIES.istio;
  const open = gapsOf(abilities, asksDecisions ? onlyConnections(policy) : policy);
  if (open.length === 0) return;
  const diagnostics = open.map((gap) =>
    refusalDiagnostic(refusalOf(abilities, policy, gap), `services.${gap.service}, rule ${gap.rule.id}`),
  );
  throw new ZeroTrustError(NOT_EXPRESSIBLE, formatDiagnostics(diagnostics), diagnostics);
}

function onlyConnections(policy: Policy): Policy {
  const services = Object.entries(policy.services).filter(([, { protocol }]) => protocol === 'tcp');
  return { ...policy, services: Object.fromEntries(services) };
}
