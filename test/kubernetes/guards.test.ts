import shop from '../../examples/shop/egress.js';
import { certificateRequests } from '../../lib/kubernetes/guards/certificate-requests.js';
import { decisionDocuments } from '../../lib/kubernetes/guards/decision-documents.js';
import { foreignPolicy } from '../../lib/kubernetes/guards/foreign-policy.js';
import { guardObjects } from '../../lib/kubernetes/guards/guard.js';
import { ingressGuards } from '../../lib/kubernetes/guards/ingress.js';
import { meshRoots } from '../../lib/kubernetes/guards/mesh-roots.js';
import { ingressPlace, type KubernetesObject } from '../../lib/kubernetes/index.js';
import { type GuardOptions, guardsOf } from '../../lib/kubernetes/guards/index.js';
import { resolve } from '../../lib/plan/resolve.js';
import { ambientPlan, ambientShop } from './ambient-shop.js';
import { answers } from './guard-answers.js';
import {
  certificate,
  DEPLOYER,
  EGRESS_IMAGE,
  EXISTING,
  GUARD_CASES,
  IMAGES,
  PROXY,
  REVOKERS,
} from './guard-cases/index.js';
import { pod } from './guard-cases/pod.js';
import { writtenPods } from './guard-cases/written-pods.js';

const plan = resolve({ ...shop, authority: { namespace: 'shop' } }, { engine: 'kubernetes' });
const options: GuardOptions = {
  services: { orders: { selector: { app: 'orders' } } },
  deployers: { users: [DEPLOYER], groups: ['platform'] },
  proxyImage: PROXY,
  revokers: REVOKERS,
  certificates: { issuer: { name: 'shop-mesh' }, roots: [], driverIssuer: { name: 'shop-mesh-pods' } },
  decisionService: { image: IMAGES[0]!, apiServer: { networks: ['10.0.0.1/32'], port: 6443 } },
  images: { gateway: [], decision: IMAGES },
  egress: { image: EGRESS_IMAGE },
};
const guards = guardsOf(plan, options);

const CASES = GUARD_CASES.filter(({ withIngress }) => !withIngress);

test.each(CASES.map((each) => [each.refusedBy ?? 'nobody', each.what, each] as const))(
  '%s refuses: %s',
  (_refusedBy, _what, given) => {
    const found = guards.flatMap((guard) =>
      answers(guard, given).map((message) => [guard.id, message] as const),
    );
    expect(new Set(found.map(([id]) => id))).toEqual(
      new Set(given.refusedBy === undefined ? [] : [given.refusedBy]),
    );
    if (given.because) expect(found[0]![1]).toMatch(given.because);
  },
);

test('without any one rule of any guard some case would pass', () => {
  const idle = guards.flatMap((guard) => {
    const given = CASES.map((each) => answers(guard, each));
    return guard.validations
      .filter(({ message }) => !given.some((found) => isOnly(found, message)))
      .map(({ message }) => `${guard.id}: ${message}`);
  });
  expect(idle).toEqual([]);
});

function isOnly(found: readonly string[], message: string): boolean {
  return found.length > 0 && found.every((each) => each === message);
}

test.each([
  {},
  { egress: { image: EGRESS_IMAGE, certificates: { secret: { secretName: 'egress-certificate' } } } },
  {
    egress: {
      image: EGRESS_IMAGE,
      certificates: { projected: { defaultMode: 0o400, sources: [{ secret: { name: 'egress' } }] } },
    },
  },
  {
    decisionService: {
      image: IMAGES[0]!,
      apiServer: { networks: ['10.0.0.1/32'], port: 6443 },
      port: 9000,
      issuerAuthorities: { configMap: 'roots', key: 'roots.pem' },
    },
  },
])('what the platform itself runs by %j passes its guards, and what it runs by others does not', (more) => {
  const own = { ...options, ...more };
  const refusals = (objects: readonly KubernetesObject[]) =>
    objects.flatMap((object) => guardsOf(plan, own).flatMap((guard) => answers(guard, { what: '', object })));
  expect(refusals(writtenPods(own))).toEqual([]);
  expect(refusals(writtenPods(options)).length > 0).toBe(Object.keys(more).length > 0);
});

const FORMER = `registry.example/proxyv2@sha256:${'f'.repeat(64)}`;

