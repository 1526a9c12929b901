import { ISTIO } from '../istio.js';
import { literal, literals } from './guard.js';

/** What the container `istio-proxy` may be: of sidecars, gateways and the waypoint, as Istio 1.31 writes it (its charts, `files/`). */

/** istiod's address, of any revision. */
const ISTIOD = `istiod(-[a-z0-9]([-a-z0-9]*[a-z0-9])?)?\\.${ISTIO.namespace}\\.svc:${ISTIO.controlPlanePort}`;

/** Variables that say where the pod is, each by the field of the pod that it has. */
const FIELDS: Readonly<Record<string, string>> = {
  HOST_IP: 'status.hostIP',
  INSTANCE_IP: 'status.podIP',
  ISTIO_META_NODE_NAME: 'spec.nodeName',
  ISTIO_META_SERVICE_ACCOUNT: 'spec.serviceAccountName',
  POD_NAME: 'metadata.name',
  POD_NAMESPACE: 'metadata.namespace',
  SERVICE_ACCOUNT: 'spec.serviceAccountName',
};

/** What the agent tells istiod beside them, by the mesh's own `proxyMetadata`: tunnels of ambient mode, and names. */
const METADATA = ['DNS_AUTO_ALLOCATE', 'DNS_CAPTURE', 'ENABLE_HBONE'];

/**
 * Everything else is somebody's: the agent hands its whole environment on to Envoy, whose loader reads `LD_PRELOAD`, and by
 * others of its own it takes another bootstrap, other roots, or no Envoy.
 */
const VARIABLES = [
  ...Object.keys(FIELDS),
  ...METADATA.map((name) => `ISTIO_META_${name}`),
  'CA_ADDR',
  'COMPLIANCE_POLICY',
  'GODEBUG',
  'GOMAXPROCS',
  'GOMEMLIMIT',
  'ISTIO_CPU_LIMIT',
  'ISTIO_KUBE_APP_PROBERS',
  'ISTIO_META_APP_CONTAINERS',
  'ISTIO_META_CLUSTER_ID',
  'ISTIO_META_INTERCEPTION_MODE',
  'ISTIO_META_MESH_ID',
  'ISTIO_META_NETWORK',
  'ISTIO_META_OWNER',
  'ISTIO_META_POD_PORTS',
  'ISTIO_META_WORKLOAD_NAME',
  'ISTIO_PROMETHEUS_ANNOTATIONS',
  'OTEL_RESOURCE_ATTRIBUTES',
  'PILOT_CERT_PROVIDER',
  'PROXY_CONFIG',
  'REWRITE_PROBE_LEGACY_LOCALHOST_DESTINATION',
  'TRUST_DOMAIN',
];

/**
 * In `PROXY_CONFIG`, which is YAML: another bootstrap, program, place of files, authority or way of interception; in words, or in a
 * spelling that hides them. Injection writes none of these (Istio 1.31, `protoToJSON`), as long as the mesh takes connections in
 * by `REDIRECT`. The kubelet puts other variables in place of `$(…)`.
 */
const ANOTHER_PROXY = [
  ...[
    'customConfigFile',
    'proxyBootstrapTemplatePath',
    'binaryPath',
    'configPath',
    'interceptionMode',
    'controlPlaneAuthPolicy',
    'caCertificatesPem',
    'privateKeyProvider',
    'tlsSettings',
  ].flatMap((field) => [field, snakeCase(field)]),
  snakeCase('discoveryAddress'),
  '\\\\[xuU\\r\\n]',
  '!',
  '\\$\\(',
].join('|');

