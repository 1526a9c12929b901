import withEgress from '../../examples/shop/egress.js';
import shop from '../../examples/shop/model.js';
import {
  egressObjects,
  type KubernetesObject,
  networkPolicies,
  type NetworkOptions,
} from '../../lib/kubernetes/index.js';
import { resolve } from '../../lib/plan/resolve.js';
import { connects, type End } from './reach.js';
import { problemsOf } from './validate.js';

const plan = resolve({ ...shop, authority: { namespace: 'shop' } }, { engine: 'kubernetes' });
const options: NetworkOptions = {
  services: { orders: { selector: { app: 'orders' }, port: 8081 } },
  decisionService: { serviceName: 'decision', selector: { app: 'decision' }, servicePort: 80, port: 8090 },
  certificateAuthority: { namespace: 'cert-manager', selector: { app: 'istio-csr' }, ports: [6443] },
  egressGateway: {
    namespace: 'egress',
    selector: { app: 'egress' },
    ports: [8443],
    callers: ['decision', 'payments'],
  },
  monitoring: { namespace: 'monitoring', selector: { app: 'prometheus' } },
};
const policies = networkPolicies(plan, options);

const pod = (name: string, namespace: string, labels: Readonly<Record<string, string>>): End => ({
  name,
  namespace,
  labels,
});
const named = (name: string) => pod(name, 'shop', { 'app.kubernetes.io/name': name });
const ends: readonly End[] = [
  named('web'),
  pod('orders', 'shop', { app: 'orders' }),
  named('payments'),
  named('refunds'),
  named('reports'),
  named('gateway'),
  pod('decision', 'shop', { app: 'decision' }),
  named('stranger'),
  pod('web elsewhere', 'other', { 'app.kubernetes.io/name': 'web' }),
  pod('dns', 'kube-system', { 'k8s-app': 'kube-dns' }),
  pod('istiod', 'istio-system', { app: 'istiod' }),
  pod('istio-csr', 'cert-manager', { app: 'istio-csr' }),
  pod('egress', 'egress', { app: 'egress' }),
  pod('prometheus', 'monitoring', { app: 'prometheus' }),
  { name: 'outside', address: 'outside' },
];
const ports = [53, 80, 443, 6443, 8080, 8081, 8090, 8443, 15006, 15012, 15020, 15021, 15090];

/** Every connection that begins or ends in the namespace and passes, as `from → to:port`. */
function reach(objects: readonly KubernetesObject[]): string[] {
  const isOwn = (end: End) => 'namespace' in end && end.namespace === 'shop';
  return ends.flatMap((from) =>
    ends.flatMap((to) =>
      from === to || !(isOwn(from) || isOwn(to))
        ? []
        : ports
            .filter((port) => connects(objects, from, to, port))
            .map((port) => `${from.name} → ${to.name}:${port}`),
    ),
  );
}

test('exactly the flows of the policy pass, and what every pod needs to be one of the mesh', () => {
  const own = ends.flatMap((end) => ('namespace' in end && end.namespace === 'shop' ? [end.name] : []));
  const asking = ['web', 'orders', 'payments', 'refunds', 'reports', 'gateway'];
  expect(reach(policies).sort()).toEqual(
    [
      // What the rules of the shop say of workloads.
      'web → orders:8081',
      'reports → orders:8081',
      'orders → payments:8080',
      'refunds → payments:8080',
      // Users, and the services that they reach.
      'outside → gateway:8443',
      'gateway → orders:8081',
      'gateway → web:8080',
      'gateway → refunds:8080',
      'gateway → reports:8080',
      ...asking.map((name) => `${name} → decision:8090`),
      'decision → egress:8443',
      'payments → egress:8443',
      ...own.flatMap((name) => [
        `${name} → dns:53`,
        `${name} → istiod:15012`,
        `${name} → istio-csr:6443`,
        `prometheus → ${name}:15020`,
        `prometheus → ${name}:15090`,
      ]),
    ].sort(),
  );
});

test('without any one policy another set of connections passes', () => {
  // Who reads metrics may read those of every pod, so that policy, too, denies whatever it does not say.
  const { monitoring: _, ...others } = options;
  const given = networkPolicies(plan, others);
  const all = reach(given).join();
  const idle = given.filter((policy) => reach(given.filter((each) => each !== policy)).join() === all);
  expect(idle.map(({ metadata }) => metadata.name)).toEqual([]);
});

