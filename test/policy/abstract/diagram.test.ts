import fc from 'fast-check';
import { Diagram, type Node } from '../../../lib/policy/abstract/index.js';

/** A function as a tree, to build a diagram of and to evaluate by itself. */
type Tree =
  | { readonly is: number }
  | { readonly not: Tree }
  | { readonly all: readonly Tree[] }
  | { readonly any: readonly Tree[] };

const VARIABLES = 6;
const ROWS = Array.from(
  { length: 2 ** VARIABLES },
  (_, row) =>
    new Set(Array.from({ length: VARIABLES }, (__, at) => at).filter((at) => (row >> at) % 2 === 1)),
);

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.record({ is: fc.nat(VARIABLES - 1) }),
    fc.record({ not: tie('tree') }),
    fc.record({ all: fc.array(tie('tree'), { maxLength: 3 }) }),
    fc.record({ any: fc.array(tie('tree'), { maxLength: 3 }) }),
  ),
}));

function built(diagram: Diagram, of: Tree): Node {
  if ('is' in of) return diagram.variable(of.is);
  if ('not' in of) return diagram.not(built(diagram, of.not));
  return 'all' in of
    ? diagram.all(of.all.map((one) => built(diagram, one)))
    : diagram.any(of.any.map((one) => built(diagram, one)));
}

function holds(of: Tree, row: ReadonlySet<number>): boolean {
  if ('is' in of) return row.has(of.is);
  if ('not' in of) return !holds(of.not, row);
  return 'all' in of ? of.all.every((one) => holds(one, row)) : of.any.some((one) => holds(one, row));
}

test('a diagram is the table of its function: values, count, every row, and the row with the fewest', () => {
  fc.assert(
    fc.property(tree, (of) => {
      const diagram = new Diagram();
      const node = built(diagram, of);
      const rows = ROWS.filter((row) => holds(of, row));
      for (const row of ROWS) expect(diagram.at(node, (at) => row.has(at))).toBe(holds(of, row));
      expect(diagram.count(node, VARIABLES)).toBe(rows.length);
      const named = (row: ReadonlySet<number>) => [...row].sort((a, b) => a - b).join();
      expect([...diagram.every(node, VARIABLES)].map(named).sort()).toEqual(rows.map(named).sort());
      const fewest = diagram.fewest(node);
      expect(fewest?.size).toBe(rows.length === 0 ? undefined : Math.min(...rows.map((row) => row.size)));
      if (fewest) expect(holds(of, fewest)).toBe(true);
    }),
    { numRuns: 100, seed: 20_261_129 },
  );
});

test('equal functions are one node, however they are built, and others are not', () => {
  fc.assert(
    fc.property(tree, tree, (a, b) => {
      const diagram = new Diagram();
      const same = ROWS.every((row) => holds(a, row) === holds(b, row));
      expect(built(diagram, a) === built(diagram, b)).toBe(same);
    }),
    { numRuns: 100, seed: 20_261_129 },
  );
});

test('what the function does not depend on is counted, and not chosen', () => {
  const diagram = new Diagram();
  const last = diagram.variable(40);
  expect(diagram.count(last, 41)).toBe(2 ** 40);
  expect(diagram.count(diagram.always, 10)).toBe(1024);
  expect(diagram.fewest(diagram.not(last))).toEqual(new Set());
  expect(diagram.fewest(diagram.never)).toBeUndefined();
});
