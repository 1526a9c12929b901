import { createHash } from 'node:crypto';
import type { Plan } from '../../../lib/plan/plan.js';
import type { EnvoyBinary } from '../../../local/envoy-binary.js';
import type { Mutant } from './mutants.js';
import { baselineOf, judge, type Verdict } from './trial.js';
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
}

/** Judge the mutants, those of one point after those of another. Throws if a probe is not steady. */
export async function judgeAll(mutants: readonly Mutant[], options: CampaignOptions): Promise<void> {
  for (const [point, own] of Map.groupBy(mutants, (mutant) => mutant.point)) {
    if (options.signal?.aborted) return;
    await judgePoint(point, own, options);
  }
}

async function judgePoint(
  point: string,
  mutants: readonly Mutant[],
  options: CampaignOptions,
): Promise<void> {
  const { plan, binary, lanes, onVerdict, signal } = options;
  const worlds = await Promise.all(
    Array.from({ length: Math.min(lanes, mutants.length) }, () => World.create(plan, point, binary)),
  );
  try {
    const lane = await Promise.all(
      worlds.map(async (world) => {
        const probes = neededBy(await suiteOf(world), mutants);
        return { world, probes, baseline: await baselineOf(world, probes) };
      }),
    );
    const waiting = [...mutants];
    await Promise.all(
      lane.map(async ({ world, probes, baseline }) => {
        for (let mutant = waiting.shift(); mutant && !signal?.aborted; mutant = waiting.shift()) {
          onVerdict(mutant, await judge(world, mutant, probes, baseline));
        }
      }),
    );
  } finally {
    await Promise.all(worlds.map((world) => world.close()));
  }
}

/** The probes that can see one of the mutants. */
function neededBy(probes: readonly Probe[], mutants: readonly Mutant[]): Probe[] {
  return probes.filter(({ sees }) => sees === undefined || mutants.some(({ id }) => sees.test(id)));
}

/** What the verdicts depend on: every byte of the configuration, and the probes. */
export function digestOf(
  mutants: readonly Mutant[],
  configuration: unknown,
  sources: readonly string[],
): string {
  const hash = createHash('sha256');
  for (const { id } of mutants) hash.update(`${id}\n`);
  hash.update(JSON.stringify(configuration));
  for (const source of sources) hash.update(source);
  return hash.digest('hex');
}
