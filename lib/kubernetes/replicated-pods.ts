import { codedError } from '../coded-error.js';
import { WITH_DIGEST } from './guards/image-digest.js';
import type { Container, Deployment, PodDisruptionBudget, Volume } from './kinds/index.js';

interface ReplicatedPods {
  readonly namespace: string;
  readonly name: string;
  readonly serviceAccount: string;
  /** Labels that these pods have and no others. */
  readonly selector: Readonly<Record<string, string>>;
  /** Whether the mesh injects a sidecar. */
  readonly inject: boolean;
  readonly replicas: number;
  /** User and group of the process. */
  readonly user: number;
  /** Seconds in which a pod that is to end still answers, until nobody finds it any more. */
  readonly drainSeconds: number;
  readonly container: Container;
  readonly volumes: readonly Volume[];
}

/** Of a container at Pod Security `restricted`. */
export const RESTRICTED = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  readOnlyRootFilesystem: true,
} as const;

/** Pods of a workload that must always be there, at Pod Security `restricted`: they are spread, and do not all go at once. */
export function replicatedPods(pods: ReplicatedPods): readonly (Deployment | PodDisruptionBudget)[] {
  const { namespace, name, selector, user } = pods;
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace },
      spec: {
        replicas: pods.replicas,
        selector: { matchLabels: selector },
        // A pod that does not become ready takes no other's place.
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        template: {
          metadata: { labels: { ...selector, 'sidecar.istio.io/inject': String(pods.inject) } },
          spec: {
            serviceAccountName: pods.serviceAccount,
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            terminationGracePeriodSeconds: pods.drainSeconds + 15,
            securityContext: {
              runAsNonRoot: true,
              runAsUser: user,
              runAsGroup: user,
              fsGroup: user,
              seccompProfile: { type: 'RuntimeDefault' },
            },
            topologySpreadConstraints: ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map(
              (topologyKey) => ({
                maxSkew: 1,
                topologyKey,
                whenUnsatisfiable: 'ScheduleAnyway',
                labelSelector: { matchLabels: selector },
              }),
            ),
            containers: [pods.container],
            volumes: pods.volumes,
          },
        },
      },
    },
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name, namespace },
      spec: { maxUnavailable: 1, selector: { matchLabels: selector } },
    },
  ];
}

/** Throws `image-digest` and `too-few-replicas`; `remedy` says what it means that no pod answers. */
export function checkPods(
  path: string,
  { image, replicas }: { readonly image: string | undefined; readonly replicas: number },
  remedy: string,
): void {
  if (!new RegExp(WITH_DIGEST).test(image ?? '')) {
    throw codedError('image-digest', `${path}.image`, 'the image has no digest', {
      found: image ?? 'no image',
      expected: 'name@sha256:…',
    });
  }
  if (Number.isInteger(replicas) && replicas >= 2) return;
  throw codedError('too-few-replicas', `${path}.replicas`, 'one pod less would be none', {
    found: String(replicas),
    expected: 'two or more',
    remedy,
  });
}
