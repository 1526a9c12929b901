import { decisionLine } from '../../cli/decision-line.js';
import { planSummary } from '../../cli/plan-summary.js';
import {
  allow,
  anyone,
  connect,
  decideConnection,
  deny,
  indexPolicy,
  InvalidModelError,
  refsOf,
  type RuleLike,
  resolve,
  runPolicyTests,
  sourceNetwork,
  tcp,
  workload,
  type ZeroTrustModel,
} from '../../lib/index.js';
import { sidecarRefs, upstreamUrls } from '../../constructs/aws-cdk/mesh/refs.js';
import { envoyFiles } from '../../lib/envoy/index.js';
import { comparePolicies } from '../../lib/insight/compare.js';
import { parseConnection, resolvedConnection } from '../../lib/insight/connection.js';
import { explain } from '../../lib/insight/explain.js';
import { explainLogged } from '../../lib/insight/logged.js';
import { upstreamVariables } from '../../lib/point/url-variable.js';
import { shop } from '../local/model.js';

const now = 1_900_000_000;
const INSIDE = '10.0.0.7';
const model = (...rules: readonly RuleLike[]): ZeroTrustModel => {
  const base = shop(...rules);
  return { ...base, services: { ...base.services, ledger: tcp({ idleTimeoutSeconds: 60 }) } };
};
const orders = allow(workload('orders')).to('ledger', connect()).named('orders-ledger');
const inside = deny(anyone())
  .to('ledger', connect())
  .unless(sourceNetwork('10.0.0.0/8'))
  .named('from-inside');
const plan = resolve(model(orders, inside));
const id = (name: string) => plan.services[name]!.sidecar.spiffeId;
const decided = (peer: string | undefined, sourceAddress = INSIDE) =>
  decideConnection(indexPolicy(plan.policy), {
    service: 'ledger',
    ...(peer !== undefined && { peer }),
    sourceAddress,
    now,
  });
const call = (as: string | undefined, sourceAddress = INSIDE) => ({
  ...resolvedConnection(plan, parseConnection('tcp://ledger')!),
  credential: { kind: 'none' } as const,
  ...(as !== undefined && { workload: as }),
  sourceAddress,
  now,
});

test('a connection is decided by who connects, and from where', () => {
  expect(decided(id('orders'))).toMatchObject({ outcome: 'allow', rule: 'orders-ledger', operation: 'tcp' });
  expect(decided(id('orders'), '192.0.2.1')).toMatchObject({ outcome: 'forbidden', rule: 'from-inside' });
  for (const peer of [id('web'), id('ledger'), plan.gateway.spiffeId, undefined]) {
    expect(decided(peer).outcome).toBe('forbidden');
  }
  expect(() =>
    decideConnection(indexPolicy(plan.policy), { service: 'no', sourceAddress: INSIDE, now }),
  ).toThrow(RangeError);
});

test('a plan says what a connection is bounded by', () => {
  expect(plan.services['ledger']).toMatchObject({
    protocol: 'tcp',
    public: false,
    connections: { max: 1000, idleSeconds: 60, maxSeconds: plan.connections.maxStream },
  });
  expect(plan.policy.services['ledger']!.audiences).toEqual({});
  // The address of a connection is seen where it ends, at the sidecar.
  expect(plan.proofCheckedAt).toEqual({});
  expect(planSummary(plan)).toContain('tcp, 1000 connections of at most');
});

test('engines that have no mesh yet refuse it', () => {
  for (const engine of ['google', 'azure'] as const) {
    expect(() => resolve(model(orders), { engine })).toThrow(InvalidModelError);
    expect(() => resolve(model(orders), { engine })).toThrow(/not-supported-yet/);
  }
});

