import { clusterFindings } from '../../cli/cluster.js';
import type { KubernetesObject, Settings } from '../../lib/kubernetes/index.js';
import { prerequisiteObjects } from '../../lib/kubernetes/index.js';
import { cluster, ClusterDouble, GUARDS, meshConfig, options, plan, type Told } from './cluster-double.js';

const double = new ClusterDouble();
afterEach(() => double.forget());
afterAll(() => double.remove());

/** Of a cluster that kubectl is asked about. */
async function asked(parts: Parameters<typeof cluster>[0]) {
  double.answer(cluster(parts));
  return clusterFindings(double.manifests);
}

/** Of one that a file tells of. */
const findings = (parts: Told, manifests = double.manifests) =>
  clusterFindings(manifests, double.told(parts));

const NAME = 'foreign-policy.shop.zero-trust-platform';
const BINDING = `ValidatingAdmissionPolicyBinding ${NAME}`;

/** The guards with one object changed. */
function changed(kind: string, change: (object: KubernetesObject) => KubernetesObject[]) {
  return GUARDS.flatMap((each) =>
    each.kind === kind && each.metadata.name === NAME ? change(each) : [each],
  );
}

const bound = (spec: Settings) =>
  changed('ValidatingAdmissionPolicyBinding', (each) => [
    { ...each, spec: { ...(each['spec'] as object), ...spec } },
  ]);

test('each guard of the manifests is missed', async () => {
  const policies = GUARDS.filter(({ kind }) => kind === 'ValidatingAdmissionPolicy');
  expect(policies.length).toBeGreaterThan(8);
  expect(await asked({ guards: [] })).toEqual(
    policies.map(({ metadata }) =>
      expect.objectContaining({
        code: 'guard-absent',
        severity: 'error',
        path: `ValidatingAdmissionPolicy ${metadata.name}`,
      }),
    ),
  );
});

test('a guard without its binding refuses nothing', async () => {
  const guards = changed('ValidatingAdmissionPolicyBinding', () => []);
  expect(await findings({ guards })).toMatchObject([{ code: 'guard-absent', path: BINDING }]);
});

const own = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } } };

test.each<[string, Settings, string]>([
  ['only audits', { validationActions: ['Audit'] }, 'validationActions'],
  ['only warns', { validationActions: ['Warn'] }, 'validationActions'],
  ['waits for parameters', { paramRef: { name: 'a' } }, 'paramRef'],
  [
    'is for another namespace',
    { matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'other' } } } },
    'matchResources.namespaceSelector',
  ],
  [
    'leaves namespaces out',
    {
      matchResources: {
        namespaceSelector: {
          ...own.namespaceSelector,
          matchExpressions: [{ key: 'open', operator: 'DoesNotExist' }],
        },
      },
    },
    'matchResources.namespaceSelector',
  ],
  [
    'is for some objects',
    { matchResources: { ...own, objectSelector: { matchLabels: { a: 'b' } } } },
    'matchResources.objectSelector',
  ],
  [
    'is for some kinds',
    { matchResources: { ...own, resourceRules: [{ apiGroups: ['a'] }] } },
    'matchResources.resourceRules',
  ],
  [
    'leaves kinds out',
    { matchResources: { ...own, excludeResourceRules: [{ apiGroups: ['*'] }] } },
    'matchResources.excludeResourceRules',
  ],
  ['is for one version', { matchResources: { ...own, matchPolicy: 'Exact' } }, 'matchResources.matchPolicy'],
])('a binding that %s is narrower than ours', async (_what, spec, field) => {
  expect(await findings({ guards: bound(spec) })).toMatchObject([
    { code: 'guard-narrowed', severity: 'error', path: `${BINDING}.spec.${field}` },
  ]);
});

test('a binding for every namespace, one that also audits, and one beside a narrower are as good as ours', async () => {
  expect(await findings({ guards: bound({ matchResources: undefined }) })).toEqual([]);
  expect(await findings({ guards: bound({ validationActions: ['Audit', 'Deny'] }) })).toEqual([]);
  const [narrower] = bound({ validationActions: ['Warn'] }).filter(
    ({ kind, metadata }) => kind === 'ValidatingAdmissionPolicyBinding' && metadata.name === NAME,
  );
  const beside = { ...narrower!, metadata: { name: 'a-second' } };
  expect(await findings({ guards: [beside, ...GUARDS] })).toEqual([]);
});