test('names are asked by UDP, too; nothing else is', () => {
  const [web, , , , , , , , , dns] = ends as [End, ...End[]];
  expect(connects(policies, web, dns!, 53, 'UDP')).toBe(true);
  expect(connects(policies, web, ends[1]!, 8081, 'UDP')).toBe(false);
});

test('a cache of names on the node is asked at its address, besides the pods or in their place', () => {
  const cache: End = { name: 'cache', address: '169.254.20.10' };
  const local = pod('cache', 'kube-system', { 'k8s-app': 'node-local-dns' });
  const [web, , , , , , , , , dns] = ends as [End, ...End[]];
  const given = networkPolicies(plan, {
    ...options,
    dns: { networks: ['169.254.20.10/32', '10.96.0.10/32'] },
  });
  expect(given.flatMap(problemsOf)).toEqual([]);
  for (const protocol of ['UDP', 'TCP']) {
    expect([cache, dns!].map((to) => connects(given, web, to, 53, protocol))).toEqual([true, true]);
    expect([cache, local].map((to) => connects(policies, web, to, 53, protocol))).toEqual([false, false]);
  }
  expect(connects(given, web, cache, 80)).toBe(false);
  const other = networkPolicies(plan, { ...options, dns: { selector: { 'k8s-app': 'node-local-dns' } } });
  expect([local, dns!].map((to) => connects(other, web, to, 53))).toEqual([true, false]);
});

test('nodes reach the ports of probes, where they must be let in', () => {
  const objects = networkPolicies(plan, { nodeNetworks: ['10.0.0.0/16'] });
  expect(JSON.stringify(objects)).toContain('{"ipBlock":{"cidr":"10.0.0.0/16"}}],"ports":[{"port":15020');
  expect(objects.flatMap(problemsOf)).toEqual([]);
});

describe('of a decision service that is emitted', () => {
  const decision = options.decisionService!;
  const emitted = {
    ...decision,
    image: `registry.example/decision@sha256:${'0'.repeat(64)}`,
    apiServer: { networks: ['10.0.0.1/32'], port: 443 },
  };
  const { egressGateway: _, ...direct } = options;
  const egressOf = (given: NetworkOptions) => {
    const policy = networkPolicies(plan, given).find(({ metadata }) => metadata.name === 'decision')!;
    return policy.spec.egress!;
  };
  const tcp = (port: number) => [{ port, protocol: 'TCP' }];
  const apiServer = { to: [{ ipBlock: { cidr: '10.0.0.1/32' } }], ports: tcp(443) };

  test('keys come from public addresses alone, and nobody else may go there', () => {
    const given = { ...direct, decisionService: emitted };
    const [keys, ...others] = egressOf(given);
    expect(others).toEqual([apiServer]);
    expect(keys).toMatchObject({
      to: [
        { ipBlock: { cidr: '0.0.0.0/0', except: expect.arrayContaining(['10.0.0.0/8', '169.254.0.0/16']) } },
        { ipBlock: { cidr: '2000::/3' } },
      ],
      ports: tcp(443),
    });
    const found = reach(networkPolicies(plan, given)).filter((flow) => flow.endsWith('→ outside:443'));
    expect(found).toEqual(['decision → outside:443']);
  });

  test('an issuer without a public address is let out to where it is, and nowhere else', () => {
    const privateIssuers = {
      people: { namespace: 'identity', selector: { app: 'keycloak' }, port: 8443 },
      partners: { networks: ['10.1.0.0/16'] },
    };
    const [, partners, people, ...others] = egressOf({
      ...direct,
      decisionService: { ...emitted, privateIssuers },
    });
    expect(people).toMatchObject({
      to: [
        {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'identity' } },
          podSelector: { matchLabels: { app: 'keycloak' } },
        },
      ],
      ports: tcp(8443),
    });
    expect(partners).toEqual({ to: [{ ipBlock: { cidr: '10.1.0.0/16' } }], ports: tcp(443) });
    expect(others).toEqual([apiServer]);
  });

  test('by way of an egress gateway no public address is open', () => {
    expect(JSON.stringify(egressOf({ ...options, decisionService: emitted }))).not.toContain('0.0.0.0/0');
  });

  test.each(['0.0.0.0/0', '128.0.0.0/1', '::/0', '2000::/3'])('%s is no place of its own', (network) => {
    for (const decisionService of [
      { ...emitted, apiServer: { networks: ['10.0.0.1/32', network], port: 443 } },
      { ...emitted, privateIssuers: { people: { networks: [network] } } },
    ]) {
      expect(() => networkPolicies(plan, { ...direct, decisionService })).toThrow(
        expect.objectContaining({ code: 'network-too-wide' }),
      );
    }
    expect(() => networkPolicies(plan, { ...direct, nodeNetworks: [network] })).toThrow(
      expect.objectContaining({ code: 'network-too-wide' }),
    );
    expect(() => networkPolicies(plan, { ...direct, gateway: { clientNetworks: [network] } })).not.toThrow();
  });

  test('the widest private networks are places', () => {
    const decisionService = { ...emitted, apiServer: { networks: ['10.0.0.0/8', 'fc00::/7'], port: 443 } };
    expect(() => networkPolicies(plan, { ...direct, decisionService })).not.toThrow();
  });

  test.each([
    { ...emitted, apiServer: { networks: ['10.0.0.1'], port: 6443 } },
    { ...emitted, privateIssuers: { people: { networks: ['everywhere'] } } },
  ])('what is no network is an error', (decisionService) => {
    expect(() => networkPolicies(plan, { ...direct, decisionService })).toThrow(
      expect.objectContaining({ code: 'network-cidr' }),
    );
  });
});

