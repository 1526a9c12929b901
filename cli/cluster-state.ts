import { parse } from 'yaml';
import {
  ADMISSION_KINDS,
  type ClusterState,
  isClosed,
  isController,
  isIssuer,
  isOfCertManager,
  MUTATING_KINDS,
  type OwnPolicies,
  releaseOf,
  ROOT_KINDS,
} from '../lib/kubernetes/cluster/index.js';
import { ISTIO } from '../lib/kubernetes/istio.js';
import type { KubernetesObject } from '../lib/kubernetes/object.js';
import type { Settings } from '../lib/kubernetes/prerequisites.js';
import { asSettings, isObject, isRecord } from './cluster-documents.js';
import { cliError } from './error.js';

/** Where policies hold for the whole mesh. */
export function rootNamespace(meshConfig: Settings = {}): string {
  const { rootNamespace: named } = meshConfig;
  return typeof named === 'string' && named !== '' ? named : ISTIO.namespace;
}

/** What documents tell of a cluster: objects as kubectl writes them, or the mesh's configuration by itself; `own` is what the manifests have. */
export function stateOf(documents: readonly Settings[], path: string, own: OwnPolicies): ClusterState {
  const known: { -readonly [Part in keyof ClusterState]: ClusterState[Part] } = {};
  const learn = <Part extends keyof ClusterState>(part: Part, value: ClusterState[Part]) => {
    if (known[part] !== undefined) {
      throw cliError('mesh-config-ambiguous', path, `it says ${part} twice`, {
        remedy: 'name a file of one revision of the control plane',
      });
    }
    known[part] = value;
  };
  for (const document of documents) {
    const { kind } = document;
    const { data, serverVersion } = document as Record<string, Settings | undefined>;
    if (isRecord(data) && typeof data['mesh'] === 'string')
      learn('meshConfig', asSettings(parse(data['mesh'])));
    if (isRecord(data) && typeof data['values'] === 'string')
      learn('injection', asSettings(parse(data['values'])));
    if (isRecord(data) && typeof data['envoy-gateway.yaml'] === 'string') {
      learn('envoyGatewayConfig', asSettings(parse(data['envoy-gateway.yaml'])));
    }
    if (kind === 'CustomResourceDefinition') {
      const { annotations } = (document['metadata'] ?? {}) as { readonly annotations?: Settings };
      learn('gatewayApi', String(annotations?.['gateway.networking.k8s.io/bundle-version']));
    }
    if (kind === 'Deployment' && isEnvoyGateway(document)) {
      learn('envoyGateway', containerOf(document).release);
    } else if (kind === 'Deployment' && isIstiod(document)) {
      const { release, env } = containerOf(document);
      learn('istio', release);
      learn('istiodEnvironment', env);
    }
    if (isRecord(serverVersion)) learn('kubernetes', String(serverVersion['gitVersion']));
    if (kind === undefined && !isRecord(serverVersion)) learn('meshConfig', document);
  }
  return {
    ...known,
    ...objectsOf(documents.filter(isObject), rootNamespace(known.meshConfig), own),
  };
}

/** What there is more than one of, as far as there is any. */
function objectsOf(objects: readonly KubernetesObject[], root: string, own: OwnPolicies): ClusterState {
  const of = (kinds: Readonly<Record<string, string>>) =>
    objects.filter(({ kind }) => Object.hasOwn(kinds, kind));
  const guards = of(ADMISSION_KINDS);
  const mutation = of(MUTATING_KINDS);
  const rootPolicies = of(ROOT_KINDS).filter(({ metadata }) => metadata.namespace === root);
  const policies = objects.filter(isClosed(own));
  const controllers = objects.filter(isController);
  const clusterRoles = objects.filter(isOfCertManager);
  const gatewayClasses = objects.filter(({ kind }) => kind === 'GatewayClass');
  const issuers = objects.filter(isIssuer);
  const pods = objects.filter(({ kind }) => kind === 'Pod');
  const place = objects.find(({ kind, metadata }) => kind === 'Namespace' && metadata.name === own.namespace);
  return {
    ...(guards.length > 0 && { guards }),
    ...(mutation.length > 0 && { mutation }),
    ...(rootPolicies.length > 0 && { rootPolicies }),
    ...(policies.length > 0 && { policies }),
    ...(controllers.length > 0 && { controllers }),
    ...(clusterRoles.length > 0 && { clusterRoles }),
    ...(gatewayClasses.length > 0 && { gatewayClasses }),
    ...(issuers.length > 0 && { issuers }),
    ...(pods.length > 0 && { pods: pods.map(({ metadata }) => metadata.labels ?? {}) }),
    ...(place && { namespaceLabels: place.metadata.labels ?? {} }),
  };
}

/** Of whatever revision. */
function isIstiod({ metadata }: Settings): boolean {
  return String((metadata as Settings | undefined)?.['name']).startsWith('istiod');
}

/** Its chart calls it so, wherever it is. */
function isEnvoyGateway({ metadata }: Settings): boolean {
  return (metadata as Settings | undefined)?.['name'] === 'envoy-gateway';
}

/** The release of its only container, and the variables that have a value in the Deployment itself. */
function containerOf({ metadata, spec }: Settings): { readonly release: string; readonly env: Settings } {
  const { template } = (spec ?? {}) as { template?: { spec?: { containers?: readonly Settings[] } } };
  const [container] = template?.spec?.containers ?? [];
  const list = Array.isArray(container?.['env']) ? (container['env'] as readonly Settings[]) : [];
  const image = container?.['image'];
  const { labels } = (metadata ?? {}) as { readonly labels?: Readonly<Record<string, string>> };
  return {
    release: releaseOf(typeof image === 'string' ? image : '', labels),
    env: Object.fromEntries(list.map(({ name, value }) => [String(name), value])),
  };
}