test.each<[string, (spec: Record<string, Settings>) => Settings, string]>([
  ['failurePolicy', (spec) => ({ ...spec, failurePolicy: 'Ignore' }), '"Ignore"'],
  ['validations', (spec) => ({ ...spec, validations: [{ expression: 'true' }] }), '[{"expression":"true"}]'],
  [
    'matchConditions',
    (spec) => ({ ...spec, matchConditions: [{ name: 'nobody', expression: 'false' }] }),
    '[{"name":"nobody","expression":"false"}]',
  ],
  [
    'matchConstraints',
    (spec) => ({ ...spec, matchConstraints: { ...spec['matchConstraints'], matchPolicy: 'Exact' } }),
    expect.stringContaining('Exact'),
  ],
])('a guard with other %s is another one', async (field, change, found) => {
  const guards = changed('ValidatingAdmissionPolicy', (each) => [
    { ...each, spec: change(each['spec'] as Record<string, Settings>) },
  ]);
  expect(await findings({ guards })).toMatchObject([
    { code: 'guard-changed', path: `ValidatingAdmissionPolicy ${NAME}.spec.${field}`, found },
  ]);
});

test('what the manifests themselves weaken is a warning, and manifests without guards are one', async () => {
  const guards = bound({ validationActions: ['Audit'] });
  const weakened = double.write('weakened.yaml', [...prerequisiteObjects(plan, options), ...guards]);
  expect(await findings({ guards }, weakened)).toMatchObject([
    { code: 'weakened', severity: 'warning', path: BINDING },
  ]);
  const none = double.write('prerequisites.yaml', prerequisiteObjects(plan, options));
  expect(await findings({}, none)).toMatchObject([{ code: 'guards-unchecked', severity: 'warning' }]);
});

const root = (kind: string, spec: Settings, namespace = 'istio-system'): KubernetesObject => ({
  apiVersion: 'x.istio.io/v1',
  kind,
  metadata: { name: 'everywhere', namespace },
  spec,
});

test.each<[string, string, Settings, string]>([
  ['admits somebody', 'AuthorizationPolicy', { rules: [{}] }, 'error'],
  [
    'asks somebody else',
    'AuthorizationPolicy',
    { action: 'CUSTOM', rules: [{}], provider: { name: 'a' } },
    'error',
  ],
  ['refuses', 'AuthorizationPolicy', { action: 'DENY', rules: [{}] }, 'warning'],
  ['believes tokens', 'RequestAuthentication', { jwtRules: [] }, 'error'],
  ['changes proxies', 'EnvoyFilter', { configPatches: [] }, 'error'],
  [
    'changes proxies of some pods',
    'EnvoyFilter',
    { workloadSelector: { labels: { 'app.kubernetes.io/name': 'orders' } } },
    'error',
  ],
  ['runs code', 'WasmPlugin', { url: 'oci://a' }, 'error'],
  ['runs code in another way', 'TrafficExtension', {}, 'error'],
  ['changes metrics', 'Telemetry', { metrics: [{ overrides: [{ disabled: true }] }] }, 'warning'],
])('a policy of the root namespace that %s is found', async (_what, kind, spec, severity) => {
  expect(await findings({ others: [root(kind, spec)] })).toMatchObject([
    { code: 'root-policy', severity, path: `${kind} istio-system/everywhere` },
  ]);
});

const elsewhere = { matchLabels: { app: 'istio-ingressgateway' } };

test.each<[string, string, Settings]>([
  ['of other pods', 'AuthorizationPolicy', { selector: elsewhere, rules: [{}] }],
  [
    'of a gateway there',
    'AuthorizationPolicy',
    { targetRefs: [{ kind: 'Gateway', name: 'a' }], rules: [{}] },
  ],
  [
    'of waypoints, of which the platform has none',
    'AuthorizationPolicy',
    { targetRefs: [{ kind: 'GatewayClass', name: 'istio-waypoint' }], rules: [{}] },
  ],
  ['that allows nothing', 'AuthorizationPolicy', {}],
  ['that only looks', 'AuthorizationPolicy', { action: 'AUDIT', rules: [{}] }],
  ['of the mesh’s log', 'Telemetry', { accessLogging: [{ disabled: true }] }],
])('a policy of the root namespace %s reaches nobody', async (_what, kind, spec) => {
  expect(await findings({ others: [root(kind, spec)] })).toEqual([]);
});