test.each([
  ['network-cidr', { nodeNetworks: ['10.0.0.0'] }],
  ['network-cidr', { gateway: { clientNetworks: ['everywhere'] } }],
  ['network-flow', { gateway: { clientNetworks: [] } }],
  ['network-flow', { gateway: { ports: [] } }],
  ['pod-selector', { dns: { namespace: 'kube-system', selector: {}, ports: [53] } }],
  ['pod-selector', { dns: { selector: {} } }],
  ['pod-selector', { dns: { ports: [] } }],
  ['network-cidr', { dns: { networks: ['169.254.20.10'] } }],
  ['network-too-wide', { dns: { networks: ['0.0.0.0/0'] } }],
  ['pod-selector', { controlPlane: { namespace: 'istio-system', selector: { app: 'istiod' }, ports: [] } }],
  ['pod-selector', { services: { web: { selector: {} } } }],
  ['pod-selector', { services: { web: { selector: { 'app.kubernetes.io/name': 'orders' } } } }],
  [
    'pod-selector',
    { services: { web: { selector: { app: 'x' } }, orders: { selector: { app: 'x', tier: 'y' } } } },
  ],
  ['object-label', { services: { web: { selector: { app: 'no spaces' } } } }],
  ['port', { services: { web: { port: 70_000 } } }],
  ...[15000, 15001, 15004, 15006, 15008, 15009, 15020, 15021, 15053, 15090].map(
    (port): [string, NetworkOptions] => ['reserved-port', { services: { web: { port } } }],
  ),
  ['reserved-port', { gateway: { ports: [8443, 15021] } }],
  ['unknown-service', { services: { wbe: {} } }],
  [
    'unknown-service',
    { egressGateway: { namespace: 'e', selector: { app: 'e' }, ports: [1], callers: ['wbe'] } },
  ],
  ['no-callers', { egressGateway: { namespace: 'e', selector: { app: 'e' }, ports: [1], callers: [] } }],
  ...['egressGateway', 'controlPlane', 'certificateAuthority', 'monitoring', 'dns'].map(
    (prop): [string, NetworkOptions] => [
      'own-namespace',
      { [prop]: { namespace: plan.namespace, selector: { app: 'e' }, ports: [1], callers: ['web'] } },
    ],
  ),
  [
    'object-collision',
    { decisionService: { serviceName: 'web', selector: { app: 'decision' }, servicePort: 80 } },
  ],
  ['object-collision', { services: { web: { serviceName: 'shared' }, orders: { serviceName: 'shared' } } }],
  ['object-collision', { services: { web: { serviceName: 'orders' } } }],
  ['object-collision', { ...options, services: { ...options.services, web: { serviceName: 'decision' } } }],
  ['object-name', { services: { web: { serviceName: 'Bad_Name' } } }],
  ['object-name', { services: { web: { serviceName: 'a'.repeat(64) } } }],
  ['object-name', { ...options, decisionService: { serviceName: 'no name', selector: { app: 'decision' } } }],
  ['port', { services: { web: { servicePort: -1 } } }],
  ['port', { services: { web: { servicePort: 99_999 } } }],
  ['port', { ...options, decisionService: { servicePort: 99_999, port: 8090 } }],
] as [string, NetworkOptions][])('%s: %j', (code, given) => {
  expect(() => networkPolicies(plan, given)).toThrow(expect.objectContaining({ code }));
});

test('a plan of another engine is refused', () => {
  const other = resolve(shop, { engine: 'local' });
  expect(() => networkPolicies(other)).toThrow(expect.objectContaining({ code: 'wrong-engine' }));
});

