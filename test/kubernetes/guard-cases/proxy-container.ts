import type { Fields } from './case.js';

/** Where the agent has its certificates from. */
const AUTHORITY = 'cert-manager-istio-csr.cert-manager.svc:443';

const of = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
const limit = (name: string, resource: string) => ({
  name,
  valueFrom: { resourceFieldRef: { resource, divisor: '1' } },
});

/** What injection writes of a pod of the shop (Istio 1.31, `files/injection-template.yaml`). */
export const ENVIRONMENT: readonly Fields[] = [
  { name: 'PILOT_CERT_PROVIDER', value: 'istiod' },
  { name: 'CA_ADDR', value: AUTHORITY },
  of('POD_NAME', 'metadata.name'),
  of('POD_NAMESPACE', 'metadata.namespace'),
  of('INSTANCE_IP', 'status.podIP'),
  of('SERVICE_ACCOUNT', 'spec.serviceAccountName'),
  of('HOST_IP', 'status.hostIP'),
  limit('ISTIO_CPU_LIMIT', 'limits.cpu'),
  { name: 'PROXY_CONFIG', value: '{"proxyStatsMatcher":{"inclusionRegexps":[".*\\\\.rbac"]}}\n' },
  { name: 'ISTIO_META_POD_PORTS', value: '[\n]' },
  { name: 'ISTIO_META_APP_CONTAINERS', value: 'app' },
  limit('GOMEMLIMIT', 'limits.memory'),
  limit('GOMAXPROCS', 'limits.cpu'),
  { name: 'ISTIO_META_CLUSTER_ID', value: 'Kubernetes' },
  of('ISTIO_META_NODE_NAME', 'spec.nodeName'),
  { name: 'ISTIO_META_INTERCEPTION_MODE', value: 'REDIRECT' },
  { name: 'ISTIO_META_WORKLOAD_NAME', value: 'web' },
  { name: 'ISTIO_META_OWNER', value: 'kubernetes://apis/apps/v1/namespaces/shop/deployments/web' },
  { name: 'ISTIO_META_MESH_ID', value: 'shop.example' },
  { name: 'TRUST_DOMAIN', value: 'shop.example' },
  { name: 'ISTIO_KUBE_APP_PROBERS', value: '{}' },
  { name: 'ISTIO_PROMETHEUS_ANNOTATIONS', value: '{"scrape":"true"}' },
];

const MOUNTED: Readonly<Record<string, string>> = {
  'workload-socket': '/var/run/secrets/workload-spiffe-uds',
  'credential-socket': '/var/run/secrets/credential-uds',
  'workload-certs': '/var/run/secrets/workload-spiffe-credentials',
  'istiod-ca-cert': '/var/run/secrets/istio',
  'istio-ca-crl': '/var/run/secrets/istio/crl',
  'istio-data': '/var/lib/istio/data',
  'istio-envoy': '/etc/istio/proxy',
  'istio-token': '/var/run/secrets/tokens',
  'istio-podinfo': '/etc/istio/pod',
};

export const MOUNTS: readonly Fields[] = Object.entries(MOUNTED).map(([name, mountPath]) => ({
  name,
  mountPath,
}));

const file = (name: string) => ({
  path: name,
  fieldRef: { apiVersion: 'v1', fieldPath: `metadata.${name}` },
});

export const VOLUMES: readonly Fields[] = [
  { name: 'workload-socket', emptyDir: {} },
  { name: 'credential-socket', emptyDir: {} },
  { name: 'workload-certs', emptyDir: {} },
  { name: 'istio-envoy', emptyDir: { medium: 'Memory' } },
  { name: 'istio-data', emptyDir: {} },
  { name: 'istio-podinfo', downwardAPI: { items: [file('labels'), file('annotations')] } },
  {
    name: 'istio-token',
    projected: {
      sources: [
        { serviceAccountToken: { path: 'istio-token', expirationSeconds: 43200, audience: 'istio-ca' } },
      ],
    },
  },
  { name: 'istiod-ca-cert', configMap: { name: 'istio-ca-root-cert' } },
  { name: 'istio-ca-crl', configMap: { name: 'istio-ca-crl', optional: true } },
];

