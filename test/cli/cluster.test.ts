import { join } from 'node:path';
import { stringify } from 'yaml';
import { clusterFindings } from '../../cli/cluster.js';
import { prerequisiteObjects, type Settings } from '../../lib/kubernetes/index.js';
import {
  cluster,
  ClusterDouble,
  configMap,
  GUARDS,
  meshConfig,
  options,
  pilot,
  plan,
} from './cluster-double.js';

const { env } = pilot!;
const double = new ClusterDouble();
const { folder, manifests } = double;
const answer = double.answer.bind(double);
const write = double.write.bind(double);
afterEach(() => double.forget());
afterAll(() => double.remove());

test('a cluster as the manifests need it has no finding', async () => {
  answer(cluster());
  expect(await clusterFindings(manifests)).toEqual([]);
});

test('each setting that differs is an error with its place, what was found, and what is needed', async () => {
  const mesh = { ...meshConfig, trustDomain: 'cluster.local', outboundTrafficPolicy: { mode: 'ALLOW_ANY' } };
  answer(cluster({ mesh, image: 'istio/pilot:1.28.0', version: 'v1.29.9', ca: 'true' }));
  expect(await clusterFindings(manifests)).toMatchObject([
    { code: 'cluster-version', path: 'kubernetes', found: '"v1.29.9"', expected: '1.30 or newer' },
    { code: 'cluster-version', path: 'istio', found: '"1.28.0"', expected: '1.31 or newer' },
    { code: 'cluster-setting', path: 'meshConfig.trustDomain', found: '"cluster.local"', severity: 'error' },
    { code: 'cluster-setting', path: 'meshConfig.outboundTrafficPolicy.mode', expected: '"REGISTRY_ONLY"' },
    { code: 'cluster-setting', path: 'istiod.env.ENABLE_CA_SERVER', found: '"true"' },
  ]);
});

test('a gateway that is made needs Envoy Gateway and the Gateway API, with patches and without another name scheme', async () => {
  const own = { ...options, ingress: { issuer: { name: 'mesh' } } };
  const manifestsOf = write('with-ingress.yaml', [...prerequisiteObjects(plan, own), ...GUARDS]);
  const controllerName = 'gateway.envoyproxy.io/gatewayclass-controller';
  const classOf = (spec: Settings, accepted = 'True', name = 'eg') => ({
    kind: 'GatewayClass',
    metadata: { name },
    spec,
    status: { conditions: [{ type: 'Accepted', status: accepted }] },
  });
  const gateway = (
    image: string,
    config: Settings,
    bundle: string,
    gatewayClass: object = classOf({ controllerName }),
  ) => ({
    'get gatewayclasses.': { kind: 'List', items: [gatewayClass] },
    'get configmap envoy-gateway-config': configMap('envoy-gateway-config', {
      'envoy-gateway.yaml': stringify(config),
    }),
    'get deployment envoy-gateway': {
      kind: 'Deployment',
      metadata: { name: 'envoy-gateway' },
      spec: { template: { spec: { containers: [{ name: 'envoy-gateway', image }] } } },
    },
    'get crd httproutes': {
      kind: 'CustomResourceDefinition',
      metadata: { name: 'it', annotations: { 'gateway.networking.k8s.io/bundle-version': bundle } },
    },
  });
  const extensionApis = { enableEnvoyPatchPolicy: true };
  answer({ ...gateway('envoyproxy/gateway:v1.9.1', { extensionApis }, 'v1.6.1'), ...cluster() });
  expect(await clusterFindings(manifestsOf)).toEqual([]);
  const flags = { runtimeFlags: { enabled: ['XDSNameSchemeV2'] } };
  answer({ ...gateway('envoyproxy/gateway:v1.7.0', flags, 'v1.2.0'), ...cluster() });
  expect(await clusterFindings(manifestsOf)).toMatchObject([
    { code: 'cluster-version', path: 'envoyGateway', expected: '1.9 or newer' },
    { code: 'cluster-setting', path: 'envoyGateway.extensionApis.enableEnvoyPatchPolicy', expected: 'true' },
    { code: 'cluster-setting', path: 'envoyGateway.runtimeFlags.enabled.XDSNameSchemeV2' },
    { code: 'cluster-version', path: 'gatewayApi', expected: '1.6 or newer' },
  ]);
  const classes: [object, object[]][] = [
    [classOf({ controllerName }, 'True', 'istio'), [{ path: 'gatewayClass.eg' }]],
    [
      classOf({ controllerName: 'istio.io/gateway-controller' }),
      [{ path: 'gatewayClass.eg.controllerName', expected: `"${controllerName}"` }],
    ],
    [classOf({ controllerName }, 'False'), [{ path: 'gatewayClass.eg.status', found: '"False"' }]],
  ];
  for (const [gatewayClass, found] of classes) {
    answer({
      ...gateway('envoyproxy/gateway:v1.9.1', { extensionApis }, 'v1.6.1', gatewayClass),
      ...cluster(),
    });
    expect(await clusterFindings(manifestsOf)).toMatchObject(found);
  }
  // Envoy Gateway may be called otherwise.
  const named = { extensionApis, gateway: { controllerName: 'shop.example/gateway' } };
  const ownClass = classOf({ controllerName: 'shop.example/gateway' });
  answer({ ...gateway('envoyproxy/gateway:v1.9.1', named, 'v1.6.1', ownClass), ...cluster() });
  expect(await clusterFindings(manifestsOf)).toEqual([]);
});

