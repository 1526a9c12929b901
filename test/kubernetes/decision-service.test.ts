import shop from '../../examples/shop/model.js';
import {
  decisionServiceObjects,
  type DecisionServiceOptions,
  guardPolicies,
  type KubernetesObject,
  meshDecisionService,
} from '../../lib/kubernetes/index.js';
import { resolve } from '../../lib/plan/resolve.js';

const plan = resolve({ ...shop, authority: { namespace: 'shop' } }, { engine: 'kubernetes' });
const image = `registry.example/decision@sha256:${'0'.repeat(64)}`;
const emitted: DecisionServiceOptions = { image, apiServer: { networks: ['10.0.0.1/32'], port: 6443 } };

const objectsOf = (more: DecisionServiceOptions = {}, policy = '{}') =>
  decisionServiceObjects(plan, { decisionService: { ...emitted, ...more } }, policy);
const named = (objects: readonly KubernetesObject[], kind: string) =>
  objects.filter((object) => object.kind === kind);
const text = (objects: readonly KubernetesObject[], kind: string) => JSON.stringify(named(objects, kind));

test('another policy is another ConfigMap, and so other pods; the same is the same', () => {
  const [one, same, other] = ['{"a":1}', '{"a":1}', '{"a":2}'].map((policy) => objectsOf({}, policy));
  expect(one).toEqual(same);
  const name = named(one!, 'ConfigMap')[0]!.metadata.name;
  expect(text(one!, 'Deployment')).toContain(`"configMap":{"name":"${name}"}`);
  expect(text(other!, 'Deployment')).not.toContain(name);
});

test('what is revoked survives applying: no data are emitted', () => {
  const made = named(objectsOf(), 'ConfigMap').find(
    ({ metadata }) => metadata.name === 'zero-trust-revocations',
  )!;
  expect(Object.keys(made).sort()).toEqual(['apiVersion', 'kind', 'metadata']);
  expect(named(objectsOf(), 'Role')[0]!['rules']).toEqual([
    { apiGroups: [''], resources: ['configmaps'], resourceNames: ['zero-trust-revocations'], verbs: ['get'] },
  ]);
});

test('without an image nothing is emitted: the pods are the user’s own', () => {
  expect(decisionServiceObjects(plan, { decisionService: { selector: { app: 'mine' } } }, '{}')).toEqual([]);
  expect(meshDecisionService({ servicePort: 9000, serviceName: 'mine' })).toEqual({
    serviceName: 'mine',
    serviceAccount: 'mine',
    servicePort: 9000,
    port: 9000,
    selector: { 'app.kubernetes.io/name': 'mine' },
  });
});

test('servers of keys are opaque to the mesh, and nobody outside of the namespace sees them', () => {
  const entries = named(objectsOf(), 'ServiceEntry');
  expect(entries.map(({ spec }) => spec)).toEqual(
    ['id.partners.example', 'login.shop.example', 'token.actions.githubusercontent.com'].map((host) => ({
      exportTo: ['.'],
      hosts: [host],
      location: 'MESH_EXTERNAL',
      ports: [{ name: 'tls-443', number: 443, protocol: 'TLS' }],
      resolution: 'DNS',
    })),
  );
});

test('an issuer that is a Service of the cluster needs no entry, and has its place in the sidecar', () => {
  const inside = resolve(
    {
      ...shop,
      authority: { namespace: 'shop' },
      identity: {
        ...shop.identity,
        providers: {
          ...shop.identity!.providers,
          people: {
            ...shop.identity!.providers!['people']!,
            jwksUri: 'https://keycloak.identity.svc.cluster.local:8443/keys',
          },
        },
      },
    },
    { engine: 'kubernetes' },
  );
  const objects = decisionServiceObjects(inside, { decisionService: emitted }, '{}');
  expect(text(objects, 'ServiceEntry')).not.toContain('keycloak');
  expect(text(objects, 'Sidecar')).toContain('"identity/keycloak.identity.svc.cluster.local"');
});

test('its image is the only one of its account, beside those that you say', () => {
  const guard = { deployers: { users: ['flux'] }, proxyImage: image.replace('decision', 'proxy') };
  const policies = (images?: Record<string, string[]>) =>
    JSON.stringify(
      guardPolicies(plan, { ...guard, decisionService: emitted, images: { gateway: [], ...images } }),
    );
  expect(policies()).toContain(`c.image in ['${image}']`);
  const besides = policies({ decision: ['registry.example/own@*'] });
  expect(besides).toContain(`c.image in ['${image}'] || c.image.startsWith('registry.example/own@')`);
});

test.each([
  [8090, '8091'],
  // 15020 and 15021 are Istio's in the pod.
  [15_019, '15022'],
  [15_005, '15007'],
  [65_535, '65534'],
])('of port %i the pod says on %s how it is', (port, health) => {
  expect(JSON.stringify(objectsOf({ port }))).toContain(`"ZTP_DECISION_HEALTH_PORT","value":"${health}"`);
});

test.each<[string, DecisionServiceOptions]>([
  ['image-digest', { image: 'registry.example/decision:1' }],
  ['no-api-server', { apiServer: undefined as never }],
  ['no-api-server', { apiServer: { networks: ['10.0.0.1/32'] } as never }],
  ['no-api-server', { apiServer: { port: 443 } as never }],
  ['port', { apiServer: { networks: ['10.0.0.1/32'], port: 70_000 } }],
  ['no-api-server', { apiServer: { networks: ['10.0.0.1/32'] } as never }],
  ['no-api-server', { apiServer: { port: 443 } as never }],
  ['port', { apiServer: { networks: ['10.0.0.1/32'], port: 70_000 } }],
  ['too-few-replicas', { replicas: 1 }],
  ['unknown-issuer', { privateIssuers: { nobody: { networks: ['10.0.0.0/8'] } } }],
  ['missing', { privateIssuers: { people: {} as never } }],
  ['missing', { privateIssuers: { people: { namespace: 'login', port: 8443 } as never } }],
  ['pod-selector', { privateIssuers: { people: { namespace: 'login', selector: {}, port: 8443 } } }],
  ['object-label', { privateIssuers: { people: { namespace: 'login', selector: { a: '-' }, port: 8443 } } }],
])('%s', (code, more) => {
  expect(() => objectsOf(more)).toThrow(expect.objectContaining({ code }));
});

test('a policy that no ConfigMap takes in stops synthesis', () => {
  expect(() => objectsOf({}, ' '.repeat(1024 * 1024 + 1))).toThrow(
    expect.objectContaining({ code: 'policy-size' }),
  );
});
