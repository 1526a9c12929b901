import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import shop from '../../examples/shop/model.js';
import { CLOSED_KINDS, eachKind, routingKinds } from '../../lib/kubernetes/foreign-kinds.js';
import {
  guardPolicies,
  type KubernetesObject,
  prerequisiteObjects,
  prerequisites,
  type Settings,
} from '../../lib/kubernetes/index.js';
import { resolve } from '../../lib/plan/resolve.js';

export const plan = resolve({ ...shop, authority: { namespace: 'shop' } }, { engine: 'kubernetes' });
export const options = {
  certificates: { issuer: { name: 'mesh' }, roots: [{ kind: 'Secret', name: 'root', key: 'ca.crt' }] },
  revision: '1-31',
} as const;
export const { meshConfig, global, pilot } = prerequisites(plan, options).helm.istiod as Record<
  string,
  Settings
>;
const { env: _, ...injected } = pilot!;

/** The guards of the manifests. */
export const GUARDS = guardPolicies(plan, {
  ...options,
  deployers: { users: ['deployer'] },
  images: { gateway: [] },
  proxyImage: `registry.example/proxyv2@sha256:${'0'.repeat(64)}`,
});

const NAMESPACE = { kind: 'Namespace', metadata: { name: 'shop', labels: { 'istio.io/rev': '1-31' } } };
const POD = { kind: 'Pod', metadata: { name: 'orders', labels: { 'app.kubernetes.io/name': 'orders' } } };

export interface Told {
  readonly mesh?: Settings;
  readonly guards?: readonly KubernetesObject[];
  readonly others?: readonly KubernetesObject[];
}

/** What the manifests are and what kubectl answers, in a folder that is gone in the end. */
export class ClusterDouble {
  readonly folder = mkdtempSync(join(tmpdir(), 'cluster-'));
  readonly manifests = this.write('manifests.yaml', [...prerequisiteObjects(plan, options), ...GUARDS]);
  private readonly path = process.env['PATH'];

  write(name: string, documents: readonly unknown[]): string {
    const file = join(this.folder, name);
    writeFileSync(file, documents.map((each) => stringify(each)).join('---\n'));
    return file;
  }

  /** A file that tells of a cluster: no process is started. */
  told({ mesh = meshConfig!, guards = GUARDS.map(withDefaults), others = [] }: Told): string {
    const configuration = { kind: 'ConfigMap', metadata: { name: 'istio' }, data: { mesh: stringify(mesh) } };
    return this.write('told.yaml', [configuration, NAMESPACE, POD, ...guards, ...others]);
  }

  /** A kubectl that answers so, and notes nothing: by what the command begins with, the first that does; `*` is anything. */
  answer(answers: Readonly<Record<string, unknown>>): void {
    const cases = Object.entries(answers).map(
      ([command, text]) =>
        `"${command.replaceAll('*', '"*"')}"*) cat <<'END'\n${JSON.stringify(text)}\nEND\n;;`,
    );
    const text = `#!/bin/sh\ncase "$*" in\n${cases.join('\n')}\n*) echo "$UNKNOWN" >&2; exit 1;;\nesac\n`;
    writeFileSync(join(this.folder, 'kubectl'), text);
    chmodSync(join(this.folder, 'kubectl'), 0o755);
    process.env['PATH'] = `${this.folder}:${this.path}`;
  }

  forget(): void {
    process.env['PATH'] = this.path;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

export const configMap = (name: string, data: Settings) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});

/** As the charts write them. */
export const CONTROLLERS = [
  controller('cert-manager', 'v1.21.2', ['--v=2', '--leader-election-namespace=kube-system'], {
    container: 'cert-manager-controller',
  }),
  controller('cert-manager-istio-csr', 'v0.16.0', [
    '--log-level=1',
    '--certificate-namespace=istio-system',
    '--issuer-enabled=true',
    '--root-ca-file=/var/run/zero-trust/root-cert.pem',
    `--trust-domain=${plan.trustDomain}`,
    '--max-client-certificate-duration=14400s',
    '--runtime-issuance-config-map-name=zero-trust-issuer',
  ]),
  controller('trust-manager', 'v0.25.0', ['--trust-namespace=cert-manager'], { namespace: 'trust' }),
];

/** A Deployment, or what else runs pods, under an account of its own name. */
export function controller(
  name: string,
  tag: string,
  args: readonly string[],
  { namespace = 'cert-manager', container = name, kind = 'Deployment' } = {},
): KubernetesObject {
  const image = `quay.io/jetstack/${container}:${tag}`;
  const spec = { serviceAccountName: name, containers: [{ name: container, image, args }] };
  // Of the driver and its approver the same.
  const labels = { 'app.kubernetes.io/name': name.replace(/-approver$/, '') };
  return { apiVersion: 'apps/v1', kind, metadata: { name, namespace, labels }, spec: { template: { spec } } };
}