test('users come through a gateway in a namespace of its own, and no other pod of that namespace', () => {
  const ingressGateway = {
    namespace: 'istio-ingress',
    serviceAccount: 'ingressgateway',
    selector: { istio: 'ingressgateway' },
  };
  const own = networkPolicies(plan, { ...options, ingressGateway });
  const gateway = pod('ingress', 'istio-ingress', ingressGateway.selector);
  expect(connects(own, gateway, named('web'), 8080)).toBe(true);
  expect(connects(own, gateway, named('payments'), 8080)).toBe(false);
  expect(connects(own, pod('other', 'istio-ingress', {}), named('web'), 8080)).toBe(false);
  expect(connects(own, named('gateway'), named('web'), 8080)).toBe(false);
  expect(own.some(({ metadata }) => metadata.name === 'gateway')).toBe(false);
});

test('a gateway in the namespace itself, or two gateways, are errors', () => {
  const ingressGateway = { namespace: 'shop', serviceAccount: 'a', selector: { a: 'b' } };
  const refused = expect.objectContaining({ code: 'ingress-gateway' });
  expect(() => networkPolicies(plan, { ...options, ingressGateway })).toThrow(refused);
  const both = { gateway: {}, ingressGateway: { ...ingressGateway, namespace: 'edge' } };
  expect(() => networkPolicies(plan, { ...options, ...both })).toThrow(refused);
});

test('an egress gateway listens on the family of the cluster', () => {
  const out = resolve({ ...withEgress, authority: { namespace: 'shop' } }, { engine: 'kubernetes' });
  const listening = (ipFamily?: 'IPv4' | 'IPv6') => {
    const egress = {
      image: `registry.example/envoy@sha256:${'0'.repeat(64)}`,
      ...(ipFamily && { ipFamily }),
    };
    const [map] = egressObjects(out, { egress });
    const { 'bootstrap.json': text = '' } = map!['data'] as Readonly<Record<string, string>>;
    return [...new Set(text.match(/"address": "(0\.0\.0\.0|::)"/g))];
  };
  expect(listening()).toEqual(['"address": "0.0.0.0"']);
  expect(listening('IPv6')).toEqual(['"address": "::"']);
});

describe('where something may leave', () => {
  const out = resolve({ ...withEgress, authority: { namespace: 'shop' } }, { engine: 'kubernetes' });
  const egress = { image: `registry.example/envoy@sha256:${'0'.repeat(64)}` };
  const own = networkPolicies(out, { egress });
  const gateway = named('egress');
  const outside: End = { name: 'outside', address: 'outside' };
  const pods = [
    ...['web', 'orders', 'payments', 'refunds', 'reports', 'ledger', 'stranger'].map(named),
    gateway,
  ];

  /** Whoever reaches a public address, or the egress gateway. */
  const leaving = (objects: readonly KubernetesObject[]) => ({
    outside: pods.filter((from) => connects(objects, from, outside, 443)).map(({ name }) => name),
    gateway: pods.filter((from) => connects(objects, from, gateway, 8443)).map(({ name }) => name),
  });

  test('it leaves by the egress gateway alone, on the ports of its hosts, and for those whom a rule names', () => {
    expect(leaving(own)).toEqual({ outside: ['egress'], gateway: ['orders', 'payments', 'reports'] });
    expect(connects(own, gateway, outside, 80)).toBe(false);
  });

  test.each(['10.0.0.1', '169.254.169.254', '172.20.0.1', '192.168.1.1', '127.0.0.1', '100.100.100.200'])(
    'not to %s, whatever a name leads to',
    (address) => {
      expect(connects(own, gateway, { name: 'inside', address }, 443)).toBe(false);
    },
  );

  test('without any one of these policies something else passes', () => {
    for (const name of ['all-pods.', 'egress', 'payments']) {
      const left = own.filter(({ metadata }) => !metadata.name.startsWith(name));
      expect([name, leaving(left)]).not.toEqual([name, leaving(own)]);
    }
  });

  test.each([
    ['no-egress-gateway', {}],
    ['image-digest', { egress: { image: 'envoyproxy/envoy:distroless-v1.40.0' } }],
    ['too-few-replicas', { egress: { ...egress, replicas: 1 } }],
  ] as [string, NetworkOptions][])('%s', (code, given) => {
    expect(() => networkPolicies(out, given)).toThrow(expect.objectContaining({ code }));
  });

  test('nothing is made where nothing may leave', () => {
    expect(networkPolicies(plan, { ...options, egress })).toEqual(policies);
  });
});