/** The API server mounts it by itself. */
const ACCOUNT_TOKEN = {
  mount: { name: 'kube-api-access', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
  volume: { name: 'kube-api-access', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } },
};

/** The same with what is not always there. */
export const MORE = {
  env: [
    ...ENVIRONMENT.filter(({ name }) => name !== 'PROXY_CONFIG' && name !== 'CA_ADDR'),
    { name: 'CA_ADDR', value: 'istiod-canary.istio-system.svc:15012' },
    {
      name: 'PROXY_CONFIG',
      value:
        '{"discoveryAddress": "istiod-canary.istio-system.svc:15012","proxyMetadata":{"ISTIO_META_DNS_CAPTURE":"true","ISTIO_META_ENABLE_HBONE":"true"}}\n',
    },
    { name: 'ISTIO_META_ENABLE_HBONE', value: 'true' },
    { name: 'ISTIO_META_DNS_CAPTURE', value: 'true' },
    { name: 'ISTIO_META_NETWORK', value: 'one' },
    { name: 'COMPLIANCE_POLICY', value: 'fips-140-3' },
    { name: 'GODEBUG', value: 'fips140=only' },
  ],
  volumeMounts: [...MOUNTS, ACCOUNT_TOKEN.mount],
  volumes: [ACCOUNT_TOKEN.volume],
};

/** Somebody's, that reads a ConfigMap which whoever may create pods writes as well. */
const MINE = { configMap: { name: 'mine' } };

const variable = (name: string, value = '1') => [JSON.stringify({ [name]: value }), { name, value }] as const;

/** Variables that make another proxy. */
export const OTHER_VARIABLES: readonly (readonly [what: string, variable: Fields])[] = [
  variable('DISABLE_ENVOY', 'true'),
  variable('ISTIO_BOOTSTRAP', '/etc/istio/pod/mine.json'),
  variable('ISTIO_BOOTSTRAP_OVERRIDE'),
  variable('LD_PRELOAD', '/etc/istio/proxy/mine.so'),
  variable('XDS_ROOT_CA', 'SYSTEM'),
  variable('CA_PROVIDER', 'GoogleCAS'),
  variable('ISTIOD_SAN', 'mine.example'),
  variable('ISTIO_META_TLS_CLIENT_ROOT_CERT', '/etc/istio/pod/labels'),
  variable('ISTIO_METAJSON_MINE', '{"NAMESPACE":"other"}'),
  variable('CA_ADDR', 'mine.example:443'),
  variable('CA_ADDR', 'istiod.istio-system.svc.mine.example:15012'),
  variable('PILOT_CERT_PROVIDER', 'kubernetes'),
  variable('GODEBUG', 'x509ignoreCN=0'),
  variable('INSTANCE_IP', '10.1.2.3'),
  variable('ISTIO_META_INTERCEPTION_MODE', 'NONE'),
  ['the place of the pod by another field', of('POD_NAMESPACE', "metadata.annotations['mine']")],
  [
    'a value of a ConfigMap',
    { name: 'ISTIO_META_NETWORK', valueFrom: { configMapKeyRef: { name: 'mine', key: 'a' } } },
  ],
  [
    'a configuration of a ConfigMap',
    { name: 'PROXY_CONFIG', valueFrom: { configMapKeyRef: { name: 'mine', key: 'a' } } },
  ],
  ...[
    '{"customConfigFile":"/etc/istio/pod/mine.json"}',
    'custom_config_file: /etc/istio/pod/mine.json',
    '{"\\u0063ustomConfigFile":"/etc/istio/pod/mine.json"}',
    '!!binary Y3VzdG9tQ29uZmlnRmlsZQ==: /etc/istio/pod/mine.json',
    '{"$(TRUST_DOMAIN)":"/etc/istio/pod/mine.json"}',
    '{"interceptionMode":"NONE"}',
    '{"configPath":"/var/lib/istio/data"}',
    '{"controlPlaneAuthPolicy":"NONE"}',
    '{"discoveryAddress":"mine.example:443"}',
    '{"discoveryAddress":"istiod.istio-system.svc:15012.mine.example"}',
    '{"discoveryAddress":"istiod.istio-system.svc:15012","discoveryAddress":"mine.example:443"}',
    'discoveryAddress: mine.example:443',
    'discovery_address: mine.example:443',
    '{"caCertificatesPem":["mine"]}',
    '{"proxyMetadata":{"ISTIO_META_NAMESPACE":"other"}}',
  ].map((value) => variable('PROXY_CONFIG', value)),
];

