import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../support/connect.js';
import type { Case, PolicySpec } from './case.js';
import { difference } from './difference.js';
import { compared } from './explained.js';
import { differenceOf, explore } from './explore.js';
import { type Applied, Ground } from './ground.js';
import { PITFALL_POLICY, PITFALLS } from './pitfall-cases.js';
import regressions from './regressions.json';
import { Statistics } from './statistics.js';

/**
 * The real points against the reference: `decide` and an Envoy answer alike, forward alike and log
 * alike, for random policies and random requests; and of a client's request the bundled Lambda handler
 * and the decision service say the same, with keys from a server and over a socket.
 *
 * `EQUALITY_MODELS` (of each seed) and `EQUALITY_SEED` (a number, or `random`) make longer runs of it;
 * `EQUALITY_SEED` and `EQUALITY_PATH` repeat one policy of a run that failed.
 */
const { EQUALITY_MODELS: models = '75', EQUALITY_SEED: seed = '1', EQUALITY_PATH: path } = process.env;
/** Requests for each policy. */
const REQUESTS = 25;
/** Seeds tried one after another, two at least, until everything that `Statistics` asks for was met. */
const SEEDS = { least: 2, most: 6 };

let ground: Ground;
beforeAll(async () => {
  ground = await Ground.create();
});
afterAll(async () => {
  await ground.close();
});

test.each(regressions as unknown as { name: string; case: Case }[])('$name', async ({ case: known }) => {
  expect(await ground.apply(known.policy)).toBeDefined();
  expect(await differenceOf(ground, known)).toBeUndefined();
});

test(
  'random requests under random policies',
  async () => {
    const chosen = seed === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(seed);
    const statistics = new Statistics(undefined, undefined, { behindEdge: true });
    for (let further = 0; further < SEEDS.most; further += 1) {
      const options = { seed: chosen + further, models: Number(models), requests: REQUESTS };
      await explore(ground, { ...options, ...(path !== undefined && { path }) }, statistics);
      if (path !== undefined) return;
      if (further + 1 >= SEEDS.least && statistics.missing().length === 0) break;
    }
    if (statistics.missing().length > 0) {
      throw new Error(
        `seed ${chosen}, ${statistics.pairs} pairs: not everything was met\n${statistics.table()}`,
      );
    }
    expect(statistics.pairs).toBeGreaterThanOrEqual(SEEDS.least * Number(models) * REQUESTS);
    // What `ztp explain` says of a point is what that point wrote down.
    expect(compared.lines).toBeGreaterThan(statistics.pairs / 2);
  },
  60_000 + Number(models) * 2_000 * SEEDS.most,
);

describe('the known divergences between points, at real ones', () => {
  let applied: Applied | undefined;
  beforeAll(async () => {
    applied = await ground.apply(PITFALL_POLICY);
  });

  test.each(PITFALLS)('$name', async ({ cases }) => {
    for (const [over, outcome] of cases) {
      for (const point of over.point ? [over.point] : (['gateway', 'sidecar'] as const)) {
        for (const http of [1, 2] as const) {
          const peer = point === 'gateway' ? 'none' : 'gateway';
          const plain = { method: 'GET', path: '/open', host: 'orders.shop.example', headers: [] };
          const tried = await ground.try(applied!, {
            point,
            http,
            peer,
            source: '127.0.0.1',
            ...plain,
            ...over,
          });
          const said = [point, http, over, tried.expected.outcome, difference(tried)];
          expect(said).toEqual([point, http, over, outcome, undefined]);
        }
      }
    }
  });
});

test('what has a date changes by itself', async () => {
  const operations = { service: 'orders', principals: [{ kind: 'anyone' }] };
  const audit = { until: { $date: 3 }, reason: 'tried' };
  const policy: PolicySpec = {
    parts: {
      access: [
        { ...operations, effect: 'allow', operations: ['GET /opens'], audit },
        { ...operations, effect: 'allow', operations: ['GET /closes'] },
        {
          ...operations,
          effect: 'deny',
          operations: ['GET /closes'],
          audit,
          unless: [{ kind: 'multiFactor' }],
        },
        { ...operations, effect: 'allow', operations: ['GET /returns'], name: 'returns' },
        { ...operations, effect: 'allow', operations: ['GET /ends'], until: { $date: 3 } },
      ],
    },
    revocations: [{ kind: 'rule', rule: 'returns', until: { $now: 3 } }],
  };
  const applied = await ground.apply(policy);
  const outcomes = async () => {
    const seen: (string | number | undefined)[] = [];
    for (const at of ['gateway', 'sidecar'] as const) {
      for (const name of ['opens', 'closes', 'returns', 'ends']) {
        const tried = await ground.try(applied!, {
          point: at,
          http: 2,
          peer: at === 'gateway' ? 'none' : 'gateway',
          source: '127.0.0.1',
          method: 'GET',
          path: `/${name}`,
          host: 'orders.shop.example',
          headers: [],
        });
        seen.push(tried.reply.status);
      }
    }
    return seen;
  };
  // An Envoy's instant of a request is its first byte (docs/policy.md, section 1).
  const slow = await connect(await ground.points.gateway.peer(undefined), 'http/1.1');
  const answered = once(slow, 'data') as Promise<Buffer[]>;
  slow.write('GET /ends HTTP/1.1\r\n');
  expect(await outcomes()).toEqual([403, 200, 403, 200, 403, 200, 403, 200]);
  await sleep(4000);
  expect(await outcomes()).toEqual([200, 403, 200, 403, 200, 403, 200, 403]);
  slow.write('host: orders.shop.example\r\n\r\n');
  expect(String(await answered)).toContain('HTTP/1.1 200');
  slow.destroy();
});

test('an idle connection to an application is closed before the application would', async () => {
  const access = {
    effect: 'allow',
    service: 'orders',
    principals: [{ kind: 'anyone' }],
    operations: ['GET /a'],
  };
  const applied = await ground.apply({ parts: { access: [access] }, revocations: [] });
  const tried = await ground.try(applied!, {
    point: 'sidecar',
    http: 2,
    peer: 'gateway',
    source: '127.0.0.1',
    method: 'GET',
    path: '/a',
    host: 'orders.shop.example',
    headers: [],
  });
  expect(tried.reply.status).toBe(200);
  // The application here never closes one; without the point's own limit this would go on for minutes.
  while (ground.points.sidecar.upstreamConnections > 0) await sleep(50);
}, 60_000);

test('nobody reaches a sidecar without a certificate', async () => {
  const target = await ground.points.sidecar.peer(undefined);
  const socket = await connect(target, 'h2');
  // In TLS 1.3 the refusal comes after the client has finished.
  const ended = new Promise<string>((done) => {
    socket.once('error', (error) => done(error.message));
    socket.once('close', () => done('closed'));
  });
  expect(await ended).toContain('certificate required');
});
