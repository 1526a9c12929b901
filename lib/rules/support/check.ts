import type { Diagnostic, Severity } from '../../diagnostic.js';
import { type ElementPath, elementPath } from '../../model/element-path.js';
import type { CheckContext } from './context.js';

/** What a check found; the runner adds the check's id as its code, and its severity. */
export type Finding = Omit<Diagnostic, 'code' | 'severity'>;

/** One law about a whole model, run on a model whose shape and names are right. */
export interface Check {
  /** Also the name of the check's file, and the code of its diagnostics. Stable. */
  readonly id: string;
  readonly severity: Severity;
  /** Whether a named opt-out with a reason and a date may silence it. */
  readonly optOut: boolean;
  run(context: CheckContext): Finding[];
}

/** A finding at an element. */
export function finding(path: ElementPath, message: string, detail: Partial<Finding> = {}): Finding {
  return { path: elementPath(path), message, ...detail };
}
