import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const folder = join(__dirname, 'golden');

/**
 * Compares `text` with the committed file `test/golden/<name>`, byte for byte.
 *
 * `UPDATE_GOLDEN=1` writes the file instead, except in CI. A file that does not exist is a failure: a
 * test that writes what it then compares with could not fail.
 */
export function expectGolden(name: string, text: string): void {
  const file = join(folder, name);
  if (process.env.UPDATE_GOLDEN === '1' && process.env.CI === undefined) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return;
  }
  if (!existsSync(file)) {
    throw new Error(`test/golden/${name} does not exist; write it with: UPDATE_GOLDEN=1 npm test`);
  }
  expect(text).toBe(readFileSync(file, 'utf8'));
}
