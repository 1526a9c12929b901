import { ApiObject, App, type AppProps, Chart, JsonPatch, Testing } from 'cdk8s';
import { allow, anyone, defineZeroTrust, http, workload } from 'zero-trust-platform';
import { MeshNetworkPolicies, Part, WorkloadGuard, ZeroTrustPlatform } from 'zero-trust-platform/cdk8s';

const model = defineZeroTrust({
  trustDomain: 'acme.example',
  environment: 'dev',
  authority: { namespace: 'acme' },
  services: { web: http({ host: 'www.acme.example' }), orders: http() },
  access: [allow(anyone()).to('web', 'GET /'), allow(workload('web')).to('orders', 'GET /orders/{id}')],
});
const until = { reason: 'callers without a sidecar, until they have one', until: '2099-01-01' };

const guard = {
  deployers: { groups: ['platform-team'] },
  proxyImage: `registry.example/proxyv2@sha256:${'0'.repeat(64)}`,
  images: { gateway: [] },
};

const platformOf = (props: AppProps = {}) =>
  new ZeroTrustPlatform(new App(props), 'acme', {
    model,
    guard,
    decisionService: {
      image: `registry.example/decision@sha256:${'1'.repeat(64)}`,
      apiServer: { networks: ['10.0.0.1/32'], port: 6443 },
    },
    certificates: { issuer: { name: 'mesh' }, roots: [{ kind: 'Secret', name: 'root', key: 'ca.crt' }] },
  });
const partsOf = (platform: ZeroTrustPlatform) =>
  platform.charts.flatMap(({ node }) => node.children.filter((child) => child instanceof Part));
const written = (platform: ZeroTrustPlatform) =>
  platform.charts.flatMap((chart) => Testing.synth(chart) as unknown[]);
const removed = (object: ReturnType<Part['object']>) =>
  object.node.scope!.node.tryRemoveChild(object.node.id);

/** Of every part, but what nothing rests on. */
const NEEDED = partsOf(platformOf()).flatMap((part, index) =>
  part.objects
    .filter(({ kind }) => !['PodDisruptionBudget', 'PrometheusRule', 'ServiceAccount'].includes(kind))
    .map(({ kind, name }) => [kind, name, index] as const),
);

test('what comes and goes after a first synthesis is seen at the next', () => {
  const app = new App();
  const chart = new Chart(app, 'acme');
  const part = new MeshNetworkPolicies(chart, 'network', { plan: platformOf().plan });
  Testing.synth(chart);
  const [object] = part.objects;
  removed(object!);
  const { apiVersion, kind, metadata } = object!;
  const other = (id: string) =>
    new ApiObject(chart, id, {
      apiVersion,
      kind,
      metadata: { name: object!.name, namespace: metadata.namespace! },
    });
  other('in-its-place');
  expect(() => Testing.synth(chart)).toThrow(/not-as-made/);
  other('again');
  expect(() => Testing.synth(chart)).toThrow(/object-collision/);
});

test.each(NEEDED)('without %s %s nothing is written', (kind, name, index) => {
  const platform = platformOf();
  removed(partsOf(platform)[index]!.object(kind, name));
  expect(() => written(platform)).toThrow(new RegExp(`not-as-made: .*${kind}-${name}`));
});