test('on AWS the sidecars of both ends have all that their configurations refer to', () => {
  const aws = resolve(model(orders), { engine: 'aws' });
  expect(upstreamUrls(aws, 'orders')).toEqual({
    ledger: 'tcp://127.0.0.1:15101',
    payments: 'http://127.0.0.1:15102',
  });
  const points = ['ledger', 'orders'].map((service) => {
    const { bootstrap, routes } = envoyFiles(aws, `services/${service}/sidecar`, undefined, {
      keys: 'tunnel',
    });
    const given = Object.keys(sidecarRefs(aws, service, 5432, 'mesh.internal'));
    return [...refsOf(bootstrap), ...refsOf(routes)].filter((name) => !given.includes(name));
  });
  // What is left the agent knows: where its own files are.
  for (const missing of points) {
    expect(missing.filter((name) => !/\/(admin|routes|secrets|keys)\//.test(name))).toEqual([]);
  }
});

test('an explanation asks the sidecar of the service alone, and says what would be enough', () => {
  const admitted = explain(plan, call('orders'));
  expect(admitted.outcome).toBe('admitted');
  expect(admitted.points.map(({ point }) => point)).toEqual(['services/ledger/sidecar']);
  const refused = explain(plan, call('web'));
  expect(refused.outcome).toBe('refused');
  const text = refused.points[0]!.because.join('\n');
  expect(text).toContain('orders-ledger: the workload orders');
  expect(text).toContain('no rule lets web call ledger');
  expect(explain(plan, call(undefined)).points.at(-1)!.because.join('\n')).toContain(
    'only workloads connect',
  );
  const request = explain(plan, { ...call('orders'), method: 'GET' });
  expect(request.points[0]!.because.join('\n')).toContain('takes connections, and no request');
});

test('tests of a policy name a connection by its service', () => {
  const { results, coverage } = runPolicyTests(plan, {
    at: '2030-01-01T00:00:00Z',
    tests: [
      { request: 'tcp://ledger', peer: 'orders', from: INSIDE, expect: 'allow', rule: 'orders-ledger' },
      { request: 'tcp://ledger', peer: 'orders', expect: 'forbidden', rule: 'from-inside' },
      { request: 'tcp://ledger', peer: 'web', from: INSIDE, expect: 'forbidden', rule: 'none' },
    ],
  });
  expect(results.map(({ passed, decided: what }) => [passed, what])).toEqual([
    [true, 'allow by orders-ledger'],
    [true, 'forbidden by from-inside'],
    [true, 'forbidden'],
  ]);
  expect(coverage.missing.join()).not.toContain('from-inside');
});

test('a comparison finds who may connect', () => {
  const { differences, isExact } = comparePolicies(resolve(model(orders)), resolve(model()), now);
  expect(isExact).toBe(true);
  expect(differences.map(({ change, service, method, caller }) => [change, service, method, caller])).toEqual(
    [['closed', 'ledger', 'CONNECT', 'the workload orders']],
  );
  const nets = comparePolicies(resolve(model(orders)), plan, now);
  expect(nets.differences).toMatchObject([{ change: 'closed', after: { rule: 'from-inside' } }]);
});

test('a line of the log is a connection', () => {
  const line = {
    version: 1,
    time: '2030-03-17T17:46:40.000Z',
    point: 'services/ledger/sidecar',
    decision: 'allow',
    status: 200,
    rule: 'orders-ledger',
    service: 'ledger',
    operation: 'tcp',
    peer: id('orders'),
  } as const;
  expect(explainLogged(resolve(model(orders)), line).agrees).toBe(true);
  expect(decisionLine('ledger', JSON.stringify(line))).toContain('connection');
});

test('an application finds a TCP service also by host and port', () => {
  expect(
    upstreamVariables({ 'order-items': 'tcp://127.0.0.1:15101', web: 'http://127.0.0.1:15102' }),
  ).toEqual({
    ZTP_ORDER_ITEMS_URL: 'tcp://127.0.0.1:15101',
    ZTP_ORDER_ITEMS_HOST: '127.0.0.1',
    ZTP_ORDER_ITEMS_PORT: '15101',
    ZTP_WEB_URL: 'http://127.0.0.1:15102',
  });
});
