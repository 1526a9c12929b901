import { spiffeId } from '../../plan/names.js';
import type { Plan } from '../../plan/plan.js';
import { KEY, life, reference } from '../certificates.js';
import { ISTIO } from '../istio.js';
import type { MeshDecisionService } from '../mesh-options.js';
import type { BackendTLSPolicy, Certificate, ReferenceGrant } from '../kinds/index.js';
import { ENVOY_GATEWAY, GATEWAY_API, IDENTITY } from './gateway.js';
import type { IngressOptions } from './options.js';
import { INGRESS, type IngressPlace } from './place.js';
import type { ServicePorts } from './routes.js';

/** cert-manager refuses less than an hour. */
const SHORTEST = 3600;

/**
 * Mutual TLS with the mesh: the gateway's own leaf, and of each Service whose SPIFFE ID it must be. A sidecar in `STRICT`
 * mode takes it as any peer's.
 */
export function backendTlsObjects(
  plan: Plan,
  place: IngressPlace,
  { issuer }: IngressOptions,
  ports: ServicePorts,
  decision: MeshDecisionService | undefined,
): (BackendTLSPolicy | Certificate | ReferenceGrant)[] {
  const { namespace } = place;
  const own = spiffeId(plan.trustDomain, namespace, place.serviceAccount);
  return [
    {
      apiVersion: 'cert-manager.io/v1',
      kind: 'Certificate',
      metadata: { name: IDENTITY, namespace },
      spec: {
        secretName: IDENTITY,
        uris: [own],
        ...life(Math.max(SHORTEST, plan.certificates.workload.lifetimeSeconds)),
        usages: ['digital signature', 'client auth'],
        ...KEY,
        issuerRef: reference(issuer, 'Issuer'),
      },
    },
    ...plan.gateway.services.map((name) =>
      backendTls(plan, ports[name]!.serviceName, plan.services[name]!.sidecar.spiffeId),
    ),
    ...(decision ? decisionTls(plan, place, decision) : []),
  ];
}

function decisionTls(
  plan: Plan,
  place: IngressPlace,
  decision: MeshDecisionService,
): (BackendTLSPolicy | ReferenceGrant)[] {
  const { serviceName, serviceAccount = serviceName } = decision;
  return [
    backendTls(plan, serviceName, spiffeId(plan.trustDomain, plan.namespace, serviceAccount)),
    {
      apiVersion: `${GATEWAY_API}/v1beta1`,
      kind: 'ReferenceGrant',
      metadata: { name: `${INGRESS}-asks-${serviceName}`, namespace: plan.namespace },
      spec: {
        from: [{ group: ENVOY_GATEWAY, kind: 'SecurityPolicy', namespace: place.namespace }],
        to: [{ group: '', kind: 'Service', name: serviceName }],
      },
    },
  ];
}

/** Whoever answers for a Service is exactly this workload; a sidecar's certificate has no other name. */
function backendTls({ namespace }: Plan, serviceName: string, id: string): BackendTLSPolicy {
  return {
    apiVersion: `${GATEWAY_API}/v1`,
    kind: 'BackendTLSPolicy',
    metadata: { name: serviceName, namespace },
    spec: {
      targetRefs: [{ group: '', kind: 'Service', name: serviceName }],
      validation: {
        caCertificateRefs: [{ group: '', kind: 'ConfigMap', name: ISTIO.roots }],
        // For the handshake alone: with names below it is not compared.
        hostname: `${serviceName}.${namespace}.svc`,
        subjectAltNames: [{ type: 'URI', uri: id }],
      },
    },
  };
}
