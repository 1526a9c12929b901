import shop from '../../examples/shop/model.js';
import { networkPolicies, type NetworkOptions } from '../../lib/kubernetes/index.js';
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
    ['shared-without-reason', { reason: ' ' }],
    ['pod-selector', { selector: {} }],
    ['pod-selector', { networks: ['10.0.0.1/32'] }],
    ['pod-selector', { ports: [] }],
    ['port', { ports: [0] }],
    ['object-name', { namespace: '*' }],
    ['network-cidr', { selector: undefined, networks: ['10.0.0.1'] }],
    ['network-too-wide', { selector: undefined, networks: ['0.0.0.0/0'] }],
  ])('%s: %j', (code, more) => {
    const { selector, ...one } = { ...shared[0]!, ...more };
    const wrong = { ...one, ...(selector && { selector }) };
    expect(() => networkPolicies(plan, { ...options, shared: [wrong] })).toThrow(
      expect.objectContaining({ code }),
    );
  });
});
