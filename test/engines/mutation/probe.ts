import type { RefValues } from '../../../lib/plan/refs.js';
import type { Change, Refusal, Subject } from './subject.js';
import type { World } from './world.js';

/** A mutated Envoy, and how to start the same again. */
export interface Trial {
  readonly subject: Subject;
  readonly world: World;
  /** Another start with the same mutant, of which something more is different: its values, or what `change` does. */
  again(variation: { values?: RefValues; change?: Change }): Promise<Subject | Refusal>;
}

/**
 * One concrete behaviour of a running Envoy. What it observes must be the same each time: a mutant
 * is killed by an observation that is not that of the configuration as it is generated.
 */
export interface Probe {
  readonly name: string;
  /**
   * `fast` ones run side by side, on every mutant. `alone` ones run one after another, and `slow` ones
   * (seconds) side by side, both only on mutants that they can see.
   */
  readonly speed: 'fast' | 'alone' | 'slow';
  /** What an `alone` or `slow` one can see, by the mutant's id. */
  readonly sees?: RegExp;
  observe(trial: Trial): Promise<unknown>;
}

/** The probes of one kind of point. */
export type Suite = (world: World) => readonly Probe[];
