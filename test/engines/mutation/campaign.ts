import type { Plan } from '../../../lib/plan/plan.js';
import type { EnvoyBinary } from '../../../local/envoy-binary.js';
import type { Mutant } from './mutants.js';
import { type Baseline, baselineOf, judge, UNCHANGED, type Verdict } from './trial.js';
import type { Probe } from './probe.js';
import { suiteOf } from './suite.js';
import { World } from './world.js';

export interface CampaignOptions {
  readonly plan: Plan;
  readonly binary: EnvoyBinary;
  /** Mutants at once. */
  readonly lanes: number;
  /** Told of each. */
  readonly onVerdict: (mutant: Mutant, verdict: Verdict) => void;
  readonly signal?: AbortSignal;
  /** Which probes are used. @default all */
  readonly speeds?: readonly Probe['speed'][];
}

/** Judge the mutants, those of one point after those of another. Throws if a probe is not steady. */
export async function judgeAll(mutants: readonly Mutant[], options: CampaignOptions): Promise<void> {
  let waiting = mutants.map((mutant) => ({ mutant, points: [...mutant.points] }));
  while (waiting.length > 0 && !options.signal?.aborted) {
    const survived: typeof waiting = [];
    for (const [point, own] of Map.groupBy(waiting, ({ points }) => points[0]!)) {
      const pointsOf = new Map(own.map(({ mutant, points }) => [mutant, points.slice(1)]));
      await judgePoint(point, [...pointsOf.keys()], {
        ...options,
        onVerdict: (mutant, verdict) => {
          const points = pointsOf.get(mutant)!;
          if (verdict.killed || points.length === 0) options.onVerdict(mutant, verdict);
          else survived.push({ mutant, points });
        },
      });
    }
    waiting = survived;
  }
}

async function judgePoint(
  point: string,
  mutants: readonly Mutant[],
  options: CampaignOptions,
): Promise<void> {
  const { plan, binary, lanes, onVerdict, signal } = options;
  if (signal?.aborted) return;
  const open = () => World.create(plan, point, binary);
  const isWanted = ({ speed }: Probe) => options.speeds?.includes(speed) ?? true;
  const probesOf = async (world: World) => neededBy(await suiteOf(world), mutants).filter(isWanted);
  const worlds = await Promise.all(Array.from({ length: Math.min(lanes, mutants.length) }, open));
  try {
    const suites = await Promise.all(worlds.map(probesOf));
    const baseline = await baselineOf(worlds, suites);
    const waiting = [...mutants];
    let unsound = 0;
    await Promise.all(
      worlds.map(async (_, lane) => {
        let probes = suites[lane]!;
        while (waiting.length > 0 && !signal?.aborted) {
          const world = worlds[lane]!;
          const together = waiting.splice(0, TOGETHER);
          const verdicts: [Mutant, Verdict][] = [];
          for (const mutant of together) {
            if (signal?.aborted) break;
            verdicts.push([mutant, await judge(world, mutant, probes, baseline)]);
          }
          const difference = await differenceWithoutMutation(world, probes, baseline);
          if (difference === undefined) {
            for (const [mutant, verdict] of verdicts) onVerdict(mutant, verdict);
            continue;
          }
          unsound += 1;
          if (unsound > UNSOUND) throw new Error(`${point} is not as it was, unmutated: ${difference}`);
          waiting.push(...together);
          await world.close();
          worlds[lane] = await open();
          probes = await probesOf(worlds[lane]!);
        }
      }),
    );
  } finally {
    await Promise.all(worlds.map((world) => world.close()));
  }
}

/** Verdicts that count together: if what is not mutated lives after them. */
const TOGETHER = 10;
/** Times that verdicts may be thrown away, with the surroundings in which they were found. */
const UNSOUND = 10;

/** Surroundings that have gone bad, or a machine that is too busy, would kill every mutant. */
async function differenceWithoutMutation(
  world: World,
  probes: readonly Probe[],
  baseline: Baseline,
): Promise<string | undefined> {
  const fast = probes.filter(({ speed }) => speed === 'fast');
  const verdict = await judge(world, UNCHANGED, fast, baseline);
  return verdict.killed ? verdict.how : undefined;
}

/** The probes that can see one of the mutants. */
function neededBy(probes: readonly Probe[], mutants: readonly Mutant[]): Probe[] {
  return probes.filter(({ sees }) => sees === undefined || mutants.some(({ id }) => sees.test(id)));
}
