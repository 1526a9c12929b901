import type { KubernetesObject } from '../../../lib/kubernetes/index.js';
import { POD, RESTRICTED } from '../restricted.js';
import { APP, type Fields, type Labels, PROXY } from './case.js';
import { ENVIRONMENT, MOUNTS, VOLUMES } from './proxy-container.js';

interface PodParts {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec?: Fields;
  readonly app?: Fields;
  readonly proxy?: Fields | 'none' | 'native';
  readonly init?: Fields;
  /** Of the proxy. @default as injection writes them */
  readonly volumes?: readonly Fields[];
}

/** A pod as it is after injection beside the CNI plugin, and at Pod Security `restricted`. */
export function pod({
  labels,
  annotations = {},
  spec = {},
  app = {},
  proxy = {},
  init = {},
  volumes = VOLUMES,
}: PodParts = {}): KubernetesObject {
  const sidecar = {
    name: 'istio-proxy',
    image: PROXY,
    args: ['proxy', 'sidecar', '--domain', '$(POD_NAMESPACE).svc.cluster.local'],
    env: ENVIRONMENT,
    securityContext: { ...RESTRICTED, runAsUser: 1337, runAsGroup: 1337 },
    volumeMounts: MOUNTS,
  };
  const { volumeMounts: _mounts, env: _env, ...bare } = sidecar;
  const validation = {
    ...bare,
    name: 'istio-validation',
    args: ['istio-iptables', '--run-validation', '--skip-rule-apply'],
    ...init,
  };
  const own = { ...OWN, ...app };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'probe',
      namespace: 'shop',
      labels: { 'security.istio.io/tlsMode': 'istio', ...(labels ?? { 'app.kubernetes.io/name': 'web' }) },
      annotations: {
        'istio.io/rev': 'default',
        'sidecar.istio.io/status': '{"containers":["istio-proxy"]}',
        'sidecar.istio.io/interceptionMode': 'REDIRECT',
        'traffic.sidecar.istio.io/includeInboundPorts': '*',
        'traffic.sidecar.istio.io/includeOutboundIPRanges': '*',
        'traffic.sidecar.istio.io/excludeInboundPorts': '15020',
        ...annotations,
      },
    },
    spec: {
      serviceAccountName: 'web',
      securityContext: POD,
      ...(proxy === 'none'
        ? { containers: [own] }
        : proxy === 'native'
          ? { initContainers: [validation, { ...sidecar, restartPolicy: 'Always' }], containers: [own] }
          : { initContainers: [validation], containers: [own, { ...sidecar, ...proxy }] }),
      ...spec,
      volumes: [...volumes, ...((spec['volumes'] ?? []) as readonly Fields[])],
    },
  };
}

export const OWN = { name: 'app', image: APP, securityContext: RESTRICTED };

/** A pod that is there, with a status that somebody writes. */
export function running({ labels = {}, annotations = {}, status = {} }: RunningParts = {}): KubernetesObject {
  const { metadata, ...rest } = pod();
  return {
    ...rest,
    metadata: {
      ...metadata,
      name: 'running',
      labels: { ...(metadata['labels'] as Labels), ...labels },
      annotations: { ...(metadata['annotations'] as Labels), ...annotations },
    },
    ...(Object.keys(status).length > 0 && { status }),
  };
}

interface RunningParts {
  readonly labels?: Labels;
  readonly annotations?: Labels;
  readonly status?: Fields;
}

/** A pod of a Job that ended before the mesh had another image of its sidecar. */
export const ENDED = ended({ finalizers: ['batch.kubernetes.io/job-tracking'] });

export function ended(metadata: Fields = {}, spec: Fields = {}): KubernetesObject {
  const made = pod({ proxy: { image: `registry.example/proxyv2@sha256:${'f'.repeat(64)}` } });
  return {
    ...made,
    metadata: { ...made.metadata, name: 'ended', ...metadata },
    spec: { ...(made['spec'] as Fields), ...spec },
  };
}
