import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ZeroTrustError } from '../lib/diagnostic.js';
import { SUPPORTED_ENVOY } from '../lib/envoy/index.js';

/** The release that is installed where none is found. */
export const PINNED_ENVOY = '1.40.0';
/** For people. */
export const SUPPORTED_RANGE = `${SUPPORTED_ENVOY.minimum} or later, below ${SUPPORTED_ENVOY.below}`;

/** Milliseconds for a program to say its version. */
const PATIENCE = 30_000;

/** Ask an Envoy for its version: `envoy  version: <commit>/1.40.0/Clean/RELEASE/BoringSSL`. */
export async function envoyVersion(command: string): Promise<string> {
  const { stdout } = await promisify(execFile)(command, ['--version'], { timeout: PATIENCE });
  const version = /version: [0-9a-f]*\/([0-9]+\.[0-9]+\.[0-9]+)/.exec(stdout)?.[1];
  if (version === undefined) {
    throw new ZeroTrustError(
      'not-envoy',
      `${command} --version printed ${JSON.stringify(stdout.slice(0, 200))}`,
    );
  }
  return version;
}

/**
 * Older than supported: what it enforces is unknown, and some of the configuration does not exist
 * there. Newer: a configuration loads or is refused as a whole, but names such as `code_details` may
 * have changed, so it runs with a warning.
 */
export function judgeVersion(version: string): 'supported' | 'newer' | 'older' {
  if (compare(version, SUPPORTED_ENVOY.minimum) < 0) return 'older';
  return compare(version, SUPPORTED_ENVOY.below) < 0 ? 'supported' : 'newer';
}

function compare(left: string, right: string): number {
  const [a, b] = [left, right].map((version) => version.split('.').map(Number));
  const place = [0, 1, 2].find((index) => a?.[index] !== b?.[index]);
  return place === undefined ? 0 : (a?.[place] ?? 0) - (b?.[place] ?? 0);
}
