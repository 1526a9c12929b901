import type { Construct } from 'constructs';
import { type Diagnostic, formatDiagnostics, ZeroTrustError } from '../../../lib/diagnostic.js';
import { at } from './diagnostics.js';

/** Props of the platform that hold the options of one part, and the options that are that part's alone. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  guard: ['deployers', 'proxyImage', 'images', 'openKinds', 'revokers'],
  network: ['certificateAuthority', 'controlPlane', 'dns', 'egressGateway', 'monitoring', 'nodeNetworks'],
  certificates: ['driverIssuer', 'gatewayIssuer', 'issuer', 'roots'],
};

/** What stops the parts of a platform, told together: whoever mends one finding sees the others at once. */
export class PartErrors {
  private readonly found: ZeroTrustError[] = [];

  constructor(private readonly platform: Construct) {}

  /**
   * Makes a part. One that cannot be made is nothing to go on with: `stop` comes before anybody uses it.
   * @param prop the prop of the platform that holds its options
   */
  of<Made>(make: () => Made, prop?: keyof typeof OPTIONS): Made {
    try {
      return make();
    } catch (error) {
      // What comes after a finding may be no more than what follows from it.
      if (!(error instanceof ZeroTrustError) && this.found.length > 0) return undefined as never;
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
function ofProp(prop: string, error: ZeroTrustError): ZeroTrustError {
  const isOwn = ({ path }: Diagnostic) => OPTIONS[prop]!.includes(path.split('.')[0]!);
  const diagnostics = error.diagnostics.map((finding) =>
    isOwn(finding) ? { ...finding, path: `${prop}.${finding.path}` } : finding,
  );
  const [only] = error.diagnostics;
  const message =
    only && isOwn(only) ? error.message.replace(`] ${only.path}`, `] ${prop}.${only.path}`) : error.message;
  return new ZeroTrustError(error.code, message, diagnostics);
}
