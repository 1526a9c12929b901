import type { KubernetesObject } from '../../../lib/kubernetes/index.js';
import { POD, RESTRICTED } from '../restricted.js';
import { APP, type Fields, type Labels, PROXY } from './case.js';

interface PodParts {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec?: Fields;
  readonly app?: Fields;
  readonly proxy?: Fields | 'none' | 'native';
  readonly init?: Fields;
}

/** A pod as it is after injection beside the CNI plugin, and at Pod Security `restricted`. */
export function pod({
  labels,
  annotations = {},
  spec = {},
  app = {},
  proxy = {},
  init = {},
}: PodParts = {}): KubernetesObject {
  const sidecar = {
    name: 'istio-proxy',
    image: PROXY,
    args: ['proxy', 'sidecar', '--domain', 'shop.svc.cluster.local'],
    env: [{ name: 'CA_ADDR', value: 'cert-manager-istio-csr.cert-manager.svc:443' }],
    securityContext: { ...RESTRICTED, runAsUser: 1337, runAsGroup: 1337 },
  };
  const validation = {
    ...sidecar,
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
