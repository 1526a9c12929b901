import type { KubernetesObject } from '../../../lib/kubernetes/index.js';
import type { Fields, Labels } from './case.js';

export function configuration(name: string): KubernetesObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop' }, data: {} };
}

export function namespace(labels: Labels, name = 'shop'): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

/** With what its controller writes at its end. */
export function ending(object: KubernetesObject): KubernetesObject {
  return { ...object, spec: { finalizers: ['kubernetes'] } };
}

export function account(name: string): KubernetesObject {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'shop' } };
}

/** A token for the authority of the mesh. */
export function token(name: string): KubernetesObject {
  return {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    metadata: { name, namespace: 'shop' },
    spec: { audiences: ['istio-ca'] },
  };
}

export const STANDARD = 'pod-security.kubernetes.io/enforce-version';

export const STRICT = { 'pod-security.kubernetes.io/enforce': 'restricted' };

export function policy(apiVersion: string, kind: string, spec: Fields = {}): KubernetesObject {
  return { apiVersion, kind, metadata: { name: 'foreign', namespace: 'shop' }, spec };
}

export const OPEN = policy('security.istio.io/v1', 'AuthorizationPolicy', { rules: [{}] });

export const HTTP_ROUTE = policy('gateway.networking.k8s.io/v1', 'HTTPRoute', {
  parentRefs: [{ group: '', kind: 'Service', name: 'web' }],
  rules: [{ backendRefs: [{ name: 'orders', port: 80 }] }],
});

export const WEB_HOST = {
  ingressClassName: 'istio',
  defaultBackend: { service: { name: 'web', port: { number: 80 } } },
};

export const GRANT = policy('gateway.networking.k8s.io/v1beta1', 'ReferenceGrant', {
  from: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'other' }],
  to: [{ group: '', kind: 'Service' }],
});

export function inShop(object: KubernetesObject): KubernetesObject {
  return { ...object, metadata: { ...object.metadata, namespace: 'shop' } };
}

/** Something that asks the mesh's issuer, or another. */
export function certificate(
  kind: 'Certificate' | 'CertificateRequest',
  issuerRef: Fields = { name: 'shop-mesh' },
  more: Fields = {},
): KubernetesObject {
  const spec = kind === 'Certificate' ? { secretName: 'istiod-tls' } : { request: 'AAAA' };
  return {
    apiVersion: 'cert-manager.io/v1',
    kind,
    metadata: { name: 'existing', namespace: 'istio-system' },
    spec: { ...spec, issuerRef, ...more },
  };
}

/** The issuer of csi-driver-spiffe, and the account of the pod that it asks for. */
export const OF_DRIVER = { name: 'shop-mesh-pods', kind: 'ClusterIssuer', group: 'cert-manager.io' };

export const DRIVEN = 'system:serviceaccount:shop:egress';

export const DRIVEN_REQUEST = inShop(certificate('CertificateRequest', OF_DRIVER, { username: DRIVEN }));

export const NAMESPACE_CONTROLLER = 'system:serviceaccount:kube-system:namespace-controller';

export const CONFIGURATION = configuration('egress-0000000000');

export const POLICY: KubernetesObject = { ...OPEN, metadata: { ...OPEN.metadata, name: 'existing' } };

export function configMap(name: string, data: Fields = {}): KubernetesObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop' }, data };
}
