import type { KubernetesObject } from '../../../lib/kubernetes/index.js';
import { DEPLOYER, type Fields, type GuardCase, refused } from './case.js';
import { configMap } from './object.js';

/** Of ConfigMaps by which somebody is believed, or something is decided. */
export const DOCUMENTS: readonly GuardCase[] = [
  // mesh-roots
  ...['istio-system:istiod', 'istio-system:istiod-canary', 'cert-manager:cert-manager-istio-csr'].map(
    (who) => ({
      what: `the roots of the mesh, by ${who}`,
      object: configMap('istio-ca-root-cert'),
      user: `system:serviceaccount:${who}`,
    }),
  ),
  ...refused('mesh-roots', [
    ['the roots of the mesh, by somebody', /only the authority/, configMap('istio-ca-root-cert')],
    ['the roots of the mesh, by a deployer', /only the authority/, configMap('istio-ca-root-cert'), DEPLOYER],
  ]),

  // decision-documents
  { what: 'a ConfigMap of somebody', object: configMap('settings') },
  { what: 'a policy of a deployer', object: configMap('decision-policy-0123456789'), user: DEPLOYER },
  { what: 'what is revoked, applied by a deployer', object: revoked(), operation: 'UPDATE', user: DEPLOYER },
  ...[
    ['for the first time', revoked(), revoked(2)],
    ['again', revoked(2), revoked(10)],
    ['but the labels alone', revoked(10), revoked(10, { labels: { a: 'b' } })],
  ].map(([what, before, object]) => ({
    what: `what is revoked, by whoever is on duty, ${what as string}`,
    object: object as KubernetesObject,
    before: before as KubernetesObject,
    operation: 'UPDATE' as const,
    groups: ['on-duty'],
  })),
  ...[
    ['of an older version', revoked(9)],
    ['by another document of the same version', revoked(10, {}, '{"version":10,"entries":[ ]}')],
    ['by a version that the document does not have', revoked(11, {}, '{"version":9,"entries":[]}')],
    ['without its version', configMap('zero-trust-revocations', revoked(11)['data'] as Fields)],
    ['by a version that is no number', revoked('10x')],
    ['by nothing', revoked()],
    ['by nothing with a version', revoked(11, {}, '')],
  ].flatMap(([what, object]) =>
    [DEPLOYER, 'somebody'].map((user) => ({
      what: `what is revoked, replaced ${what as string}, by ${user}`,
      object: object as KubernetesObject,
      before: revoked(10),
      operation: 'UPDATE' as const,
      user,
      groups: ['on-duty'],
      refusedBy: 'decision-documents',
      because: /a higher version alone/,
    })),
  ),
  ...refused('decision-documents', [
    ['a policy of somebody else', /make a policy/, configMap('decision-policy-0123456789')],
    ['what is revoked, by somebody else', /write what is revoked/, configMap('zero-trust-revocations')],
  ]),
  {
    what: 'a policy of whoever is on duty',
    object: configMap('decision-policy-0123456789'),
    groups: ['on-duty'],
    refusedBy: 'decision-documents',
    because: /make a policy/,
  },
  {
    what: 'what is revoked, taken away by whoever is on duty',
    object: configMap('zero-trust-revocations'),
    operation: 'DELETE',
    groups: ['on-duty'],
    refusedBy: 'decision-documents',
    because: /write what is revoked/,
  },
  {
    what: 'a policy of somebody else, whose name the API server makes up',
    object: unnamed('decision-policy-'),
    refusedBy: 'decision-documents',
    because: /make a policy/,
  },
  { what: 'a ConfigMap of somebody, whose name the API server makes up', object: unnamed('settings-') },
  ...[
    ['what is revoked', 'zero-trust-revocations', /write what is revoked/],
    ['a policy', 'decision-policy-0123456789', /make a policy/],
    ['the authorities of the cluster', 'kube-root-ca.crt', /only the control plane/],
  ].map(([what, name, because]) => ({
    what: `${what as string}, taken away by somebody with all ConfigMaps of the namespace`,
    object: configMap(name as string),
    operation: 'DELETE' as const,
    isOfAll: true as const,
    refusedBy: 'decision-documents',
    because: because as RegExp,
  })),
  {
    what: 'what is revoked, that goes with its namespace',
    object: configMap('zero-trust-revocations'),
    operation: 'DELETE',
    isOfAll: true,
    user: 'system:serviceaccount:kube-system:namespace-controller',
  },
  {
    what: 'the authorities of the cluster, by the control plane',
    object: configMap('kube-root-ca.crt'),
    user: 'system:serviceaccount:kube-system:root-ca-cert-publisher',
  },
  {
    what: 'the authorities of the cluster, by a deployer',
    object: configMap('kube-root-ca.crt'),
    user: DEPLOYER,
    refusedBy: 'decision-documents',
    because: /only the control plane/,
  },
];

/** What is revoked, as `ztp revoke` writes it; never written without a version. */
function revoked(
  version?: number | string,
  more: Fields = {},
  text = `{"version":${version},"entries":[]}`,
): KubernetesObject {
  const { metadata, ...made } = configMap('zero-trust-revocations');
  if (version === undefined) return { ...made, metadata };
  const annotations = { 'zero-trust-platform/revocations-version': String(version) };
  return { ...made, metadata: { ...metadata, ...more, annotations }, data: { 'revocations.json': text } };
}

function unnamed(generateName: string): KubernetesObject {
  const metadata = { generateName, namespace: 'shop' } as unknown as KubernetesObject['metadata'];
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: {} };
}