test('while images change, pods of before and of afterwards pass, and of nothing else', () => {
  const image = EGRESS_IMAGE.replace(/2+$/, (digest) => digest.replaceAll('2', '3'));
  const decision = { ...options.decisionService!, image: IMAGES[0]!.replaceAll('0', '3') };
  const next: GuardOptions = { ...options, egress: { image }, decisionService: decision };
  const over: GuardOptions = {
    ...next,
    formerProxyImages: [FORMER],
    images: { ...options.images, decision: IMAGES, egress: [EGRESS_IMAGE] },
  };
  const sidecars = [PROXY, FORMER].map((proxy) => pod({ proxy: { image: proxy } }));
  const before = writtenPods(options);
  const afterwards = writtenPods(next);
  const refusals = (given: GuardOptions, objects: readonly KubernetesObject[]) =>
    objects.flatMap((object) =>
      guardsOf(plan, given).filter((guard) => answers(guard, { what: '', object }).length > 0),
    );
  expect(refusals(over, [...sidecars, ...before, ...afterwards])).toEqual([]);
  expect(
    refusals({ ...next, images: { gateway: [] } }, [...sidecars, ...before]).map(({ id }) => id),
  ).toEqual(['image-digest', 'workload-images', 'workload-images']);
  const other = pod({ proxy: { image: FORMER.replaceAll('f', 'e') } });
  expect(refusals(over, [other]).map(({ id }) => id)).toEqual(['image-digest']);
  expect(() => guardsOf(plan, { ...options, formerProxyImages: [FORMER, 'proxyv2:1.30'] })).toThrow(
    expect.objectContaining({
      code: 'image-digest',
      message: expect.stringMatching(/^formerProxyImages\[1\]:/) as string,
    }),
  );
});

const AT_INGRESS = GUARD_CASES.filter(({ withIngress }) => withIngress);
const ingress = { issuer: { name: 'mesh' } };
const deployers = { users: [DEPLOYER] };
const own = guardsOf(plan, { deployers, proxyImage: PROXY, ingress, egress: { image: EGRESS_IMAGE } });
const there = ingressGuards(ingressPlace(plan, ingress), deployers);

test.each(AT_INGRESS.map((each) => [each.refusedBy ?? 'nobody', each.what, each] as const))(
  'with a gateway that is made %s refuses: %s',
  (_refusedBy, _what, given) => {
    const { namespace, name } = given.object.metadata;
    const isThere = (namespace ?? name) === 'shop-ingress';
    const meant = (isThere ? there : own).filter(({ id }) => isThere || id === 'foreign-policy');
    const found = meant.filter((guard) => answers(guard, given).length > 0).map(({ id }) => id);
    expect(found).toEqual(given.refusedBy === undefined ? [] : [given.refusedBy]);
    // Without a gateway that is made nobody guards it.
    if (!isThere)
      expect(
        guards.filter(({ id }) => id === 'foreign-policy').flatMap((guard) => answers(guard, given)),
      ).toEqual([]);
  },
);

test('without any one rule of a guard of the gateway some case would pass', () => {
  const rules = there.flatMap((guard) => guard.validations.map(({ message }) => ({ guard, message })));
  expect(
    rules.filter(({ guard, message }) => !AT_INGRESS.some((each) => isOnly(answers(guard, each), message))),
  ).toEqual([]);
});

test('whoever is refused reads which guard it was, what it forbids, and what to do; and finds there what it is for', () => {
  const inAmbient = guardsOf(ambientPlan, { ...ambientShop, ...ambientShop.guard });
  for (const guard of [...guards, ...there, ...inAmbient]) {
    const [{ metadata, spec }, binding] = guardObjects(guard, 'shop');
    expect(metadata.annotations).toEqual({ 'kubernetes.io/description': guard.purpose });
    expect(binding.metadata).toEqual({ name: metadata.name });
    expect(guard.purpose).toMatch(/^[A-Z][^\n]+[.]$/);
    for (const { message } of spec.validations) {
      // A line of its own in the answer; the API server takes no other.
      expect(message).toMatch(/^[a-z-]+: [^;\n]+; [^;\n]+[^.\n]$/);
      expect(message.startsWith(`${guard.id}: `) && message.endsWith(`; ${guard.remedy}`)).toBe(true);
    }
  }
});

test('a configuration of the egress gateway is not taken away with all ConfigMaps either', () => {
  // A real API server refuses the first of them, which is the decision service's.
  const object = EXISTING.find(({ kind }) => kind === 'ConfigMap')!;
  const guard = guards.find(({ id }) => id === 'egress-configuration')!;
  expect(answers(guard, { what: '', object, operation: 'DELETE', isOfAll: true })).toHaveLength(1);
});

test('a kind that is opened is guarded no more, and the others are', () => {
  const resources = foreignPolicy({}, [
    { kind: 'VirtualService', reason: 'teams shift traffic' },
  ]).guarded.flatMap((each) => each.resources);
  expect(resources).not.toContain('virtualservices');
  expect(resources).toEqual(
    expect.arrayContaining(['destinationrules', 'gateways', 'ingresses', 'envoyfilters']),
  );
});