/** What is there as the manifests need it, with some parts in place of those. */
interface Parts {
  readonly mesh?: Settings | undefined;
  readonly image?: string;
  readonly version?: string;
  readonly ca?: string;
  /** Guards as they are in the cluster. */
  readonly guards?: readonly KubernetesObject[];
  /** Policies of the root namespace, and who changes objects. */
  readonly others?: readonly KubernetesObject[];
  /** What runs beside the mesh. */
  readonly controllers?: readonly KubernetesObject[];
  /** The labels of the platform's pods. */
  readonly pods?: readonly Readonly<Record<string, string>>[];
}

export function cluster({
  mesh = meshConfig,
  image = 'istio/pilot:1.31.1',
  version = 'v1.36.3',
  ca = 'false',
  guards = GUARDS.map(withDefaults),
  others = [],
  controllers = CONTROLLERS,
  pods = [{ 'app.kubernetes.io/name': 'orders' }],
}: Parts = {}) {
  const listOf = (...kinds: readonly string[]) =>
    list([...guards, ...others].filter(({ kind }) => kinds.includes(kind)));
  const policiesOf = (isThere: (object: KubernetesObject) => boolean) =>
    list(others.filter(({ kind }) => EVERYWHERE.includes(kind)).filter(isThere));
  return {
    version: { serverVersion: { gitVersion: version } },
    'get configmap': list([
      configMap('istio-1-31', { mesh: stringify(mesh) }),
      configMap('istio-sidecar-injector-1-31', { values: JSON.stringify({ global, pilot: injected }) }),
    ]),
    'get deployments,daemonsets': list(controllers),
    'get clusterroles': listOf('ClusterRole'),
    'get issuers.': listOf('Issuer', 'ClusterIssuer'),
    'get deployment': {
      kind: 'Deployment',
      metadata: { name: 'istiod-1-31' },
      spec: {
        template: {
          spec: {
            containers: [{ name: 'discovery', image, env: [{ name: 'ENABLE_CA_SERVER', value: ca }] }],
          },
        },
      },
    },
    'get validatingadmissionpolicies.': listOf(
      'ValidatingAdmissionPolicy',
      'ValidatingAdmissionPolicyBinding',
      'MutatingWebhookConfiguration',
    ),
    'get mutatingadmissionpolicies.': listOf('MutatingAdmissionPolicy'),
    'get authorizationpolicies.*-n shop': policiesOf(({ metadata }) => metadata.namespace === 'shop'),
    'get authorizationpolicies.': policiesOf(({ metadata }) => metadata.namespace !== 'shop'),
    'get securitypolicies.': listOf('SecurityPolicy'),
    ...ofOthers(others),
    'get wasmplugins.': listOf('WasmPlugin'),
    'get trafficextensions.': listOf('TrafficExtension'),
    'get namespaces': list([
      { kind: 'Namespace', metadata: { name: 'shop', labels: { 'istio.io/rev': '1-31' } } },
    ]),
    'get pods': list(
      pods.map((labels, index) => ({ kind: 'Pod', metadata: { name: `pod-${index}`, labels } })),
    ),
  };
}

const NOT_EVERYWHERE = /^gateway.networking|cilium|calico|extensions/;

/** Kinds of Istio and of Kubernetes itself. */
const EVERYWHERE = eachKind([...CLOSED_KINDS, ...routingKinds()])
  .filter(({ group }) => !NOT_EVERYWHERE.test(group))
  .map(({ kind }) => kind);

/** Of the kinds that not every cluster has. */
function ofOthers(objects: readonly KubernetesObject[]): Readonly<Record<string, unknown>> {
  const kinds = eachKind(CLOSED_KINDS).filter(
    ({ group }) => NOT_EVERYWHERE.test(group) && group !== 'extensions.istio.io',
  );
  return Object.fromEntries(
    kinds.map(({ kind, group, resource }) => [
      `get ${resource}.${group}`,
      list(objects.filter((each) => each.kind === kind && each.apiVersion.startsWith(`${group}/`))),
    ]),
  );
}

const list = (items: readonly object[]) => ({ kind: 'List', items });

/** As the API server gives a policy or a binding back. */
export function withDefaults(object: KubernetesObject): KubernetesObject {
  const { matchConstraints, matchResources, ...spec } = object['spec'] as Record<
    string,
    Settings | undefined
  >;
  const match = { matchPolicy: 'Equivalent', namespaceSelector: {}, objectSelector: {} };
  const rules = (matchConstraints?.['resourceRules'] ?? []) as readonly object[];
  return {
    ...object,
    metadata: { ...object.metadata, labels: { 'applied-by': 'somebody' } },
    spec: {
      ...spec,
      ...(matchConstraints && {
        matchConstraints: { ...match, resourceRules: rules.map((rule) => ({ ...rule, scope: '*' })) },
      }),
      ...(matchResources && { matchResources: { ...match, ...matchResources } }),
    },
  };
}
