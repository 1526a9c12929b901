import fc from 'fast-check';
import { faultOfLine } from '../support/decision-log.js';
import type { Case } from './case.js';
import { type Difference, difference } from './difference.js';
import { Draw } from './draw.js';
import type { Ground } from './ground.js';
import { drawPolicy } from './policies.js';
import { drawRequest } from './requests.js';
import { shrink } from './shrink.js';
import type { Statistics } from './statistics.js';
import { repaired } from './validity.js';

/** Of a hundred requests, how many are asked of the gateway behind an edge. */
const BEHIND_EDGE = 15;

export interface Exploration {
  readonly seed: number;
  /** Random policies. */
  readonly models: number;
  /** Random requests for each. */
  readonly requests: number;
  /** fast-check's path to one policy of that seed. @default all are tried */
  readonly path?: string;
}

/** A case on which a point and `decide` differ. */
export interface Disagreement {
  readonly found: Case;
  readonly difference: Difference;
}

/**
 * Try random requests under random policies, and note what they met. Throws at the first disagreement,
 * with the smallest case of it and how to try it again.
 */
export async function explore(
  ground: Ground,
  { seed, models, requests, path }: Exploration,
  statistics: Statistics,
): Promise<void> {
  let first: Disagreement | undefined;
  const property = fc.asyncProperty(fc.noBias(fc.gen()), async (value) => {
    const draw = new Draw(value);
    const { policy, plan } = repaired(drawPolicy(draw), ground.instant());
    const specs = draw.list(requests, () =>
      drawRequest(draw, plan, policy.revocations, draw.chance(BEHIND_EDGE) ? 'behindEdge' : undefined),
    );
    const applied = await ground.apply(policy);
    if (!applied) throw new Error(`a policy that was valid is not: ${JSON.stringify(policy)}`);
    const tried = await Promise.all(
      specs.map(async (request) => ({ request, result: await ground.try(applied, request) })),
    );
    for (const point of Object.values(ground.points)) {
      const fault = point
        .takeLines()
        .map(faultOfLine)
        .find((found) => found !== undefined);
      if (fault !== undefined) throw new Error(`the decision log of ${point.key}: ${fault}`);
    }
    for (const { request, result } of tried) {
      statistics.add(applied, result, request.http);
      const found = difference(result);
      if (found !== undefined) first ??= { found: { policy, request }, difference: found };
    }
    return first === undefined;
  });
  // The cases are cut down by `shrink`, which knows what a smaller case is.
  const details = await fc.check(property, {
    seed,
    numRuns: path === undefined ? models : 1,
    endOnFailure: true,
    ...(path !== undefined && { path }),
  });
  if (first) throw new Error(await report(ground, first, seed, details.counterexamplePath ?? '', statistics));
  if (details.failed) throw new Error('the exploration failed', { cause: details.errorInstance });
}

/** In what a point and `decide` differ about one case; undefined if in nothing, or if its model is not valid. */
export async function differenceOf(
  ground: Ground,
  { policy, request }: Case,
): Promise<Difference | undefined> {
  const applied = await ground.apply(policy);
  return applied && difference(await ground.try(applied, request));
}

async function report(
  ground: Ground,
  { found, difference: said }: Disagreement,
  seed: number,
  path: string,
  { pairs }: Statistics,
): Promise<string> {
  const smallest = await shrink(found, async (smaller) => {
    try {
      return (await differenceOf(ground, smaller))?.in === said.in;
    } catch {
      return false;
    }
  });
  const now = await differenceOf(ground, smallest);
  return [
    `a point and decide differ, after ${pairs} pairs (EQUALITY_SEED=${seed} EQUALITY_PATH=${path})`,
    `found:    ${said.text}`,
    `smallest: ${now?.text ?? 'it does not differ when it is tried alone'}`,
    'For test/engines/equality/regressions.json:',
    JSON.stringify(smallest),
  ].join('\n');
}