test('the authorities of issuers are the deployers’ to write, and the cluster’s own are not, by whatever name', () => {
  const refusals = (configMap: string, name: string, user: string) => {
    const options = { image: IMAGES[0]!, apiServer: { networks: ['10.0.0.1/32'], port: 6443 } };
    const guard = decisionDocuments(
      { ...options, issuerAuthorities: { configMap, key: 'roots.pem' } },
      { users: [DEPLOYER] },
    );
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop' } };
    return answers(guard, { what: '', object, user, operation: 'UPDATE' }).length;
  };
  const publisher = 'system:serviceaccount:kube-system:root-ca-cert-publisher';
  expect(['somebody', DEPLOYER].map((user) => refusals('roots', 'roots', user))).toEqual([1, 0]);
  expect(refusals('roots', 'others', 'somebody')).toBe(0);
  const cluster = 'kube-root-ca.crt';
  expect([DEPLOYER, publisher].map((user) => refusals(cluster, cluster, user))).toEqual([1, 0]);
});

test('an issuer of the whole cluster is guarded in every namespace, and another of the same name is not', () => {
  const issuer = { name: 'shop-mesh', kind: 'ClusterIssuer' };
  const guard = certificateRequests({ issuer, roots: [] }, { users: [DEPLOYER] });
  const asking = (kind: string, namespace: string) => {
    const object = certificate('Certificate', { name: 'shop-mesh', kind });
    return answers(guard, { what: '', object: { ...object, metadata: { name: 'a', namespace } } }).length;
  };
  expect(asking('ClusterIssuer', 'shop')).toBe(1);
  expect(asking('ClusterIssuer', 'istio-system')).toBe(1);
  expect(asking('Issuer', 'istio-system')).toBe(0);
});

test('the certificates of istio-csr and cert-manager are asked for under the accounts that are named', () => {
  const certManager = { namespace: 'tls', serviceAccount: 'controller' };
  const guard = certificateRequests(
    { issuer: { name: 'shop-mesh' }, roots: [], namespace: 'csr', certManager },
    { users: [DEPLOYER] },
  );
  const object = certificate('CertificateRequest');
  const asking = (account: string) =>
    answers(guard, { what: '', object, user: `system:serviceaccount:${account}` }).length;
  expect(['csr:cert-manager-istio-csr', 'tls:controller'].map(asking)).toEqual([0, 0]);
  expect(['cert-manager:cert-manager-istio-csr', 'cert-manager:cert-manager'].map(asking)).toEqual([1, 1]);
});

test('the roots of the mesh are written by trust-manager under the account that is named', () => {
  const guard = meshRoots({ trustManager: { namespace: 'trust', serviceAccount: 'bundles' } });
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'istio-ca-root-cert', namespace: 'shop' },
  };
  const writing = (account: string) =>
    answers(guard, { what: '', object, user: `system:serviceaccount:${account}` }).length;
  expect(['trust:bundles', 'cert-manager:trust-manager'].map(writing)).toEqual([0, 1]);
});

test.each([
  '',
  ' ',
  '*',
  'system:*',
  'system:authenticated',
  'system:authenticated:oauth',
  'system:unauthenticated',
  'system:anonymous',
  'system:serviceaccounts',
  'system:serviceaccounts:shop',
])('%j, which anybody may be, is neither a deployer nor a revoker', (name) => {
  const refused = expect.objectContaining({ code: 'deployers-everybody' });
  for (const given of [{ users: [DEPLOYER, name] }, { users: [DEPLOYER], groups: [name] }]) {
    expect(() => guardsOf(plan, { ...options, deployers: given })).toThrow(refused);
    expect(() => guardsOf(plan, { ...options, revokers: given })).toThrow(refused);
  }
});

test.each(['shop', 'shop-ingress'])('an account of %s is neither a deployer nor a revoker', (namespace) => {
  const users = [DEPLOYER, `system:serviceaccount:${namespace}:deployer`];
  const own: GuardOptions = { deployers, proxyImage: PROXY, ingress, egress: { image: EGRESS_IMAGE } };
  for (const path of ['deployers', 'revokers']) {
    expect(() => guardsOf(plan, { ...own, [path]: { users } })).toThrow(
      expect.objectContaining({
        code: 'deployers-impersonated',
        message: expect.stringMatching(`^${path}.users:`) as string,
      }),
    );
  }
});

test('a name that only begins so is a deployer', () => {
  const users = [
    'system:serviceaccount:shop-deploy:deployer',
    'system:anonymous-team',
    'oidc:a@shop.example',
  ];
  expect(() => guardsOf(plan, { ...options, deployers: { users } })).not.toThrow();
});