function snakeCase(field: string): string {
  return field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** What follows each of them in the text. */
const FOLLOWED: Readonly<Record<string, string>> = {
  discoveryAddress: `"\\s*:\\s*"${ISTIOD}"`,
  ISTIO_META_: `(${METADATA.join('|')})"`,
};

/** With that before the text, the same is true of what is before the first of them. */
const FIRST: Readonly<Record<string, string>> = {
  discoveryAddress: `":"istiod.${ISTIO.namespace}.svc:${ISTIO.controlPlanePort}"`,
  ISTIO_META_: `${METADATA[0]}"`,
};

const PROXY_CONFIG = [
  `!e.value.matches(${literal(ANOTHER_PROXY)})`,
  ...Object.entries(FOLLOWED).map(
    ([word, what]) =>
      `(${literal(FIRST[word]!)} + e.value).split(${literal(word)}).all(part, part.matches(${literal(`^${what}`)}))`,
  ),
].join(' && ');

/**
 * Of a container `c`: no variable but those of injection, and with values of injection where others make another proxy.
 * @param authority the address of istio-csr, which signs in istiod's place
 */
export function environmentAsInjected(authority: string): string {
  const ofField = Object.entries(FIELDS).map(([name, field]) => `${name}=${field}`);
  const values: Readonly<Record<string, string>> = {
    CA_ADDR: `e.value == ${literal(authority)} || e.value.matches(${literal(`^${ISTIOD}$`)})`,
    GODEBUG: "e.value == 'fips140=only'",
    ISTIO_META_INTERCEPTION_MODE: "e.value in ['REDIRECT', 'TPROXY']",
    PILOT_CERT_PROVIDER: "e.value == 'istiod'",
    PROXY_CONFIG,
  };
  const each = [
    `e.name in ${literals(VARIABLES)}`,
    `(e.name in ${literals(Object.keys(FIELDS))} ? has(e.valueFrom) && has(e.valueFrom.fieldRef) && ` +
      `(e.name + '=' + e.valueFrom.fieldRef.fieldPath) in ${literals(ofField)} : ` +
      '!has(e.valueFrom) || has(e.valueFrom.resourceFieldRef))',
    ...Object.entries(values).map(
      ([name, test]) => `(e.name != ${literal(name)} || (has(e.value) && (${test})))`,
    ),
  ].join(' && ');
  return `!has(c.envFrom) && (!has(c.env) || c.env.all(e, ${each}))`;
}

/**
 * Of a container `c`: no argument by which the agent takes another bootstrap, or another configuration of the mesh. The kubelet puts
 * variables in place of `$(…)`, whose values are not compared.
 */
export const ARGUMENTS_AS_INJECTED = `c.args.all(a, ${['--templateFile', '--meshConfig']
  .map((argument) => `!a.startsWith('${argument}')`)
  .join(' && ')} && a.matches(${literal('^([^$]|\\$\\(POD_NAMESPACE\\))*$')})) && !has(c.workingDir)`;

/** Folders of the proxy alone: sockets, keys, and what the agent writes for Envoy. */
const OWN_FOLDERS: Readonly<Record<string, string>> = {
  'credential-socket': '/var/run/secrets/credential-uds',
  'istio-data': '/var/lib/istio/data',
  'istio-envoy': '/etc/istio/proxy',
  'workload-certs': '/var/run/secrets/workload-spiffe-credentials',
  'workload-socket': '/var/run/secrets/workload-spiffe-uds',
};

const POD_INFO = 'istio-podinfo';

/** Where injection mounts which volume: what is elsewhere takes the place of a program, or of a file that the agent believes. */
const MOUNTS: Readonly<Record<string, string>> = {
  ...OWN_FOLDERS,
  [POD_INFO]: '/etc/istio/pod',
  'istio-ca-crl': '/var/run/secrets/istio/crl',
  'istio-token': '/var/run/secrets/tokens',
  'istiod-ca-cert': '/var/run/secrets/istio',
};

/** The API server mounts the token of the account by itself, in a volume of another name each time. The agent does not read it. */
const ACCOUNT_TOKEN = "m.mountPath == '/var/run/secrets/kubernetes.io/serviceaccount'";

const IS_OWN_VOLUME = `m.name in ${literals(Object.keys(MOUNTS))}`;

/**
 * Of a container `c`: nothing is mounted but what injection mounts. By the file of its annotations the agent takes a configuration after
 * that of its environment, and by the file of its labels istiod knows which policies are its own: they must be there.
 */
export const MOUNTS_AS_INJECTED =
  '!has(c.volumeDevices) && has(c.volumeMounts) && ' +
  `c.volumeMounts.exists(m, m.name == ${literal(POD_INFO)}) && c.volumeMounts.all(m, ` +
  `!has(m.subPath) && !has(m.subPathExpr) && ((${ACCOUNT_TOKEN} && !(${IS_OWN_VOLUME})) || ` +
  `(m.name + '=' + m.mountPath) in ${literals(Object.entries(MOUNTS).map((each) => each.join('=')))}))`;

/** Of another container `c`: it mounts nothing of the proxy's, where it would leave a socket, a key or a configuration. */
export const NO_MOUNT_OF_PROXY = `!has(c.volumeMounts) || c.volumeMounts.all(m, !(${IS_OWN_VOLUME}))`;

/** Of a container `c` that injection adds beside the proxy: it mounts nothing. */
export const NO_MOUNTS = `!has(c.volumeDevices) && (!has(c.volumeMounts) || c.volumeMounts.all(m, ${ACCOUNT_TOKEN}))`;

/** Of a pod: what the proxy mounts is from where injection has it. */
export const VOLUMES_AS_INJECTED = (() => {
  const item = (name: string) =>
    `v.downwardAPI.items.exists(i, i.path == '${name}' && has(i.fieldRef) && i.fieldRef.fieldPath == 'metadata.${name}')`;
  const named = (name: string) =>
    `has(v.configMap) && v.configMap.name == ${literal(name)} && !has(v.configMap.items)`;
  const sources: Readonly<Record<string, string>> = {
    [POD_INFO]: `has(v.downwardAPI) && has(v.downwardAPI.items) && size(v.downwardAPI.items) == 2 && ${item('labels')} && ${item('annotations')}`,
    'istio-ca-crl': named('istio-ca-crl'),
    'istio-token':
      'has(v.projected) && has(v.projected.sources) && v.projected.sources.all(s, has(s.serviceAccountToken) && ' +
      "has(s.serviceAccountToken.audience) && s.serviceAccountToken.audience == 'istio-ca')",
    'istiod-ca-cert': named(ISTIO.roots),
  };
  const each = [
    `(!(v.name in ${literals(Object.keys(OWN_FOLDERS))}) || has(v.emptyDir))`,
    ...Object.entries(sources).map(([name, source]) => `(v.name != ${literal(name)} || (${source}))`),
  ].join(' && ');
  return `!has(object.spec.volumes) || object.spec.volumes.all(v, ${each})`;
})();
