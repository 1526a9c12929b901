import shop from '../../examples/shop/model.js';
import { networkPolicies, type NetworkOptions, publicNetworks } from '../../lib/kubernetes/index.js';
import { resolve } from '../../lib/plan/resolve.js';
import { connects, type End } from './reach.js';
import { problemsOf } from './validate.js';

const plan = resolve({ ...shop, authority: { namespace: 'shop' } }, { engine: 'kubernetes' });
const options: NetworkOptions = {
  decisionService: { serviceName: 'decision', selector: { app: 'decision' }, servicePort: 80, port: 8090 },
};
const pod = (name: string, namespace: string, labels: Readonly<Record<string, string>>): End => ({
  name,
  namespace,
  labels,
});
const ends = ['web', 'orders', 'payments', 'refunds', 'reports', 'stranger'].map((name) =>
  pod(name, 'shop', { 'app.kubernetes.io/name': name }),
);

describe('what a cluster shares', () => {
  const kafka = pod('kafka', 'queues', { app: 'kafka' });
  const server: End = { name: 'API server', address: '10.0.0.1' };
  const shared: NonNullable<NetworkOptions['shared']> = [
    {
      callers: ['orders', 'web'],
      reason: 'events',
      namespace: 'queues',
      selector: { app: 'kafka' },
      ports: [9093],
    },
    {
      callers: ['refunds'],
      reason: 'elects a leader',
      namespace: 'default',
      networks: ['10.0.0.1/32'],
      ports: [443],
    },
  ];

  test('is called by those who are named, on its ports, and by nobody else', () => {
    const given = networkPolicies(plan, { ...options, shared });
    expect(given.flatMap(problemsOf)).toEqual([]);
    const calling = (to: End, port: number) =>
      ends.filter(
        (from) => 'namespace' in from && from.namespace === 'shop' && connects(given, from, to, port),
      );
    expect(calling(kafka, 9093).map(({ name }) => name)).toEqual(['web', 'orders']);
    expect(calling(kafka, 9092)).toEqual([]);
    expect(calling(server, 443).map(({ name }) => name)).toEqual(['refunds']);
    expect(
      given.flatMap(({ metadata }) => metadata.annotations?.['zero-trust-platform/shared'] ?? []),
    ).toEqual(['queues: events', 'default: elects a leader', 'queues: events']);
  });

  test.each<[string, object]>([
    ['unknown-service', { callers: ['wbe'] }],
    ['no-callers', { callers: [] }],
    ['own-namespace', { namespace: 'shop' }],
    ['shared-without-reason', { reason: ' ' }],
    ['pod-selector', { selector: {} }],
    ['pod-selector', { networks: ['10.0.0.1/32'] }],
    ['pod-selector', { ports: [] }],
    ['port', { ports: [0] }],
    ['object-name', { namespace: '*' }],
    ['network-cidr', { selector: undefined, networks: ['10.0.0.1'] }],
    ['network-too-wide', { selector: undefined, networks: ['0.0.0.0/0'] }],
    ['public-network', { selector: undefined, networks: ['8.0.0.0/8'] }],
    ['public-network', { selector: undefined, networks: ['10.0.0.1/32', '172.32.0.1/32'] }],
    ['public-network', { selector: undefined, networks: ['172.16.0.0/11'] }],
    ['public-network', { selector: undefined, networks: ['2600::1/128'] }],
    // By NAT64 it is every public address.
    ['public-network', { selector: undefined, networks: ['64:ff9b::/96'] }],
    ['public-network', { selector: undefined, networks: ['8.8.8.8/32'], publicUntil: '2020-01-01' }],
    ['public-network', { selector: undefined, networks: ['8.8.8.8/32'], publicUntil: 'never' }],
    ['wrong-type', { selector: undefined, networks: ['8.8.8.8/32'], publicUntil: null }],
  ])('%s: %j', (code, more) => {
    const { selector, ...one } = { ...shared[0]!, ...more };
    const wrong = { ...one, ...(selector && { selector }) };
    expect(() => networkPolicies(plan, { ...options, shared: [wrong] })).toThrow(
      expect.objectContaining({ code }),
    );
  });

  test('private addresses are taken, and public ones until a day, with a warning', () => {
    const at = (networks: readonly string[], more: object = {}) => [{ ...shared[1]!, networks, ...more }];
    const inside = at(['10.1.2.3/32', '172.16.0.0/12', '192.168.1.0/24', '100.64.0.1/32', 'fd00::1/128']);
    expect(() => networkPolicies(plan, { ...options, shared: inside })).not.toThrow();
    expect(publicNetworks(inside)).toEqual([]);
    const outside = at(['10.1.2.3/32', '8.8.8.8/32'], { publicUntil: '2999-01-01' });
    expect(() => networkPolicies(plan, { ...options, shared: outside })).not.toThrow();
    const found = {
      code: 'public-network',
      path: 'shared[0].networks',
      found: '8.8.8.8/32 until 2999-01-01',
    };
    expect(publicNetworks(outside)).toMatchObject([{ ...found, severity: 'warning' }]);
    expect(publicNetworks(outside, new Date('2999-01-01T00:00:00Z'))).toMatchObject([
      { ...found, severity: 'error' },
    ]);
  });

  // Its Kubernetes Service may be here, without pods.
  test('addresses may have their Service in the platform’s own namespace', () => {
    const [, server] = shared;
    expect(() =>
      networkPolicies(plan, { ...options, shared: [{ ...server!, namespace: 'shop' }] }),
    ).not.toThrow();
  });
});
