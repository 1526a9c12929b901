import { formatDiagnostics, ZeroTrustError } from '../../diagnostic.js';
import type { Plan } from '../../plan/plan.js';
import { ABILITIES } from '../../policy/compile/abilities/index.js';
import { gapsOf } from '../../policy/compile/gap.js';
import { NOT_EXPRESSIBLE, refusalDiagnostic, refusalOf } from '../../policy/compile/refusal.js';
import type { Policy } from '../../policy/policy.js';
import { meshPolicy } from '../mesh-policy.js';
import { checkedObjects } from '../names.js';
import type { WrittenObject } from '../kinds/index.js';
import type { KubernetesObject } from '../object.js';
import { checkOptions, ingressObjects as schema } from '../schemas/index.js';
import { meshOptions, workloadsOf, type WorkloadsOptions } from '../workloads.js';
import { backendTlsObjects } from './backend-tls.js';
import { clientTrafficPolicy } from './client-traffic.js';
import { gatewayObjects } from './gateway.js';
import type { IngressOptions } from './options.js';
import { patchPolicy } from './patch.js';
import { ingressPlace } from './place.js';
import { routeObjects } from './routes.js';
import { securityPolicy } from './security-policy.js';

export type { IngressOptions } from './options.js';
export { type IngressPlace, ingressPlace } from './place.js';

/** What of the options the gateway is made by. */
export interface GatewayIngressOptions
  extends Omit<WorkloadsOptions, 'gateway' | 'ingressGateway' | 'ingress'> {
  readonly ingress: IngressOptions;
}

/**
 * The gateway through which users come, as objects of the Gateway API and of Envoy Gateway. It decides what `decide`
 * decides at a gateway. Nothing if no service is public.
 *
 * Throws `not-expressible` with a counterexample for each rule that nobody would decide exactly, and the errors of
 * `ingressPlace`, `meshPolicy` and `workloadsOf`.
 */
export function ingressObjects(plan: Plan, options: GatewayIngressOptions): readonly KubernetesObject[] {
  checkOptions(schema, options);
  const { ingress } = options;
  const workloads = workloadsOf(plan, options);
  const mesh = meshOptions(plan, options);
  const { decisionService } = mesh;
  const policy = meshPolicy(plan, mesh);
  if (plan.gateway.services.length === 0) return [];
  const place = ingressPlace(plan, ingress);
  if (!decisionService) requireExact(policy);
  return checkedObjects<WrittenObject>([
    ...gatewayObjects(plan, place, ingress),
    clientTrafficPolicy(plan, place, ingress),
    securityPolicy(plan, place, policy, decisionService),
    patchPolicy(plan, place, decisionService !== undefined),
    ...backendTlsObjects(plan, place, ingress, workloads.services, decisionService),
    ...routeObjects(plan, place, workloads.services),
  ]);
}

/** A decision service is asked about all; without one what Envoy Gateway cannot say is nobody's. */
function requireExact(policy: Policy): void {
  const abilities = ABILITIES['envoy-gateway'];
  const diagnostics = gapsOf(abilities, policy).map((gap) =>
    refusalDiagnostic(refusalOf(abilities, policy, gap), `services.${gap.service}, rule ${gap.rule.id}`),
  );
  if (diagnostics.length === 0) return;
  throw new ZeroTrustError(NOT_EXPRESSIBLE, formatDiagnostics(diagnostics), diagnostics);
}
