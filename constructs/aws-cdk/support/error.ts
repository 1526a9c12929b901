import type { IConstruct } from 'constructs';
import { ZeroTrustError } from '../../../lib/diagnostic.js';

/** What is wrong with what a user gave to a construct. */
export interface ConstructProblem {
  /** Stable, in kebab case. */
  readonly code: string;
  readonly message: string;
  /** The prop at fault, such as `vpc` or `services[2].host`. */
  readonly prop?: string;
  readonly found?: string;
  readonly expected?: string;
  readonly remedy: string;
}

/** A construct cannot be made from its props; says which construct by its path in the app. */
export class ConstructError extends ZeroTrustError {
  readonly constructPath: string;

  constructor(scope: IConstruct, problem: ConstructProblem) {
    const { code, message, prop, found, expected, remedy } = problem;
    const place = prop === undefined ? scope.node.path : `${scope.node.path}, ${prop}`;
    const seen = [found && `found ${found}`, expected && `expected ${expected}`].filter(Boolean).join(', ');
    super(code, `[${place}] ${message}${seen && ` (${seen})`}. ${remedy}`);
    this.constructPath = scope.node.path;
  }
}
