import type { RefValues } from '../../../lib/plan/refs.js';
import type { Documents } from './documents.js';
import type { Subject } from './subject.js';
import type { World } from './world.js';

/** What is different in a start of Envoy, beside the mutant. */
export interface Variation {
  readonly values?: RefValues;
  readonly change?: (documents: Documents) => Documents;
}

/**
 * One concrete behaviour of a running Envoy. What it observes must be the same each time: a mutant
 * is killed by an observation that is not that of the configuration as it is generated.
 */
export interface Probe {
  readonly name: string;
  /**
   * `fast` ones look side by side, at every mutant. `slow` ones (seconds) look side by side and `alone`
   * ones at an Envoy of their own, both only at mutants that they can see.
   */
  readonly speed: 'fast' | 'slow' | 'alone';
  /** What a `slow` or `alone` one can see, by the mutant's id. */
  readonly sees?: RegExp;
  /** How the Envoy of an `alone` one is started. */
  readonly variation?: (world: World) => Variation;
  readonly observe: (subject: Subject) => Promise<unknown>;
}

/** A probe with an Envoy of its own. */
export function alone(
  name: string,
  sees: RegExp,
  observe: Probe['observe'],
  variation?: Probe['variation'],
): Probe {
  return { name, speed: 'alone', sees, observe, ...(variation && { variation }) };
}

/** A probe that takes its time. */
export function slow(name: string, sees: RegExp, observe: Probe['observe']): Probe {
  return { name, speed: 'slow', sees, observe };
}
