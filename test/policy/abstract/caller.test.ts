import { AbstractCaller, Diagram } from '../../../lib/policy/abstract/index.js';

const RANGES = ['10.0.0.0/8', '10.1.0.0/16', '2001:db8::/32'];

test.each([
  ['192.0.2.1', []],
  ['10.9.0.1', [0]],
  ['10.1.2.3', [0, 1]],
  ['2001:db8::1', [2]],
])('whoever calls from %s is in these ranges and in no other', (address, within) => {
  const diagram = new Diagram();
  const caller = new AbstractCaller(diagram, undefined, 'scope', 0);
  expect(caller.comesFrom(address)).toBe(diagram.always);
  // What is no address has no part in it.
  caller.algorithm('RS256');
  const asked = RANGES.map((range) => caller.isWithin(range));
  expect(caller.ranges).toEqual(RANGES);
  const node = caller.comesFrom(address);
  const of = asked.map((one) => diagram.all([node, diagram.not(one)]) === diagram.never);
  expect(of).toEqual(RANGES.map((_, at) => (within as number[]).includes(at)));
  // One combination of them, and a possible one, whatever the algorithm.
  expect(diagram.count(node, caller.size)).toBe(2);
  expect(diagram.all([node, caller.possible()])).toBe(node);
});
