import type {
  AuthorizationPolicy,
  HTTPRoute,
  NetworkPolicy,
  PodSpec,
  SecurityPolicy,
  ValidatingAdmissionPolicyBinding,
  WrittenObject,
} from '../../lib/kubernetes/kinds/index.js';
import type { KubernetesObject } from '../../lib/kubernetes/index.js';

// What this file says is checked by the compiler (`npm run types`): an expected error that does not
// come is an error. The tests below only show that the file was run.

const policy: AuthorizationPolicy = {
  apiVersion: 'security.istio.io/v1',
  kind: 'AuthorizationPolicy',
  metadata: { name: 'orders', namespace: 'acme' },
  spec: { selector: { matchLabels: {} }, action: 'DENY', rules: [] },
};

test('a kind is an object of Kubernetes, and one of those that are written', () => {
  const written: WrittenObject = policy;
  const plain: KubernetesObject = written;
  expect(plain).toBe(policy);
});

test('a field of another name does not compile', () => {
  const peers: NetworkPolicy['spec'] = {
    podSelector: {},
    policyTypes: ['Ingress'],
    // @ts-expect-error -- one letter more, and the pods are closed to everybody
    ingresss: [],
  };
  const route: HTTPRoute['spec']['rules'][number] = {
    matches: [],
    // @ts-expect-error -- the time limit would be Envoy Gateway's own
    timeout: { request: '30s' },
  };
  const gateway: SecurityPolicy['spec'] = {
    targetRefs: [],
    authorization: { defaultAction: 'Deny' },
    // @ts-expect-error -- nobody would be asked
    extAuthz: {},
  };
  const binding: ValidatingAdmissionPolicyBinding['spec'] = {
    policyName: 'orders',
    // @ts-expect-error -- looking on is not what is written
    validationActions: ['Audit'],
  };
  const pod: Pick<PodSpec, 'securityContext'> = {
    // @ts-expect-error -- `restricted` wants `runAsNonRoot`
    securityContext: { runAsUser: 1, runAsGroup: 1, fsGroup: 1, seccompProfile: { type: 'RuntimeDefault' } },
  };
  // @ts-expect-error -- a selector of another name is every pod
  const target: AuthorizationPolicy['spec'] = { selectr: { matchLabels: {} }, action: 'DENY' };
  // @ts-expect-error -- the fields are those of another version
  const version: AuthorizationPolicy = { ...policy, apiVersion: 'security.istio.io/v1beta1' };
  // @ts-expect-error -- a kind that has no interface
  const unknown: WrittenObject = { ...policy, kind: 'WorkloadEntry' };
  const all = [peers, route, gateway, binding, pod, target, version, unknown];
  expect(all.every((object) => typeof object === 'object')).toBe(true);
});