const CHANGES: [what: string, change: (platform: ZeroTrustPlatform) => void][] = [
  [
    'another trust domain in who may call',
    ({ mesh }) =>
      mesh
        .object('AuthorizationPolicy', 'orders-allow')
        .addJsonPatch(JsonPatch.replace('/spec/rules/0/from/0/source/principals/0', '*/ns/acme/sa/web')),
  ],
  [
    'an allow-nothing that allows',
    ({ mesh }) =>
      mesh.object('AuthorizationPolicy', 'allow-nothing').addJsonPatch(JsonPatch.add('/spec/rules', [{}])),
  ],
  [
    'sidecars that heed what other namespaces say of hosts',
    ({ mesh }) =>
      mesh.object('Sidecar', 'default').addJsonPatch(JsonPatch.add('/spec/egress/0/hosts/-', '*/*')),
  ],
  [
    'clear text',
    ({ mesh }) =>
      mesh
        .object('PeerAuthentication', 'default')
        .addJsonPatch(JsonPatch.replace('/spec/mtls/mode', 'PERMISSIVE')),
  ],
  [
    'a canonical filter without one of its parts',
    ({ mesh }) =>
      mesh
        .object('EnvoyFilter', 'canonical-requests')
        .addJsonPatch(JsonPatch.remove('/spec/configPatches/2')),
  ],
  [
    'another way out',
    ({ network }) => network.object('NetworkPolicy', 'web').addJsonPatch(JsonPatch.add('/spec/egress/-', {})),
  ],
  [
    'another image of the decision service',
    ({ decisionService }) =>
      decisionService!
        .object('Deployment', 'decision')
        .addJsonPatch(JsonPatch.replace('/spec/template/spec/containers/0/image', 'evil')),
  ],
  [
    'a guard that looks on',
    ({ guard }) => {
      const [binding] = guard.objects.filter(({ kind }) => kind.endsWith('Binding'));
      binding!.addJsonPatch(JsonPatch.replace('/spec/validationActions', ['Audit']));
    },
  ],
  [
    'the namespace without Pod Security, by a patch',
    ({ namespace }) =>
      namespace
        .object('Namespace', 'acme')
        .addJsonPatch(JsonPatch.remove('/metadata/labels/pod-security.kubernetes.io~1enforce')),
  ],
  [
    'the namespace of another revision, by a label',
    ({ namespace }) => namespace.object('Namespace', 'acme').metadata.addLabel('istio.io/rev', 'canary'),
  ],
  [
    'a policy for another control plane',
    ({ mesh }) =>
      mesh.object('AuthorizationPolicy', 'allow-nothing').metadata.addLabel('istio.io/rev', 'canary'),
  ],
  ...[
    'istio.io/dry-run',
    'sidecar.istio.io/inject',
    'config.kubernetes.io/local-config',
    'kustomize.toolkit.fluxcd.io/reconcile',
    'argocd.argoproj.io/hook',
    'helm.sh/hook',
  ].flatMap((key): typeof CHANGES => [
    [
      `the annotation ${key}`,
      ({ mesh }) => mesh.object('AuthorizationPolicy', 'orders-allow').metadata.addAnnotation(key, 'true'),
    ],
    [
      `the annotation ${key}, by a patch`,
      ({ mesh }) =>
        mesh
          .object('AuthorizationPolicy', 'orders-allow')
          .addJsonPatch(JsonPatch.add('/metadata/annotations', { [key]: 'true' })),
    ],
  ]),
  [
    'a label by which Flux leaves it out',
    ({ network }) =>
      network
        .object('NetworkPolicy', 'orders')
        .metadata.addLabel('kustomize.toolkit.fluxcd.io/reconcile', 'disabled'),
  ],
  [
    'an owner that is not there, with which it is deleted',
    ({ network }) =>
      network
        .object('NetworkPolicy', 'orders')
        .metadata.addOwnerReference({ apiVersion: 'v1', kind: 'ConfigMap', name: 'nobody', uid: 'nobody' }),
  ],
  [
    'another name',
    ({ network }) =>
      network.object('NetworkPolicy', 'orders').addJsonPatch(JsonPatch.replace('/metadata/name', 'other')),
  ],
];

test.each(CHANGES)('%s stops synthesis, and says what to do', (_what, change) => {
  const platform = platformOf();
  change(platform);
  expect(() => written(platform)).toThrow(
    expect.objectContaining({ code: 'not-as-made', message: expect.stringMatching(/^\[acme\/.*weakened/) }),
  );
});

test('labels, annotations and what changes nothing pass, on every object', () => {
  const platform = platformOf();
  for (const { metadata, ...object } of partsOf(platform).flatMap(({ objects }) => objects)) {
    expect(object).toBeDefined();
    metadata.addLabel('team', 'a');
    metadata.addAnnotation('acme.example/wave', '1');
    metadata.addAnnotation('argocd.argoproj.io/sync-wave', '1');
    metadata.addLabel('helm.sh/chart', 'acme');
  }
  for (const object of partsOf(platform).flatMap(({ objects }) => objects)) {
    object.addJsonPatch(JsonPatch.test('/kind', object.kind));
  }
  platform.visibility
    .object('PrometheusRule', 'zero-trust-platform')
    .addJsonPatch(JsonPatch.replace('/spec/groups/0/rules/0/labels/severity', 'critical'));
  platform
    .decisionService!.object('Deployment', 'decision')
    .addJsonPatch(
      JsonPatch.replace('/spec/replicas', 5),
      JsonPatch.replace('/spec/template/spec/containers/0/resources', { limits: { memory: '512Mi' } }),
      JsonPatch.add('/spec/template/spec/tolerations', [{ key: 'platform', operator: 'Exists' }]),
      JsonPatch.remove('/spec/template/spec/topologySpreadConstraints'),
    );
  expect(written(platform)).toHaveLength(partsOf(platform).flatMap(({ objects }) => objects).length);
});

test('what is weakened by name may change or go; who reads the cluster sees why', () => {
  const platform = platformOf();
  const warnings = jest.spyOn(process, 'emitWarning').mockReturnValue(undefined);
  platform.mesh
    .weakened('PeerAuthentication', 'default', until)
    .addJsonPatch(JsonPatch.replace('/spec/mtls/mode', 'PERMISSIVE'));
  removed(platform.mesh.weakened('AuthorizationPolicy', 'allow-nothing', until));
  const text = JSON.stringify(written(platform));
  expect(text).toContain(
    '"zero-trust-platform/weakened":"callers without a sidecar, until they have one (until 2099-01-01)"',
  );
  expect(text).toContain('PERMISSIVE');
  expect(text).not.toContain('allow-nothing');
  expect(warnings.mock.calls.map(([message]) => message)).toEqual([
    expect.stringMatching(/weakened at PeerAuthentication default: .*until 2099-01-01/),
    expect.stringMatching(/weakened at AuthorizationPolicy allow-nothing/),
  ]);
  warnings.mockRestore();
});

test.each([
  ['weakening-without-reason', 'default', { ...until, reason: ' ' }],
  ['weakening-expired', 'default', { ...until, until: '2026-01-01' }],
  ['weakening-expired', 'default', { ...until, until: 'soon' }],
  ['unknown-object', 'other', until],
])('%s', (code, name, weakening) => {
  expect(() => platformOf().mesh.weakened('PeerAuthentication', name, weakening)).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(/^\[acme\/4-mesh\/mesh\]/) }),
  );
});

