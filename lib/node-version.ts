import { type Diagnostic, formatDiagnostic, ZeroTrustError } from './diagnostic.js';

/** As `engines` of the package says: from here on models in TypeScript load without flags, and everything that is used is there. */
const NODE = { major: 22, minor: 18 } as const;

/** Throws `node-unsupported` for a Node that is too old. */
export function checkNode(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > NODE.major || (major === NODE.major && minor >= NODE.minor)) return;
  const found: Diagnostic = {
    code: 'node-unsupported',
    severity: 'error',
    path: '',
    message: 'this Node is too old for zero-trust-platform',
    found: version,
    expected: `${NODE.major}.${NODE.minor} or newer`,
    remedy: 'run it with a newer Node',
  };
  // Whoever only imports the package sees no more than the message.
  throw new ZeroTrustError(found.code, formatDiagnostic(found), [found]);
}
