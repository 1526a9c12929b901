import { ZeroTrustError } from '../lib/diagnostic.js';
import { formatError } from './error.js';

/** How a difference is told, and as of when. */
export interface DifferenceOptions {
  readonly time?: number;
  readonly markdown?: boolean;
  readonly json?: boolean;
}

/** What was found between two models or plans. */
export interface Difference {
  readonly text: string;
  /** They decide alike, and that is known exactly. */
  readonly isSame: boolean;
  /** For standard error. */
  readonly notice?: string;
}

/** Exit codes for continuous integration, as diff(1) has them: an error is not taken for a difference. */
const EXIT = { same: 0, differ: 1, error: 2 } as const;

/** Print what `find` finds, and end with the code for it. A fault of ztp itself is thrown. */
export async function tellDifference(find: () => Promise<Difference>): Promise<void> {
  try {
    const { text, isSame, notice } = await find();
    process.stdout.write(text);
    if (notice !== undefined) process.stderr.write(`notice: ${notice}\n`);
    process.exitCode = isSame ? EXIT.same : EXIT.differ;
  } catch (error) {
    if (!(error instanceof ZeroTrustError)) throw error;
    process.stderr.write(`${formatError(error)}\n`);
    process.exitCode = EXIT.error;
  }
}
