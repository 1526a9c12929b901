/** A function of the variables, as a node of a diagram: equal functions of one diagram are one number. */
export type Node = number;

const NEVER = 0;
const ALWAYS = 1;

/**
 * A reduced, ordered binary decision diagram (Bryant 1986) over variables that are numbered from 0, in that
 * order. Of the packages for it none that is kept builds one without first writing out every combination.
 */
export class Diagram {
  readonly never: Node = NEVER;
  readonly always: Node = ALWAYS;
  readonly #variable: number[] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  readonly #low: Node[] = [NEVER, ALWAYS];
  readonly #high: Node[] = [NEVER, ALWAYS];
  readonly #nodes = new Map<string, Node>();
  readonly #chosen = new Map<string, Node>();

  /** The function that is what this variable is. */
  variable(number: number): Node {
    return this.#node(number, NEVER, ALWAYS);
  }

  not(a: Node): Node {
    return this.choose(a, NEVER, ALWAYS);
  }

  // From the last on: most lists begin with the first variables, and what is above others is put on top.
  all(nodes: readonly Node[]): Node {
    return nodes.reduceRight((result, node) => this.choose(node, result, NEVER), ALWAYS);
  }

  any(nodes: readonly Node[]): Node {
    return nodes.reduceRight((result, node) => this.choose(node, ALWAYS, result), NEVER);
  }

  /** Where `test` holds what `then` is, elsewhere what `otherwise` is. */
  choose(test: Node, then: Node, otherwise: Node): Node {
    if (test === ALWAYS || then === otherwise) return then;
    if (test === NEVER) return otherwise;
    if (then === ALWAYS && otherwise === NEVER) return test;
    const key = `${test} ${then} ${otherwise}`;
    const known = this.#chosen.get(key);
    if (known !== undefined) return known;
    const first = Math.min(this.#variable[test]!, this.#variable[then]!, this.#variable[otherwise]!);
    const [low, high] = [this.#low, this.#high].map((branch) => {
      const below = (node: Node) => (this.#variable[node] === first ? branch[node]! : node);
      return this.choose(below(test), below(then), below(otherwise));
    }) as [Node, Node];
    const node = this.#node(first, low, high);
    this.#chosen.set(key, node);
    return node;
  }

  /** What the function is for these values; a variable without one is false. */
  at(node: Node, isTrue: (variable: number) => boolean): boolean {
    let here = node;
    while (here > ALWAYS) here = (isTrue(this.#variable[here]!) ? this.#high : this.#low)[here]!;
    return here === ALWAYS;
  }

  /** The variables that are true where the function holds with the fewest of them; undefined if nowhere. */
  fewest(node: Node): ReadonlySet<number> | undefined {
    const cost = new Map<Node, number>([
      [NEVER, Number.POSITIVE_INFINITY],
      [ALWAYS, 0],
    ]);
    const costOf = (of: Node): number => {
      const known = cost.get(of) ?? Math.min(costOf(this.#low[of]!), 1 + costOf(this.#high[of]!));
      cost.set(of, known);
      return known;
    };
    if (costOf(node) === Number.POSITIVE_INFINITY) return undefined;
    const found = new Set<number>();
    for (let here = node; here > ALWAYS; ) {
      const takesHigh = 1 + costOf(this.#high[here]!) < costOf(this.#low[here]!);
      if (takesHigh) found.add(this.#variable[here]!);
      here = (takesHigh ? this.#high : this.#low)[here]!;
    }
    return found;
  }

  /** In how many of all combinations of that many variables the function holds; exact up to 2^53. */
  count(node: Node, variables: number): number {
    const level = (of: Node) => Math.min(this.#variable[of]!, variables);
    const known = new Map<Node, number>();
    // Of the variables from that of the node on.
    const below = (of: Node): number => {
      if (of <= ALWAYS) return of;
      const counted =
        known.get(of) ??
        [this.#low[of]!, this.#high[of]!].reduce(
          (sum, next) => sum + below(next) * 2 ** (level(next) - level(of) - 1),
          0,
        );
      known.set(of, counted);
      return counted;
    };
    return below(node) * 2 ** level(node);
  }

  /** Every combination of that many variables in which the function holds, as the set of those that are true. */
  *every(node: Node, variables: number): Generator<ReadonlySet<number>> {
    yield* this.#from(node, 0, variables, []);
  }

  *#from(
    node: Node,
    at: number,
    variables: number,
    chosen: readonly number[],
  ): Generator<ReadonlySet<number>> {
    if (node === NEVER) return;
    if (at === variables) {
      yield new Set(chosen);
      return;
    }
    const isHere = this.#variable[node] === at;
    yield* this.#from(isHere ? this.#low[node]! : node, at + 1, variables, chosen);
    yield* this.#from(isHere ? this.#high[node]! : node, at + 1, variables, [...chosen, at]);
  }

  #node(variable: number, low: Node, high: Node): Node {
    if (low === high) return low;
    const key = `${variable} ${low} ${high}`;
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    const node = this.#variable.push(variable) - 1;
    this.#low.push(low);
    this.#high.push(high);
    this.#nodes.set(key, node);
    return node;
  }
}
