import type { KubernetesObject } from '../../../lib/kubernetes/index.js';

/** A way into an object's `spec`. */
type Path = readonly string[];

interface OpenFields {
  /** What may be anything. */
  readonly open: readonly Path[];
  /** Labels and annotations to which more may be added, but none that decides or says who a pod is. */
  readonly extended?: readonly Path[];
}

/**
 * Labels and annotations by which Istio, the API server or the network takes an object, a namespace or a pod, or leaves it out,
 * and those by which what applies manifests (kubectl, kustomize, Flux, Argo CD, Helm, kapp, Config Sync) leaves an object out, takes
 * it away or writes another. `sync-wave` says when, and `helm.sh/chart` by which chart: neither does.
 */
export const DECIDING =
  /^(istio-injection$|([a-z]+\.)*istio\.io\/|pod-security\.kubernetes\.io\/|([a-z0-9]+\.)*cni\.cncf\.io\/|([a-z]+\.)*config\.(kubernetes|k8s)\.io\/|([a-z]+\.)*fluxcd\.io\/|argocd\.argoproj\.io\/(?!sync-wave$)|helm\.sh\/(?!chart$)|kapp\.k14s\.io\/|([a-z]+\.)*configmanagement\.gke\.io\/|cli-utils\.sigs\.k8s\.io\/)/;

/**
 * Labels by which workloads, and the pods of gateways, are told from one another, as most have them: with one of these a pod would be
 * another workload's to network policies and policies, and the guard `workload-identity` would refuse it.
 */
const IDENTIFYING =
  /^(app|k8s-app)$|^app\.kubernetes\.io\/(name|instance|component)$|^gateway\.(envoyproxy\.io|networking\.k8s\.io)\//;

/** Where pods run. */
const PLACE = ['affinity', 'imagePullSecrets', 'nodeSelector', 'tolerations', 'topologySpreadConstraints'];

const under = (path: Path, names: readonly string[]): Path[] => names.map((name) => [...path, name]);

const POD = ['template', 'spec'];
const PROXY = ['provider', 'kubernetes'];
const INFRASTRUCTURE = under(['infrastructure'], ['annotations', 'labels']);

/** By kind, or by kind and name: how often, where and with how much it runs, and how the world outside finds it; not what it is. */
const OPEN_FIELDS: Readonly<Record<string, OpenFields>> = {
  Deployment: {
    open: [
      ['replicas'],
      ['strategy'],
      [...POD, 'containers', '0', 'resources'],
      ...under(POD, [...PLACE, 'priorityClassName']),
    ],
    extended: under(['template', 'metadata'], ['annotations', 'labels']),
  },
  Service: { open: under([], ['ipFamilies', 'ipFamilyPolicy', 'trafficDistribution']) },
  Gateway: { open: [['addresses']], extended: INFRASTRUCTURE },
  EnvoyProxy: {
    open: [
      ['concurrency'],
      ['shutdown'],
      ...under(PROXY, ['envoyHpa', 'envoyPDB']),
      ...under([...PROXY, 'envoyDeployment'], ['replicas', 'strategy']),
      [...PROXY, 'envoyDeployment', 'container', 'resources'],
      ...under([...PROXY, 'envoyDeployment', 'pod'], [...PLACE, 'priorityClassName']),
      // Not `externalTrafficPolicy`: by `Cluster` a node's address would be the client's.
      ...under(
        [...PROXY, 'envoyService'],
        [
          'allocateLoadBalancerNodePorts',
          'loadBalancerClass',
          'loadBalancerIP',
          'loadBalancerSourceRanges',
          'type',
        ],
      ),
    ],
    extended: [
      ...under([...PROXY, 'envoyDeployment', 'pod'], ['annotations', 'labels']),
      ...under([...PROXY, 'envoyService'], ['annotations', 'labels']),
    ],
  },
  // For browsers, by an issuer of yours. How long the others live follows from the plan.
  'Certificate gateway': {
    open: under([], ['duration', 'privateKey', 'renewBefore', 'renewBeforePercentage', 'secretTemplate']),
  },
};

const NONE: OpenFields = { open: [] };

/** The `spec` of an object as written, without what may differ from what was made. Lists become records by it: it is for comparing alone. */
export function keptSpec({ kind, metadata, spec: made }: KubernetesObject, spec: unknown): unknown {
  const { open, extended = [] } = OPEN_FIELDS[`${kind} ${metadata.name}`] ?? OPEN_FIELDS[kind] ?? NONE;
  const left = open.reduce((value, path) => changed(value, path, () => undefined), spec);
  return extended.reduce(
    (value, path) => changed(value, path, (entries) => decidingEntries(entries, at(made, path))),
    left,
  );
}

type Fields = Readonly<Record<string, unknown>>;

/** Those that were made, those that decide, and those that say who a pod is. */
function decidingEntries(entries: unknown, made: unknown): unknown {
  if (typeof entries !== 'object' || entries === null) return entries;
  const own = Object.keys(made ?? {});
  const left = Object.entries(entries).filter(
    ([name]) => own.includes(name) || DECIDING.test(name) || IDENTIFYING.test(name),
  );
  return left.length === 0 ? undefined : Object.fromEntries(left);
}

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Fields | undefined)?.[key], value);
}

/** What is left of nothing but open fields is nothing. */
function changed(value: unknown, path: Path, change: (inner: unknown) => unknown): unknown {
  const [key, ...deeper] = path;
  if (key === undefined) return change(value);
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return value;
  const fields = { ...value, [key]: changed((value as Fields)[key], deeper, change) };
  return Object.values(fields).every((field) => field === undefined) ? undefined : fields;
}
