import type { Plan } from '../plan/plan.js';
import { decisionProvider } from './mesh-decision.js';
import type { MeshAuthorizationOptions } from './mesh-options.js';
import { checkPlan } from './plan.js';
import { checkOptions, mesh } from './schemas/index.js';

/**
 * Of `defaultConfig.runtimeValues` in the mesh's configuration. Istio has Envoy cut `#` and what follows off a path, before
 * any filter sees it; so one request would have two spellings.
 */
export const MESH_RUNTIME = { 'envoy.reloadable_features.http_reject_path_with_fragment': 'true' } as const;

/**
 * What the objects of `meshAuthorization` rely on in the mesh's configuration (`MeshConfig`), which no object of a
 * namespace can say. No `trustDomainAliases`: Istio would take each of them for the trust domain.
 */
export function meshSettings(
  plan: Plan,
  options: MeshAuthorizationOptions,
): Readonly<Record<string, unknown>> {
  checkPlan(plan);
  checkOptions(mesh, options);
  const { decisionService } = options;
  return {
    trustDomain: plan.trustDomain,
    // A path that has two spellings is refused, not rewritten and then judged.
    pathNormalization: { normalization: 'NONE' },
    defaultConfig: { runtimeValues: MESH_RUNTIME },
    ...(decisionService && { extensionProviders: [decisionProvider(plan, decisionService, options)] }),
  };
}
