import fc from 'fast-check';
import { partition } from '../../../lib/policy/compile/envoy/index.js';
import { operationOf } from '../../../lib/policy/operation.js';
import { allow } from '../fixture.js';
import { RUNS, SEED } from '../law.js';

const segment = fc.constantFrom('a', 'b', 'c', '{x}');
const operation = fc.tuple(fc.array(segment, { maxLength: 4 }), fc.boolean()).map(([segments, rest]) => {
  const named = segments.map((one, at) => (one === '{x}' ? `{x${at}}` : one));
  return `GET /${[...named, ...(rest ? ['**'] : [])].join('/')}` as const;
});
const rules = fc
  .array(fc.uniqueArray(operation, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 24 })
  .map((all) => all.map((operations, at) => allow(`rule-${at}`, { operations })));
const path = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 5 });

/** As Envoy takes a route: the first whose prefix the path has. */
const routeOf = (parts: ReturnType<typeof partition>, segments: readonly string[]) =>
  parts.find(({ prefix }) => prefix.every((literal, at) => segments[at] === literal));

function covers(text: string, path: readonly string[]): boolean {
  const { segments, rest } = operationOf(text);
  if (rest ? path.length < segments.length : path.length !== segments.length) return false;
  return segments.every((one, at) => one === undefined || one === path[at]);
}

test('whatever an operation covers that is left to somebody else, comes by a route that is', () => {
  fc.assert(
    fc.property(rules, path, fc.func(fc.boolean()), (all, segments, choose) => {
      const isLeftOut = (rule: { id: string }, one: string) => choose(rule.id, one);
      const route = routeOf(partition(all, isLeftOut), segments)!;
      for (const rule of all) {
        for (const one of rule.operations.filter((each) => covers(each, segments))) {
          // The route has every rule that can matter, and says if one of them is not judged here.
          const routed = route.rules.find(({ rule: { id } }) => id === rule.id);
          expect(routed?.operations).toContain(one);
          if (isLeftOut(rule, one)) expect(route.isLeftOut).toBe(true);
        }
      }
    }),
    { numRuns: 2 * RUNS, seed: SEED },
  );
});

test('paths that share no corner with what is left out are judged here', () => {
  const all = [
    allow('left', { operations: ['GET /reports/{x}/{y}', 'GET /plain'] }),
    allow('kept', { operations: ['GET /orders/{x}'] }),
  ];
  const parts = partition(all, (_, one) => one.startsWith('GET /reports'));
  const isLeftOut = (...segments: string[]) => routeOf(parts, segments)?.isLeftOut;
  expect([isLeftOut('reports', '1', '2'), isLeftOut('reports'), isLeftOut('orders', '1')]).toEqual([
    true,
    true,
    false,
  ]);
  expect([isLeftOut('plain'), isLeftOut('other'), isLeftOut()]).toEqual([false, false, false]);
});
