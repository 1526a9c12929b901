/** How many ways conditions and parameters may turn out before a check says that it cannot tell. */
const MOST = 512;

interface Choice {
  readonly variable: string;
  readonly options: readonly unknown[];
  at: number;
}

/**
 * One way in which the conditions and parameters of a deployment may turn out. A variable is chosen when it is first
 * asked for and stays so, so that two properties under one condition are judged together.
 */
export class World {
  private asked = 0;
  private readonly chosen: Map<string, unknown>;
  /** Choices made so far; what was computed between two equal counts hangs on none. */
  choices = 0;

  constructor(
    private readonly path: Choice[],
    given?: World,
  ) {
    this.chosen = new Map(given?.chosen);
  }

  choose<T>(variable: string, options: readonly T[]): T {
    this.choices += 1;
    if (this.chosen.has(variable)) return this.chosen.get(variable) as T;
    const known = this.path[this.asked];
    const choice = known ?? { variable, options, at: 0 };
    if (!known) this.path.push(choice);
    this.asked += 1;
    const value = choice.options[choice.at] as T;
    this.chosen.set(variable, value);
    return value;
  }
}

/**
 * Run once in every world that the run can tell apart; what a given one has chosen stays. False if there are more than
 * can be looked at.
 */
export function everyWorld(run: (world: World) => void, given?: World): boolean {
  const path: Choice[] = [];
  for (let count = 0; count < MOST; count += 1) {
    run(new World(path, given));
    for (let last = path.at(-1); last !== undefined; last = path.at(-1)) {
      if (last.at + 1 < last.options.length) {
        last.at += 1;
        break;
      }
      path.pop();
    }
    if (path.length === 0) return true;
  }
  return false;
}
