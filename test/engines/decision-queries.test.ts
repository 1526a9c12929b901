import { QUERY_PACK } from '../../constructs/aws-cdk/visibility/query-pack.js';
import type { DecisionLogEntry } from '../../lib/plan/decision-log.js';
import type { Json } from '../../lib/policy/request.js';
import { DecisionTable, type Row } from '../support/aws/decision-table.js';
import type { RequestSpec } from './equality/case.js';
import { Ground } from './equality/ground.js';
import { HOSTS } from './equality/platform.js';

const HOUR = 3600;
const people = (more: object = {}) => [{ kind: 'user', issuer: 'people', ...more }];
const rule = (name: string, operation: string, principals: unknown, more: object = {}) => ({
  effect: 'allow',
  service: 'orders',
  operations: [operation],
  name,
  principals,
  ...more,
});
const audit = { until: { $date: HOUR }, reason: 'to see first' };

const ACCESS = [
  rule('read', 'GET /orders/**', people()),
  rule('break-glass-delete', 'DELETE /orders/{id}', people({ groups: ['admins'] })),
  rule('later', 'GET /orders/old/{id}', [{ kind: 'anyone' }], { effect: 'deny', audit }),
  rule('soon', 'GET /reports', people(), { audit }),
  rule('stock', 'GET /stock', [{ kind: 'workload', service: 'web' }]),
  rule('web', 'GET /**', [{ kind: 'anyone' }], { service: 'web' }),
];
const REVOCATIONS = [
  { kind: 'subject', issuer: 'people', value: 'mallory', until: { $now: HOUR } },
  { kind: 'service', service: 'web', until: { $now: HOUR } },
];

/** A request of somebody at the gateway, with a token of theirs. */
function by(sub: string, method: string, path: string, groups: string[] = []): Partial<RequestSpec> {
  const claims = {
    iss: 'https://people.example',
    aud: 'https://orders.shop.example',
    sub,
    groups,
    iat: { $now: 0 },
    exp: { $now: 300 },
  } as Record<string, Json>;
  const header = { alg: 'ES256', kid: 'people-1', typ: 'at+jwt' };
  const token = { signer: 'people', key: 0, header, claims };
  return { method, path, headers: [['authorization', { before: 'Bearer ', token }]] };
}

const ASKED: readonly Partial<RequestSpec>[] = [
  by('ada', 'GET', '/orders/1'),
  by('ada', 'GET', '/orders/old/1'),
  by('ada', 'GET', '/reports'),
  by('ada', 'DELETE', '/orders/1'),
  by('bob', 'DELETE', '/orders/1', ['admins']),
  by('mallory', 'GET', '/orders/1'),
  by('mallory', 'GET', '/orders/1'),
  { path: '/nowhere' },
  { path: '/', host: HOSTS['web']! },
  // A workload that no rule names, and one that a rule names.
  { point: 'sidecar', peer: 'inner', path: '/stock' },
  { point: 'sidecar', peer: 'web', path: '/stock' },
];

let ground: Ground;
let lines: DecisionLogEntry[];
let table: DecisionTable;
let days: readonly [string, string];

beforeAll(async () => {
  ground = await Ground.create();
  const applied = await ground.apply({ parts: { access: ACCESS }, revocations: REVOCATIONS } as never);
  if (!applied) throw new Error('the model is not valid');
  lines = [];
  for (const asked of ASKED) {
    const spec: RequestSpec = {
      point: 'gateway',
      http: 2,
      peer: 'none',
      source: '127.0.0.1',
      method: 'GET',
      path: '/',
      host: HOSTS['orders']!,
      headers: [],
      ...asked,
    };
    const { logged } = await ground.try(applied, spec);
    lines.push(logged as unknown as DecisionLogEntry);
    if (spec.point === 'sidecar') continue;
    // The same request, as the authorizer before the gateway writes of it.
    const { line } = await ground.edges[0]!.ask(ground.world.pose({ ...spec, http: 1 }, ground.instant()));
    lines.push(line!);
  }
  table = new DecisionTable(lines);
  const times = lines.map(({ time }) => time.slice(0, 10)).sort();
  days = [times[0]!, times.at(-1)!];
});
afterAll(async () => {
  table?.close();
  await ground.close();
});

function ask(id: string): Row[] {
  return table.ask(QUERY_PACK.find((query) => query.id === id)!, days);
}

/** Columns of an answer, as texts in their order. */
function rowsOf(id: string, ...columns: readonly string[]): string[] {
  return ask(id)
    .map((row) => columns.map((name) => String(row[name])).join(' '))
    .sort();
}

test('who was refused, where and why: every refusal is there, the latest first', () => {
  const refused = lines.filter(({ decision }) => decision === 'refuse');
  const rows = ask('refused');
  expect(rows.map(({ time }) => time)).toEqual(
    refused
      .map(({ time }) => time)
      .sort()
      .toReversed(),
  );
  expect(rows.every(({ reason, point }) => reason !== null && point !== null)).toBe(true);
});

test('the paths that are refused most come first, of all points together', () => {
  const [first, ...others] = ask('refused-paths');
  expect(first).toEqual({ refused: 4, service: 'orders', method: 'GET', path: '/orders/1', status: 401 });
  expect(others.every(({ refused }) => Number(refused) <= 2)).toBe(true);
  expect(ask('refused-most')[0]).toMatchObject({ refused: 4 });
});

test('a workload that another refuses is named, and nobody else is', () => {
  expect(ask('refused-workloads')).toEqual([
    {
      refused: 1,
      peer: 'spiffe://local.dev.shop.example/ns/default/sa/inner',
      service: 'orders',
      destination: null,
      method: 'GET',
      path: '/stock',
      rule: null,
    },
  ]);
});

test('what rules in audit would have done both points say alike', () => {
  const points = ['authorizer', 'gateway'];
  expect(rowsOf('audit-would-refuse', 'requests', 'wouldrefuse', 'path', 'subject', 'point')).toEqual(
    points.map((point) => `1 later /orders/old/1 ada ${point}`),
  );
  expect(rowsOf('audit-would-admit', 'requests', 'wouldallow', 'path', 'subject', 'point')).toEqual(
    points.map((point) => `1 soon /reports ada ${point}`),
  );
});

test('a rule for emergencies is told with who used it', () => {
  const used = 'break-glass-delete bob allow';
  expect(rowsOf('break-glass', 'rule', 'subject', 'decision')).toEqual([used, used]);
});

test('what is revoked and what is closed is found at both points; the authorizer names nobody by a bad token', () => {
  expect(rowsOf('revoked', 'point', 'service', 'subject')).toEqual([
    'authorizer orders null',
    'authorizer orders null',
    'authorizer web null',
    'gateway orders mallory',
    'gateway orders mallory',
    'gateway web null',
  ]);
});

test('a query is about the days that it is given', () => {
  for (const query of QUERY_PACK) expect(table.ask(query, ['2020-01-01', '2020-12-31'])).toEqual([]);
});
