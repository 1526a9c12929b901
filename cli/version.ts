import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The version of this package, from the package.json above the sources or above `dist/`. */
export function version(): string {
  for (const folder of [dirname(__dirname), dirname(dirname(__dirname))]) {
    try {
      const { version: found } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
        version: string;
      };
      return found;
    } catch {
      // Not in this folder.
    }
  }
  return 'unknown';
}
