import type { Construct } from 'constructs';
import { type Diagnostic, formatDiagnostics, ZeroTrustError } from '../../../lib/diagnostic.js';
import { at } from './diagnostics.js';
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
      for (const finding of diagnostics) findings.set(formatDiagnostics([finding]), finding);
    }
    if (findings.size <= first.diagnostics.length) throw first;
    const all = [...findings.values()];
    at(this.platform, () => {
      throw new ZeroTrustError(
        'invalid-props',
        `the props have ${all.length} errors:\n${formatDiagnostics(all)}`,
        all,
      );
    });
  }
}

/** A part knows its own options; who writes the platform's props has them in one of these. */
function ofProp(prop: PartProp, error: ZeroTrustError): ZeroTrustError {
  const isOwn = ({ path }: Diagnostic) => isIn(prop, path.split('.')[0]!);
  const diagnostics = error.diagnostics.map((finding) =>
    isOwn(finding) ? { ...finding, path: `${prop}.${finding.path}` } : finding,
  );
  const [only] = error.diagnostics;
  const message =
    only && isOwn(only) ? error.message.replace(`] ${only.path}`, `] ${prop}.${only.path}`) : error.message;
  return new ZeroTrustError(error.code, message, diagnostics);
}
