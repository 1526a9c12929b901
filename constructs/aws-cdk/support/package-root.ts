import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of this package, wherever in it this file was compiled to. */
function packageRoot(from = __dirname): string {
  return existsSync(join(from, 'package.json')) ? from : packageRoot(dirname(from));
}

/** The folder of a bundle that `scripts/bundle.mjs` makes, such as `lambda/authorizer`. */
export function bundlePath(folder: string): string {
  return join(packageRoot(), 'dist', folder);
}
