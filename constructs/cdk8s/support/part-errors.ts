import type { Construct } from 'constructs';
import { codedErrors } from '../../../lib/coded-error.js';
import { type Diagnostic, formatDiagnostics, ZeroTrustError } from '../../../lib/diagnostic.js';
import { at, inWords } from './diagnostics.js';
import { isIn, type PartProp } from './props.js';

/** What stops the parts of a platform, told together: whoever mends one finding sees the others at once. */
export class PartErrors {
  private readonly found: ZeroTrustError[] = [];

  constructor(private readonly platform: Construct) {}

  /**
   * Makes a part. One that cannot be made is nothing to go on with: `stop` comes before anybody uses it.
   * @param prop the prop of the platform that holds its options
   */
  of<Made>(make: () => Made, prop?: PartProp): Made {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof ZeroTrustError)) throw error;
      this.found.push(prop === undefined ? error : ofProp(prop, error));
      return undefined as never;
    }
  }

  /** Throws what was found: one error as it is, several as `invalid-props`. What two parts say is said once. */
  stop(): void {
    const [first] = this.found;
    if (!first) return;
    const findings = new Map<string, Diagnostic>();
    for (const { diagnostics } of this.found) {
      for (const found of diagnostics) findings.set(formatDiagnostics([found]), found);
    }
    if (findings.size <= first.diagnostics.length) throw first;
    at(this.platform, () => {
      throw codedErrors([...findings.values()]);
    });
  }
}

/** A part knows its own options; who writes the platform's props has them in one of these. */
function ofProp(prop: PartProp, error: ZeroTrustError): ZeroTrustError {
  const diagnostics = error.diagnostics.map((found) =>
    isIn(prop, found.path.split(/[.[]/)[0]!) ? { ...found, path: `${prop}.${found.path}` } : found,
  );
  const construct = error.message.slice(0, error.message.indexOf('] ') + 2);
  return new ZeroTrustError(error.code, `${construct}${inWords(codedErrors(diagnostics))}`, diagnostics);
}
