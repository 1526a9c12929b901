import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The folder of this package, whether the code runs from the sources or from `dist/`. */
export function packageRoot(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no package.json above ${__dirname}`);
    folder = parent;
  }
  return folder;
}

/**
 * The arguments of `node` that run one of this package's own programs, named from the root without
 * its extension (`local/identity/main`). From the sources they are run by tsx, as this process is.
 */
export function nodeProgram(name: string): string[] {
  if (!__filename.endsWith('.ts')) return [join(packageRoot(), 'dist', `${name}.js`)];
  const tsx = pathToFileURL(createRequire(__filename).resolve('tsx')).href;
  return ['--import', tsx, join(packageRoot(), `${name}.ts`)];
}
