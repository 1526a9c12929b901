import { App, Testing } from 'cdk8s';
import { stringify } from 'yaml';
import { ZeroTrustPlatform, type ZeroTrustPlatformProps } from '../../constructs/cdk8s/index.js';
import { ZeroTrustError } from '../../lib/diagnostic.js';
import { guardsOf } from '../../lib/kubernetes/guards/index.js';
import { type KubernetesObject, networkPolicies, type WaypointOptions } from '../../lib/kubernetes/index.js';
import { allow, allowOut, connect, defineZeroTrust, http, tcp, workload } from '../../lib/model/index.js';
import { expectGolden } from '../golden.js';
import { AMBIENT_CASES } from './ambient-guard-cases.js';
import { ambientPlan, ambientShop } from './ambient-shop.js';
import { answers } from './guard-answers.js';
import { DEPLOYER, EGRESS_IMAGE } from './guard-cases/index.js';
import { connects, type End } from './reach.js';
import { problemsOf } from './validate.js';

const platformOf = (props: Partial<ZeroTrustPlatformProps> = {}) =>
  new ZeroTrustPlatform(new App(), 'shop', { ...ambientShop, ...props });

const objects = platformOf().charts.flatMap((chart) => Testing.synth(chart) as KubernetesObject[]);

test('a small shop without sidecars', () => {
  expect(objects.flatMap((object) => problemsOf(object))).toEqual([]);
  expectGolden(
    'kubernetes/ambient.yaml',
    objects.map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n'),
  );
});

describe('the network', () => {
  const pod = (name: string, namespace: string, labels: Readonly<Record<string, string>>): End => ({
    name,
    namespace,
    labels,
  });
  const named = (name: string) => pod(name, 'shop', { 'app.kubernetes.io/name': name });
  const waypoint = pod('waypoint', 'shop', { 'gateway.networking.k8s.io/gateway-name': 'waypoint' });
  const ends = [
    waypoint,
    named('web'),
    pod('orders', 'shop', { app: 'orders' }),
    named('payments'),
    named('decision'),
    named('stranger'),
    pod('ingress', 'istio-ingress', { istio: 'ingressgateway' }),
    pod('egress', 'istio-egress', { istio: 'egressgateway' }),
    pod('istiod', 'istio-system', { app: 'istiod' }),
    pod('prometheus', 'monitoring', { app: 'prometheus' }),
  ];
  const ports = [80, 8000, 8080, 8081, 8090, 8443, 15008, 15012, 15020, 15021, 15090];
  const policies = networkPolicies(ambientPlan, { ...ambientShop, ...ambientShop.network });
  const reach = (given: readonly KubernetesObject[]) =>
    ends.flatMap((from) =>
      ends.flatMap((to) =>
        from === to || !('namespace' in from && 'namespace' in to && [from, to].some(isOwn))
          ? []
          : ports
              .filter((port) => connects(given, from, to, port))
              .map((port) => `${from.name} → ${to.name}:${port}`),
      ),
    );
  const isOwn = (end: End) => 'namespace' in end && end.namespace === 'shop';

  test('the waypoint is at one end of every connection between workloads', () => {
    expect(reach(policies).sort()).toEqual(
      [
        'ingress → waypoint:15008',
        'web → waypoint:15008',
        'orders → waypoint:15008',
        'waypoint → web:15008',
        'waypoint → orders:15008',
        'waypoint → payments:15008',
        'waypoint → decision:8090',
        'waypoint → istiod:15012',
        'decision → istiod:15012',
        'decision → egress:8443',
        'prometheus → waypoint:15020',
        'prometheus → waypoint:15090',
        'prometheus → decision:15020',
        'prometheus → decision:15090',
      ].sort(),
    );
  });

  test('without any one policy another set of connections passes', () => {
    const all = reach(policies).join();
    // Names are looked up on a port that is not among these.
    const idle = policies.filter(
      (policy) => reach(policies.filter((each) => each !== policy)).join() === all,
    );
    expect(idle.map(({ metadata }) => metadata.name)).toEqual(['all-pods.platform']);
  });

  test('probes come from their own address, to the application alone', () => {
    const probed = JSON.stringify(policies.find(({ metadata }) => metadata.name === 'orders'));
    expect(probed).toContain(
      '{"ipBlock":{"cidr":"169.254.7.127/32"}},{"ipBlock":{"cidr":"fd16:9254:7127:1337:ffff:ffff:ffff:ffff/128"}}],"ports":[{"port":8081',
    );
  });
});

