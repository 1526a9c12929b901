import type { Case, Instant } from '../engines/equality/case.js';
import { drawPolicy } from '../engines/equality/policies.js';
import { drawRequest } from '../engines/equality/requests.js';
import { Statistics } from '../engines/equality/statistics.js';
import { repaired } from '../engines/equality/validity.js';
import { Memory, seededDraw } from './memory.js';
import regressions from './regressions.json';
import { untried } from './stricter.js';

/** Two seeds of `npm run prove -- --only equality`, which goes through thousands. */
const SEEDS = [1, 2];
const SIZE = { policies: 30, requests: 40 };

let memory: Memory;
let instant: Instant;
beforeAll(async () => {
  memory = await Memory.create();
  instant = memory.world.instant(1_900_000_000);
});

const known = regressions as unknown as {
  readonly seeds: readonly { readonly seed: number; readonly policies: number; readonly requests: number }[];
  readonly cases: readonly { readonly name: string; readonly case: Case }[];
};

test('what once differed does not: every case and every seed that is kept', async () => {
  for (const { name, case: kept } of known.cases) {
    expect([name, memory.apply(kept.policy) !== undefined]).toEqual([name, true]);
    expect([name, await memory.differencesOf(kept)]).toEqual([name, []]);
  }
  for (const campaign of known.seeds) await memory.explore(campaign, new Statistics());
});

test('handler, decision service and Cedar say what `decide` says, under two seeds of policies and requests', async () => {
  const statistics = new Statistics();
  for (const seed of SEEDS) await memory.explore({ ...SIZE, seed }, statistics);
  // A quarter more at sidecars, where Cedar alone is asked.
  expect(statistics.pairs).toBe(SEEDS.length * SIZE.policies * SIZE.requests * 1.25);
  const { Cedar, ...edges } = Object.fromEntries(statistics.engines());
  expect(new Set(Object.values(edges))).toEqual(new Set([SEEDS.length * SIZE.policies * SIZE.requests]));
  expect(Cedar).toBeGreaterThan(SEEDS.length * SIZE.policies * SIZE.requests * 0.25);
  const never = statistics.outcomes().filter(([, count]) => count === 0);
  expect(never).toEqual([]);
}, 300_000);

test('whatever the authorizer declares itself stricter in is tried', () => {
  expect(untried()).toEqual([]);
});

test('`ztp explain` names the rule that the points log, for a thousand requests', async () => {
  const service = memory.edges.find(({ form }) => form === 'decision service')!;
  let asked = 0;
  let decided = 0;
  for (let policyNumber = 0; policyNumber < 45; policyNumber += 1) {
    const draw = seededDraw(3, policyNumber);
    const { policy } = repaired({ ...drawPolicy(draw), revocations: [] }, instant);
    const applied = memory.apply(policy)!;
    for (let count = 0; count < 25; count += 1) {
      const posed = memory.world.pose(drawRequest(draw, applied.plan, [], 'gateway'), instant);
      const { line } = await service.ask(posed);
      const [gateway] = memory.explained(applied, service.seenBy(applied.index, posed.request)).points;
      asked += 1;
      // A token that is stricter judged names no rule: the table above is about those.
      if (line === undefined || line.reason?.startsWith('token ')) continue;
      decided += line.rule === undefined ? 0 : 1;
      expect([line.rule, line.reason]).toEqual([gateway?.decision.rule, gateway?.decision.reason]);
    }
  }
  expect(asked).toBeGreaterThan(1000);
  expect(decided).toBeGreaterThan(300);
});
