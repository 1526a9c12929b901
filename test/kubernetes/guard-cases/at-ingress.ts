import type { KubernetesObject } from '../../../lib/kubernetes/index.js';
import { POD } from '../restricted.js';
import { type GuardCase, atIngress } from './case.js';
import { STANDARD, STRICT, account, configMap, ending, namespace, policy, token } from './object.js';
import { OWN } from './pod.js';

/** Of the namespace of a gateway that is made, and of its kinds in the platform's own. */
export const AT_INGRESS: readonly GuardCase[] = [
  ...atIngress('foreign-policy', /only the deployers/, [
    [
      'a security policy of a route',
      {
        ...policy('gateway.envoyproxy.io/v1alpha1', 'SecurityPolicy', {
          targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', name: 'web' }],
          cors: { allowOrigins: ['https://www.shop.example'] },
        }),
      },
    ],
    [
      'a patch of the gateway',
      elsewhere(
        policy('gateway.envoyproxy.io/v1alpha1', 'EnvoyPatchPolicy', {
          type: 'JSONPatch',
          targetRef: { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'gateway' },
        }),
      ),
    ],
    [
      'a certificate',
      elsewhere(
        policy('cert-manager.io/v1', 'Certificate', { secretName: 'mine', issuerRef: { name: 'mesh' } }),
      ),
    ],
  ]),
  ...atIngress('gateway-identity', /gateway/, [
    ['a pod with the name of the gateway', elsewhere(bare('gateway'))],
    ['a service account with the name of the gateway', elsewhere(account('gateway'))],
    [
      'a request for a certificate',
      elsewhere(
        policy('cert-manager.io/v1', 'CertificateRequest', { request: 'AA==', issuerRef: { name: 'mesh' } }),
      ),
    ],
  ]),
  {
    what: 'a token with the name of the gateway',
    object: elsewhere(token('gateway')),
    subresource: 'token',
    withIngress: true,
    refusedBy: 'gateway-identity',
    because: /a token of it/,
  },
  {
    what: 'a token of another account there',
    object: elsewhere(token('default')),
    subresource: 'token',
    withIngress: true,
  },
  { what: 'another service account there', object: elsewhere(account('cleaner')), withIngress: true },
  {
    what: 'the roots of the mesh there, by somebody',
    object: elsewhere(configMap('istio-ca-root-cert')),
    withIngress: true,
    refusedBy: 'mesh-roots',
    because: /only the authority/,
  },
  {
    what: 'the roots of the mesh there, by istiod',
    object: elsewhere(configMap('istio-ca-root-cert')),
    user: 'system:serviceaccount:istio-system:istiod',
    withIngress: true,
  },
  { what: 'another pod there', object: elsewhere(bare('default')), withIngress: true },
  {
    what: 'the gateway’s namespace as it was made',
    object: namespace(STRICT, 'shop-ingress'),
    operation: 'UPDATE',
    withIngress: true,
  },
  ...([undefined, 'status', 'finalize'] as const).map((subresource) => ({
    what: `the gateway’s namespace without Pod Security, by its ${subresource ?? 'labels'}`,
    object: ending(namespace({ 'pod-security.kubernetes.io/enforce': 'privileged' }, 'shop-ingress')),
    operation: 'UPDATE' as const,
    ...(subresource && { subresource }),
    withIngress: true as const,
    refusedBy: 'enrolment',
    because: /pod-security/,
  })),
  {
    what: 'the gateway’s namespace with an old standard',
    object: namespace({ ...STRICT, [STANDARD]: 'v1.20' }, 'shop-ingress'),
    operation: 'UPDATE',
    withIngress: true,
    refusedBy: 'enrolment',
    because: /older standard/,
  },
  {
    what: 'cert-manager’s own request',
    object: elsewhere(
      policy('cert-manager.io/v1', 'CertificateRequest', { request: 'AA==', issuerRef: { name: 'mesh' } }),
    ),
    user: 'system:serviceaccount:cert-manager:cert-manager',
    withIngress: true,
  },
];

/** The same in the namespace of the gateway. */
function elsewhere(object: KubernetesObject): KubernetesObject {
  return { ...object, metadata: { ...object.metadata, namespace: 'shop-ingress' } };
}

/** A pod without a mesh, at Pod Security `restricted`. */
function bare(serviceAccountName: string): KubernetesObject {
  return {
    ...policy('v1', 'Pod'),
    spec: { serviceAccountName, securityContext: POD, containers: [OWN] },
  };
}
