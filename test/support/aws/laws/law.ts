import type { Template } from '../template.js';

/** What must hold of every template, as a reviewer would state it. */
export interface Law {
  readonly name: string;
  /** One line for each place where it does not hold. */
  readonly broken: (templates: readonly Template[]) => string[];
}
