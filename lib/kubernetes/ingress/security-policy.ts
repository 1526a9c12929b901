import { decisionQuestion } from '../../envoy/filters/decision.js';
import type { Plan } from '../../plan/plan.js';
import { compileEnvoyGateway } from '../../policy/compile/envoy-gateway/index.js';
import type { Policy } from '../../policy/policy.js';
import { DECIDING_RULE } from '../../point/decision-headers.js';
import type { MeshDecisionService } from '../mesh-options.js';
import type { ExternalAuthorization, SecurityPolicy, SecurityPolicySpec } from '../kinds/index.js';
import { ENVOY_GATEWAY, GATEWAY_API } from './gateway.js';
import { INGRESS, type IngressPlace } from './place.js';

/**
 * Who passes, for the Gateway as a whole: a policy of a route would replace it there, so there is none. Nobody whom the
 * decision service did not admit, and nobody at all if it cannot be asked.
 */
export function securityPolicy(
  plan: Plan,
  place: IngressPlace,
  policy: Policy,
  decision: MeshDecisionService | undefined,
): SecurityPolicy {
  const { asksDecisions, rules } = compileEnvoyGateway(policy, {
    asksDecisions: decision !== undefined,
    revocations: plan.revocation.document,
  });
  return {
    apiVersion: `${ENVOY_GATEWAY}/v1alpha1`,
    kind: 'SecurityPolicy',
    metadata: { name: INGRESS, namespace: place.namespace },
    spec: {
      targetRefs: [{ group: GATEWAY_API, kind: 'Gateway', name: INGRESS }],
      ...(asksDecisions &&
        decision &&
        ({ extAuth: externalAuthorization(plan, decision) } satisfies Partial<SecurityPolicySpec>)),
      authorization: {
        defaultAction: 'Deny',
        ...(rules.length > 0 && ({ rules } satisfies Partial<SecurityPolicySpec['authorization']>)),
      },
    },
  };
}

function externalAuthorization(
  { namespace }: Plan,
  { serviceName, servicePort }: MeshDecisionService,
): ExternalAuthorization {
  const { headers, timeout } = decisionQuestion('gateway');
  return {
    failOpen: false,
    statusOnError: 503,
    timeout,
    headersToExtAuth: headers,
    http: {
      backendRefs: [{ group: '', kind: 'Service', name: serviceName, namespace, port: servicePort }],
      headersToBackend: [DECIDING_RULE],
    },
  };
}

/** The name of the filter that Envoy Gateway makes of it. */
export function decisionFilterName({ namespace }: IngressPlace): string {
  return `envoy.filters.http.ext_authz/securitypolicy/${namespace}/${INGRESS}`;
}