test('a resolver of the App that changes something stops synthesis, unless it is weakened by name', () => {
  const warnings = jest.spyOn(process, 'emitWarning').mockReturnValue(undefined);
  const resolvers: NonNullable<AppProps['resolvers']> = [
    { resolve: (context) => context.value === 'STRICT' && context.replaceValue('PERMISSIVE') },
  ];
  expect(() => written(platformOf({ resolvers }))).toThrow(
    expect.objectContaining({ code: 'not-as-made', message: expect.stringMatching(/PERMISSIVE/) }),
  );
  const platform = platformOf({ resolvers });
  platform.mesh.weakened('PeerAuthentication', 'default', until);
  expect(JSON.stringify(written(platform))).toContain('PERMISSIVE');
  warnings.mockRestore();
});

const OWN = [
  ['security.istio.io/v1', 'AuthorizationPolicy'],
  ['security.istio.io/v1', 'PeerAuthentication'],
  ['security.istio.io/v1', 'RequestAuthentication'],
  ['networking.istio.io/v1alpha3', 'EnvoyFilter'],
  ['extensions.istio.io/v1alpha1', 'WasmPlugin'],
  ['extensions.istio.io/v1alpha1', 'TrafficExtension'],
  ['networking.k8s.io/v1', 'NetworkPolicy'],
] as const;

describe.each(OWN)('a policy of the user’s own, %s %s', (apiVersion, kind) => {
  const own = (platform: ZeroTrustPlatform, namespace: string) =>
    new ApiObject(new Chart(platform.node.root as App, 'own', { namespace }), 'own', { apiVersion, kind });

  test('in the platform’s namespace stops synthesis, and says what to do', () => {
    const platform = platformOf();
    own(platform, 'acme');
    expect(() => written(platform)).toThrow(/foreign-policy: own\/own: .*mesh\.weakenedBy/);
  });

  test('is let in by name, and passes in another namespace', () => {
    const platform = platformOf();
    const warnings = jest.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    const object = own(platform, 'acme');
    platform.mesh.weakenedBy(object, until);
    expect(() => written(platform)).not.toThrow();
    expect(object.toJson()).toMatchObject({
      metadata: { annotations: { 'zero-trust-platform/weakened': expect.stringContaining(until.reason) } },
    });
    expect(warnings.mock.calls.map(([message]) => message)).toEqual([
      expect.stringContaining(`weakened at ${kind} `),
    ]);
    warnings.mockRestore();
    const other = platformOf();
    own(other, 'elsewhere');
    expect(() => written(other)).not.toThrow();
  });
});

test('a policy of the user’s own is let in with a reason and an end alone', () => {
  const platform = platformOf();
  const object = new ApiObject(platform.charts[0]!, 'own', {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
  });
  for (const [code, given] of [
    ['weakening-without-reason', { ...until, reason: '' }],
    ['weakening-expired', { ...until, until: '2026-01-01' }],
  ] as const) {
    expect(() => platform.mesh.weakenedBy(object, given)).toThrow(expect.objectContaining({ code }));
  }
});

test('parts alone are compared as well: a second one overwrites nothing without a word', () => {
  const { plan } = platformOf();
  const app = new App();
  const chart = (name: string, namespace?: string) =>
    new Chart(app, name, namespace === undefined ? {} : { namespace });
  const first = chart('first');
  new MeshNetworkPolicies(first, 'network', { plan });
  expect(() => Testing.synth(first)).not.toThrow();
  new MeshNetworkPolicies(chart('second'), 'network', { plan, gateway: { ports: [80] } });
  expect(() => Testing.synth(first)).toThrow(/object-collision: NetworkPolicy\S* acme\/gateway/);
});

test('objects of the whole cluster are one, whatever namespaces their charts have', () => {
  const { plan } = platformOf();
  const app = new App();
  for (const namespace of ['one', 'other']) {
    new WorkloadGuard(new Chart(app, namespace, { namespace }), 'guard', { plan, ...guard });
  }
  expect(() => app.synthYaml()).toThrow(/object-collision: ValidatingAdmissionPolicy/);
});