describe('what is refused', () => {
  const { ingressGateway: _ingress, ...withoutIngress } = ambientShop;
  const { decisionService: _decision, ...alone } = ambientShop;
  const two = { trustDomain: 'shop.example', environment: 'dev', authority: { namespace: 'shop' } } as const;
  const tcpModel = defineZeroTrust({
    ...two,
    services: { web: http(), ledger: tcp() },
    access: [allow(workload('web')).to('ledger', connect())],
  });
  const certificates = {
    issuer: { name: 'mesh' },
    roots: [{ kind: 'ConfigMap', name: 'root', key: 'ca.crt' }],
    gatewayIssuer: { name: 'public' },
    driverIssuer: { name: 'pods' },
  } as const;
  const egressModel = defineZeroTrust({
    ...two,
    services: { web: http(), orders: http() },
    access: [allow(workload('web')).to('orders', 'GET /')],
    egress: [allowOut(workload('web')).to('https://api.example')],
  });
  const named = defineZeroTrust({
    ...two,
    services: { web: http(), waypoint: http() },
    access: [allow(workload('web')).to('waypoint', 'GET /')],
  });

  test.each<[string, RegExp, ZeroTrustPlatformProps]>([
    ['ingress-gateway', /ztunnel lets no client/, withoutIngress],
    [
      'not-expressible',
      /istio-ambient \(token: .*GET \/.* from spiffe:.*reference says allow/s,
      { ...alone, network: {} },
    ],
    [
      'not-expressible',
      /istio-ambient \(tcp: behind a waypoint ztunnel sees the waypoint.*reference says allow/s,
      { ...ambientShop, model: tcpModel, services: {} },
    ],
    [
      'ambient-egress',
      /nobody carries a call/,
      { ...ambientShop, model: egressModel, services: {}, egress: { image: EGRESS_IMAGE }, certificates },
    ],
    [
      'object-collision',
      /the waypoint of the namespace has this name/,
      { ...ambientShop, model: named, services: {} },
    ],
    [
      'open-kind',
      /lets? the waypoint in/,
      {
        ...ambientShop,
        guard: {
          ...ambientShop.guard,
          openKinds: [{ kind: 'VirtualService', reason: 'teams shift traffic' }],
        },
      },
    ],
  ])('%s: %s', (code, message, props) => {
    const thrown = errorOf(() => new ZeroTrustPlatform(new App(), 'shop', props));
    expect([thrown.code, thrown.message]).toEqual([code, expect.stringMatching(message)]);
  });
});

function errorOf(run: () => unknown): ZeroTrustError {
  try {
    run();
  } catch (error) {
    if (error instanceof ZeroTrustError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a waypoint of several pods', () => {
  const made = (waypoint: WaypointOptions) =>
    new ZeroTrustPlatform(new App(), 'shop', { ...ambientShop, waypoint }).mesh.objects.map(
      (each) => each.toJson() as KubernetesObject,
    );
  const parametersOf = (objects: readonly KubernetesObject[]) => {
    const { data } = objects.find(({ kind }) => kind === 'ConfigMap') as unknown as { data: object };
    return Object.fromEntries(
      Object.entries(data).map(([key, text]) => [key, JSON.parse(text as string) as unknown]),
    );
  };

  test('Istio’s controller is told how many, where, and that they do not all go at once', () => {
    const objects = made({ replicas: 3, resources: { requests: { cpu: '1' }, limits: { memory: '1Gi' } } });
    expect(objects.flatMap(problemsOf)).toEqual([]);
    expect(objects).toContainEqual(
      expect.objectContaining({
        kind: 'Gateway',
        spec: expect.objectContaining({
          infrastructure: { parametersRef: { group: '', kind: 'ConfigMap', name: 'waypoint' } },
        }),
      }),
    );
    expect(parametersOf(objects)).toMatchObject({
      deployment: {
        spec: {
          replicas: 3,
          template: {
            spec: { containers: [{ name: 'istio-proxy', resources: { requests: { cpu: '1' } } }] },
          },
        },
      },
      podDisruptionBudget: { spec: { maxUnavailable: 1 } },
    });
  });

  test('by its load, the number is nobody else’s', () => {
    const { deployment, horizontalPodAutoscaler } = parametersOf(made({ maxReplicas: 9 }));
    expect(horizontalPodAutoscaler).toEqual({ spec: { minReplicas: 2, maxReplicas: 9 } });
    expect(deployment).not.toHaveProperty('spec.replicas');
  });

  test.each<[string, Partial<ZeroTrustPlatformProps>]>([
    ['too-few-replicas', { waypoint: { replicas: 1 } }],
    ['too-few-replicas', { waypoint: { replicas: 3, maxReplicas: 2 } }],
  ])('%s: %j', (code, more) => {
    expect(errorOf(() => new ZeroTrustPlatform(new App(), 'shop', { ...ambientShop, ...more })).code).toBe(
      code,
    );
  });

  test('where pods have sidecars there is none', () => {
    const { mode: _, ...others } = ambientShop;
    const { diagnostics } = errorOf(
      () => new ZeroTrustPlatform(new App(), 'shop', { ...others, waypoint: {} }),
    );
    expect(diagnostics.map(({ code }) => code)).toContain('no-waypoint');
  });

  test('only deployers say how it runs', () => {
    const own = guardsOf(ambientPlan, { ...ambientShop, ...ambientShop.guard, waypoint: {} });
    const guard = own.find(({ id }) => id === 'waypoint-parameters')!;
    const configMap = (name: string): KubernetesObject => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'shop' },
    });
    const refused = (name: string, user?: string) =>
      answers(guard, { what: name, object: configMap(name), ...(user !== undefined && { user }) }).length > 0;
    expect([refused('waypoint'), refused('notes'), refused('waypoint', DEPLOYER)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('the guards', () => {
  const guards = guardsOf(ambientPlan, { ...ambientShop, ...ambientShop.guard });

  test.each(AMBIENT_CASES.map((each) => [each.refusedBy ?? 'nobody', each.what, each] as const))(
    '%s refuses: %s',
    (_by, _what, given) => {
      const found = guards.filter((guard) => answers(guard, given).length > 0).map(({ id }) => id);
      expect(found).toEqual(given.refusedBy === undefined ? [] : [given.refusedBy]);
    },
  );

  test('without any one rule of the guards of this mode some case would pass', () => {
    const own = guards.filter(({ id }) =>
      ['ambient-opt-out', 'service-endpoints', 'waypoint-bypass'].includes(id),
    );
    const idle = own.flatMap((guard) =>
      guard.validations.filter(
        ({ message }) =>
          !AMBIENT_CASES.some((each) => {
            const found = answers(guard, each);
            return found.length > 0 && found.every((one) => one === message);
          }),
      ),
    );
    expect(idle.map(({ message }) => message)).toEqual([]);
  });
});