/** In place of what is mounted there. */
export function besides(mount: Fields): readonly Fields[] {
  return [...MOUNTS.filter(({ mountPath }) => mountPath !== mount['mountPath']), mount];
}

/** Mounts over a program, or over a file that the agent believes. */
export const OTHER_MOUNTS: readonly (readonly [what: string, container: Fields])[] = [
  ...[
    { name: 'mine', mountPath: '/usr/local/bin' },
    { name: 'mine', mountPath: '/var/run/secrets/../../../usr/local/bin' },
    { name: 'mine', mountPath: '/var/run/secrets/mine' },
    { name: 'mine', mountPath: '/etc/certs' },
    { name: 'mine', mountPath: '/etc/istio/pod' },
    { name: 'istio-data', mountPath: '/usr/local/bin' },
    { name: 'istio-data', mountPath: '/etc/istio/pod' },
    { name: 'istio-envoy', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
  ].map((mount) => [`${mount.name} over ${mount.mountPath}`, { volumeMounts: besides(mount) }] as const),
  ...['subPath', 'subPathExpr'].map(
    (field) =>
      [
        `a part of its volumes (${field})`,
        { volumeMounts: MOUNTS.map((each) => ({ ...each, [field]: 'mine' })) },
      ] as const,
  ),
  ['nothing of the pod', { volumeMounts: MOUNTS.filter(({ name }) => name !== 'istio-podinfo') }],
  ['no mounts', { volumeMounts: undefined }],
  [
    'a device in place of a file',
    { volumeDevices: [{ name: 'mine', devicePath: '/etc/istio/pod/annotations' }] },
  ],
];

/** Somebody's, for what is mounted elsewhere. */
export const VOLUME_OF_MINE = { name: 'mine', persistentVolumeClaim: { claimName: 'mine' } };

const item = (path: string, fieldPath: string) => ({ path, fieldRef: { apiVersion: 'v1', fieldPath } });
const labels = item('labels', 'metadata.labels');

/** Volumes of the proxy from elsewhere: all of a pod's. */
export const OTHER_VOLUMES: readonly (readonly [what: string, volumes: readonly Fields[]])[] = [
  ...Object.keys(MOUNTED).map((name) => [`${name} of somebody`, { name, ...MINE }] as const),
  [
    'a token of another audience',
    { name: 'istio-token', projected: { sources: [{ serviceAccountToken: { path: 'istio-token' } }] } },
  ] as const,
  [
    'a token that somebody wrote',
    { name: 'istio-token', projected: { sources: [{ secret: { name: 'mine' } }] } },
  ] as const,
  [
    'roots under another key',
    {
      name: 'istiod-ca-cert',
      configMap: { name: 'istio-ca-root-cert', items: [{ key: 'a', path: 'root-cert.pem' }] },
    },
  ] as const,
  ...[
    [labels],
    [labels, item('annotations', "metadata.annotations['mine']")],
    [item('labels', "metadata.annotations['mine']"), item('annotations', 'metadata.annotations')],
    [labels, item('annotations', 'metadata.annotations'), item('mine', "metadata.annotations['mine']")],
  ].map(
    (items) =>
      [
        `the files ${items.map(({ path, fieldRef }) => `${path} of ${fieldRef.fieldPath}`).join(', ')}`,
        { name: 'istio-podinfo', downwardAPI: { items } },
      ] as const,
  ),
].map(([what, other]) => [what, VOLUMES.map((each) => (each['name'] === other.name ? other : each))]);