test('kubectl is asked for policies of the root namespace and for whoever changes objects', async () => {
  const others = [root('EnvoyFilter', {}), webhook({})];
  expect(await asked({ others })).toMatchObject([{ code: 'root-policy' }, { code: 'cluster-mutation' }]);
});

test('the root namespace is the one that the mesh names', async () => {
  const mesh = { ...meshConfig, rootNamespace: 'mesh-root' };
  const others = [root('EnvoyFilter', {}, 'mesh-root')];
  expect(await findings({ mesh, others })).toMatchObject([{ path: 'EnvoyFilter mesh-root/everywhere' }]);
  expect(await findings({ others })).toEqual([]);
});

test('a file that tells no pods lets every selector reach one', async () => {
  const policy = root('EnvoyFilter', { workloadSelector: { labels: elsewhere.matchLabels } });
  const file = double.write('told.yaml', [meshConfig, policy]);
  expect(await clusterFindings(double.manifests, file)).toMatchObject([{ code: 'root-policy' }]);
  expect(await findings({ others: [policy] })).toEqual([]);
});

/** A webhook that changes pods. */
const webhook = (more: Settings): KubernetesObject => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'MutatingWebhookConfiguration',
  metadata: { name: 'agents' },
  webhooks: [
    {
      name: 'inject',
      clientConfig: { service: { namespace: 'agents', name: 'injector' } },
      rules: [{ apiGroups: [''], resources: ['pods'], operations: ['CREATE'] }],
      ...more,
    },
  ],
});

const istiod = { clientConfig: { service: { namespace: 'istio-system', name: 'istiod-1-31' } } };
const policies = { rules: [{ apiGroups: ['security.istio.io'], resources: ['*'] }] };

test.each<[string, KubernetesObject, number]>([
  ['everybody’s pods', webhook({}), 1],
  ['whatever there is', webhook({ rules: [{ apiGroups: ['*'], resources: ['*/*'] }] }), 1],
  ['policies of Istio', webhook(policies), 1],
  ['pods by an address', webhook({ clientConfig: { url: 'https://a.example' } }), 1],
  [
    'pods as somebody called istiod',
    webhook({ clientConfig: { service: { namespace: 'a', name: 'istiod' } } }),
    1,
  ],
  ['pods for Istio', webhook(istiod), 0],
  ['Deployments', webhook({ rules: [{ apiGroups: ['apps'], resources: ['deployments'] }] }), 0],
  ['pods of others', webhook({ namespaceSelector: { matchLabels: { agents: 'on' } } }), 0],
  [
    'pods of all but these',
    webhook({
      namespaceSelector: { matchExpressions: [{ key: 'istio.io/rev', operator: 'DoesNotExist' }] },
    }),
    0,
  ],
  [
    'pods by an expression',
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingAdmissionPolicy',
      metadata: { name: 'agents' },
      spec: { matchConstraints: { resourceRules: [{ apiGroups: [''], resources: ['pods'] }] } },
    },
    1,
  ],
])('who changes %s: %#', async (_what, configuration, count) => {
  const found = await findings({ others: [configuration] });
  expect(found).toHaveLength(count);
  if (count > 0) expect(found).toMatchObject([{ code: 'cluster-mutation', severity: 'warning' }]);
});

test('a kind that the cluster does not know has no object, and whatever else is not answered fails', async () => {
  const { 'get trafficextensions.': _, ...known } = cluster({});
  double.answer(known);
  process.env['UNKNOWN'] = `error: the server doesn't have a resource type "trafficextensions"`;
  expect(await clusterFindings(double.manifests)).toEqual([]);
  // Policies of Istio are there, or nothing can be said.
  const { 'get authorizationpolicies.': __, ...unknown } = cluster({});
  double.answer(unknown);
  await expect(clusterFindings(double.manifests)).rejects.toThrow(
    expect.objectContaining({ code: 'cluster-unreachable' }),
  );
  double.answer(known);
  process.env['UNKNOWN'] = 'error: forbidden';
  await expect(clusterFindings(double.manifests)).rejects.toThrow(
    expect.objectContaining({ code: 'cluster-unreachable' }),
  );
});