test('settings by which others are believed must be absent or empty', async () => {
  const opened = {
    trustDomainAliases: ['old.example'],
    caCertificates: [{ pem: 'another root' }],
    discoverySelectors: [{ matchLabels: { a: 'b' } }],
  };
  const found = await clusterFindings(manifests, write('mesh.yaml', [{ ...meshConfig, ...opened }]));
  expect(found).toMatchObject(
    Object.keys(opened)
      .sort()
      .map((name) => ({
        code: 'cluster-setting',
        path: `meshConfig.${name}`,
        severity: 'error',
        expected: 'none',
      })),
  );
  const empty = { ...meshConfig, trustDomainAliases: [], caCertificates: [] };
  expect(await clusterFindings(manifests, write('mesh.yaml', [empty]))).toEqual([]);
});

test('an absent provider is one finding, and one that differs one for each difference', async () => {
  type Provider = { readonly name: string; readonly envoyFileAccessLog: Settings };
  const [allowed, refused] = meshConfig!['extensionProviders'] as [Provider, Provider];
  const other = { ...refused, envoyFileAccessLog: { ...refused.envoyFileAccessLog, path: '/dev/null' } };
  const file = write('mesh.yaml', [{ ...meshConfig, extensionProviders: [other] }]);
  expect(await clusterFindings(manifests, file)).toMatchObject([
    { path: `meshConfig.extensionProviders[${allowed.name}]`, message: 'the setting is absent' },
    { path: `meshConfig.extensionProviders[${refused.name}].envoyFileAccessLog.path`, found: '"/dev/null"' },
  ]);
});

// The loop shows that nothing of the prerequisites is only written down.
test('without any one setting of the mesh there is a finding', async () => {
  const found: Record<string, number> = {};
  for (const key of Object.keys(meshConfig!)) {
    const file = write('mesh.yaml', [{ ...meshConfig, [key]: undefined }]);
    found[key] = (await clusterFindings(manifests, file)).length;
  }
  expect(Object.keys(found)).toEqual([
    'trustDomain',
    'outboundTrafficPolicy',
    'pathNormalization',
    'defaultConfig',
    'extensionProviders',
  ]);
  expect(Object.values(found).every((count) => count > 0)).toBe(true);
});

test('a file has the configuration of the mesh alone, or what kubectl wrote', async () => {
  expect(await clusterFindings(manifests, write('mesh.yaml', [meshConfig]))).toEqual([]);
  const { 'get configmap': list } = cluster();
  expect(await clusterFindings(manifests, write('list.yaml', [list]))).toEqual([]);
  const others = [configMap('other', { values: JSON.stringify({ global: {} }) })];
  expect(await clusterFindings(manifests, write('others.yaml', others))).toMatchObject([
    { code: 'cluster-unknown', path: 'meshConfig' },
    { path: 'injection.global.caAddress' },
    { path: 'injection.pilot.cni.enabled' },
  ]);
});

test.each([
  ['cluster-unreachable', () => clusterFindings(manifests)],
  ['prerequisites-not-found', () => clusterFindings(write('none.yaml', [configMap('other', {})]))],
  ['mesh-config-not-found', () => clusterFindings(manifests, join(folder, 'nowhere'))],
  ['mesh-config-ambiguous', () => clusterFindings(manifests, write('two.yaml', [meshConfig, meshConfig]))],
  [
    'prerequisites-version',
    () =>
      clusterFindings(
        write('new.yaml', [
          configMap('zero-trust-prerequisites', { 'prerequisites.json': '{"version":"2.0"}' }),
        ]),
      ),
  ],
])('%s', async (code, ask) => {
  answer({});
  await expect(ask()).rejects.toThrow(expect.objectContaining({ code }));
});

test('the values of the charts are those of the options', () => {
  expect(env).toEqual({ ENABLE_CA_SERVER: 'false' });
});

test('a provider of ours with one more field, or one more item of a list, differs', async () => {
  const provider = {
    name: 'ztp-decision',
    envoyExtAuthzHttp: { service: 'shop/decision', headersToUpstreamOnAllow: ['x-ztp-rule'] },
  };
  const own = write('own.yaml', prerequisiteObjects(plan, { ...options, extensionProviders: [provider] }));
  const given = meshConfig!['extensionProviders'] as readonly object[];
  const found = async (more: object) => {
    const other = { name: 'ztp-decision', envoyExtAuthzHttp: { ...provider.envoyExtAuthzHttp, ...more } };
    const file = write('more.yaml', [{ ...meshConfig, extensionProviders: [...given, other] }]);
    return (await clusterFindings(own, file)).map(({ path }) => path);
  };
  const place = 'meshConfig.extensionProviders[ztp-decision].envoyExtAuthzHttp';
  expect(await found({})).toEqual([]);
  expect(await found({ pathPrefix: '/public' })).toEqual([`${place}.pathPrefix`]);
  expect(await found({ headersToUpstreamOnAllow: ['x-ztp-rule', 'x-user'] })).toEqual([
    `${place}.headersToUpstreamOnAllow`,
  ]);
});
