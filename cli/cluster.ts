import type { Diagnostic } from '../lib/diagnostic.js';
import {
  ADMISSION_KINDS,
  APPROVER_LABELS,
  checkCluster,
  type ClusterPart,
  type ClusterState,
  closedPlaces,
  CONTROLLER_LABELS,
  isForeignKind,
  isOfGuard,
  ISSUERS,
  MUTATING_KINDS,
  ROOT_KINDS,
  type WantedCluster,
  wantedIssuers,
} from '../lib/kubernetes/cluster/index.js';
import { ISTIO } from '../lib/kubernetes/istio.js';
import type { KubernetesObject } from '../lib/kubernetes/object.js';
import { PREREQUISITES, type Prerequisites, type Settings } from '../lib/kubernetes/prerequisites.js';
import { documentsOf, isObject } from './cluster-documents.js';
import { rootNamespace, stateOf } from './cluster-state.js';
import { cliError } from './error.js';
import { kubectl, kubectlIfKnown } from './kubectl.js';

/**
 * What a cluster lacks of what manifests rely on. With a file only what the file has is held against it, and it must have
 * the mesh's configuration; else kubectl is asked, by whatever context it has.
 *
 * Throws a `ZeroTrustError`: `prerequisites-…`, `mesh-config-…` or `cluster-unreachable`.
 */
export async function clusterFindings(manifests: string, meshConfig?: string): Promise<Diagnostic[]> {
  const wanted = await loadWanted(manifests);
  if (meshConfig === undefined) return checkCluster(wanted, await askCluster(wanted));
  const state = stateOf(await documentsOf(meshConfig), meshConfig, wanted);
  const { pods: _pods, namespaceLabels: _labels, ...looked } = state;
  const known = Object.keys(looked) as ClusterPart[];
  return checkCluster(wanted, state, [...new Set<ClusterPart>(['meshConfig', ...known])]);
}

async function loadWanted(path: string): Promise<WantedCluster> {
  const objects = (await documentsOf(path)).filter(isObject);
  const found = objects.filter(
    ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === PREREQUISITES,
  );
  if (found.length !== 1) {
    throw cliError('prerequisites-not-found', path, `there is not one ConfigMap ${PREREQUISITES} here`, {
      found: `${found.length} of them`,
      remedy: 'name the folder that cdk8s wrote the manifests of one platform to',
    });
  }
  const [{ data, metadata }] = found as [
    KubernetesObject & { readonly data: { readonly 'prerequisites.json': string } },
  ];
  const read = JSON.parse(data['prerequisites.json']) as Prerequisites;
  if (!/^1\.\d+$/.test(read.version)) {
    throw cliError('prerequisites-version', path, 'another major version wrote these manifests', {
      found: read.version,
      expected: '1.x',
      remedy: 'use the ztp of the release that made them',
    });
  }
  const { namespace = '' } = metadata;
  return {
    prerequisites: read,
    namespace,
    guards: objects.filter(isOfGuard),
    policies: objects.filter(isForeignKind),
    issuers: wantedIssuers(objects, read.ownApproval?.signerName),
  };
}

async function askCluster(wanted: WantedCluster): Promise<ClusterState> {
  const { prerequisites, namespace, issuers } = wanted;
  const { revision, envoyGatewayNamespace, controllers, ownApproval } = prerequisites;
  const suffix = revision === undefined ? '' : `-${revision}`;
  const ofIstio = (...what: readonly string[]) => kubectl('get', ...what, '-n', ISTIO.namespace);
  const [mesh, ...others] = await Promise.all([
    ofIstio('configmap', `istio${suffix}`, `istio-sidecar-injector${suffix}`),
    kubectl('version'),
    ofIstio('deployment', `istiod${suffix}`),
    ...(envoyGatewayNamespace === undefined
      ? []
      : [
          kubectl('get', 'configmap', 'envoy-gateway-config', '-n', envoyGatewayNamespace),
          kubectl('get', 'deployment', 'envoy-gateway', '-n', envoyGatewayNamespace),
          kubectl('get', 'crd', 'httproutes.gateway.networking.k8s.io'),
          kubectlIfKnown('get', 'gatewayclasses.gateway.networking.k8s.io'),
        ]),
    ...(controllers ? [kubectl('get', 'deployments,daemonsets', '-A', '-l', CONTROLLER_LABELS)] : []),
    ...(ownApproval ? [kubectl('get', 'clusterroles', '-l', APPROVER_LABELS)] : []),
    ...(issuers.length > 0 ? [kubectlIfKnown('get', ISSUERS, '-A')] : []),
    ...ask([...Object.values(ADMISSION_KINDS), ...Object.values(MUTATING_KINDS)]),
    kubectl('get', 'namespaces', '-l', `kubernetes.io/metadata.name=${namespace}`),
    kubectl('get', 'pods', '-n', namespace),
  ]);
  const root = rootNamespace(stateOf(mesh, 'kubectl', wanted).meshConfig);
  const policies = await Promise.all([
    ...ask(Object.values(ROOT_KINDS), '-n', root),
    ...closedPlaces(wanted).flatMap(({ namespace: place, kinds }) =>
      ask(
        kinds.map(({ resource, group }) => `${resource}.${group}`),
        '-n',
        place,
      ),
    ),
  ]);
  // Of these a cluster may have none, and that is known then.
  const none = {
    guards: [],
    rootPolicies: [],
    policies: [],
    mutation: [],
    pods: [],
    controllers: [],
    clusterRoles: [],
    gatewayClasses: [],
    issuers: [],
  };
  return { ...none, ...stateOf([mesh, ...others, ...policies].flat(), 'kubectl', wanted) };
}

/** One command for the kinds that every cluster has, which must be answered, and one after the other for those that some have not. */
function ask(names: readonly string[], ...where: readonly string[]): readonly Promise<readonly Settings[]>[] {
  const others = names.filter((name) => NOT_EVERYWHERE.test(name));
  return [
    kubectl('get', names.filter((name) => !NOT_EVERYWHERE.test(name)).join(','), ...where),
    ...(others.length > 0 ? [askOthers(others, where)] : []),
  ];
}

async function askOthers(names: readonly string[], where: readonly string[]): Promise<readonly Settings[]> {
  const found: (readonly Settings[])[] = [];
  for (const name of names) found.push(await kubectlIfKnown('get', name, ...where));
  return found.flat();
}

/**
 * Those that Kubernetes 1.36 and Istio 1.31 are the first to have, WasmPlugins, whose place the last takes, and what is of others:
 * the Gateway API, Cilium and Calico.
 */
const NOT_EVERYWHERE =
  /^(mutatingadmissionpolicies|wasmplugins|trafficextensions)\.|\.(gateway\.networking\.(x-)?k8s|cilium|(crd\.)?projectcalico)\.(io|org)$/;
