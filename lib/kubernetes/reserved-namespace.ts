import { codedError } from '../coded-error.js';
import { ISTIO } from './istio.js';

/** Where the cluster's own parts run, if nobody put them elsewhere. */
const OF_THE_CLUSTER: readonly string[] = [
  'cert-manager',
  'default',
  'envoy-gateway-system',
  ISTIO.namespace,
];

/**
 * Everything in a namespace of the platform is denied and guarded; so none that is not the platform's alone. Throws
 * `reserved-namespace`.
 */
export function checkNamespace(path: string, namespace: string): void {
  if (!OF_THE_CLUSTER.includes(namespace) && !namespace.startsWith('kube-')) return;
  throw codedError('reserved-namespace', path, 'this namespace is the cluster’s own', {
    found: namespace,
    expected: `a namespace of the platform alone: none of ${OF_THE_CLUSTER.join(', ')} and kube-*`,
    remedy: path.startsWith('authority')
      ? "name one in the model: authority: { namespace: 'shop' }"
      : 'leave it out, or name another one: what runs there would be cut off',
  });
}
