import { createHash } from 'node:crypto';
import { codedError } from '../coded-error.js';
import type { ConfigMap } from './kinds/index.js';

/** Bytes of all values of a ConfigMap (Kubernetes, "ConfigMaps"). */
const MAX_BYTES = 1024 * 1024;

interface Content {
  readonly namespace: string;
  /** What the name begins with. */
  readonly prefix: string;
  readonly data: Readonly<Record<string, string>>;
  /** All that the name follows from, with every byte of the data. */
  readonly whole: string;
  /** What is said if it is too large. */
  readonly tooLarge: {
    readonly code: string;
    readonly path: string;
    readonly message: string;
    readonly remedy: string;
  };
}

/** A regular expression for the end of such a name. */
export const CONTENT_HASH = '[0-9a-f]{10}';

/** A ConfigMap whose name follows from its bytes: others are another name, and new pods. Throws `tooLarge`. */
export function contentMap({ namespace, prefix, data, whole, tooLarge }: Content): ConfigMap {
  const bytes = Buffer.byteLength(whole);
  if (bytes > MAX_BYTES) {
    const { code, path, message, remedy } = tooLarge;
    throw codedError(code, path, message, {
      found: `${bytes} bytes`,
      expected: `at most ${MAX_BYTES}`,
      remedy,
    });
  }
  const hash = createHash('sha256').update(whole).digest('hex').slice(0, 10);
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `${prefix}-${hash}`, namespace },
    immutable: true,
    data,
  };
}
