import { resolve } from '../../lib/plan/resolve.js';
import { indexPolicy } from '../../lib/policy/index-rules.js';
import shop from '../../examples/shop/model.js';
import { revocationsOf } from '../engines/equality/case.js';
import { drawPolicy } from '../engines/equality/policies.js';
import { repaired } from '../engines/equality/validity.js';
import { allow, policy, user } from '../policy/fixture.js';
import { type OperationProof, proveIndex } from './exhaustive.js';
import { seededDraw } from './memory.js';

const NOW = 1_900_000_000;
const instant = { now: NOW, thumbprint: (name: string) => `thumbprint-of-${name}` };

/** `npm run prove -- --only index` enumerates up to 16. */
const MOST = 7;

const counted = (proofs: Iterable<OperationProof>) => {
  const counts = { enumeration: 0, diagram: 0, asked: 0 };
  for (const { by, asked } of proofs) {
    counts[by] += 1;
    counts.asked += asked;
  }
  return counts;
};

test('the index decides the operations of the shop as the rules one by one do, for every abstract request', () => {
  const { policy: own } = resolve(shop, { now: new Date(NOW * 1000) });
  const { enumeration, diagram, asked } = counted(proveIndex(indexPolicy(own), NOW));
  expect([enumeration > 100, diagram, asked > 1000]).toEqual([true, 0, true]);
});

test('and the operations of random policies, some of which only a decision diagram can hold', () => {
  const counts = { enumeration: 0, diagram: 0, asked: 0 };
  for (let number = 0; number < 2; number += 1) {
    const drawn = repaired(drawPolicy(seededDraw(21, number)), instant);
    const index = indexPolicy(drawn.plan.policy, revocationsOf(drawn.policy, instant));
    const more = counted(proveIndex(index, NOW, MOST));
    for (const name of ['enumeration', 'diagram', 'asked'] as const) counts[name] += more[name];
  }
  expect([counts.asked > 1000, counts.diagram > 10, counts.enumeration > 30]).toEqual([true, true, true]);
});

test('two dozen groups are no more than a diagram can hold', () => {
  const groups = Array.from({ length: 24 }, (_, at) => `g${at}`);
  const rule = allow('many', {
    operations: ['GET /a'],
    principals: groups.map((group) => user('people', { claim: ['groups'], test: 'contains', value: group })),
  });
  const counts = counted(proveIndex(indexPolicy(policy([rule])), NOW));
  expect([counts.diagram > 0, counts.enumeration > 0]).toEqual([true, true]);
});

test('an index that leaves out a rule, or takes a wrong one, is found out', () => {
  const rules = ['GET /a/{x}', 'GET /a/b', 'GET /a/**', 'GET /{x}/b', 'GET /c', 'GET /d'].map(
    (operation, at) => allow(`r${at}`, { operations: [operation as 'GET /a'] }),
  );
  const [right, wrong] = [indexPolicy(policy(rules)), indexPolicy(policy(rules.slice(1)))];
  expect(counted(proveIndex(right, NOW)).enumeration).toBeGreaterThan(0);
  expect(() => counted(proveIndex({ ...right, services: wrong.services }, NOW))).toThrow('one by one');
});
