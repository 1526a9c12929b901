import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(__dirname, '..', '..', '..');

/** Bundles with the constant that says whom they believe; every other asks where the SDK is told to. */
const BELIEVING = [
  'lambda/registration',
  'lambda/root',
  'gateway/configurations',
  'gateway/client-certificates',
];

/**
 * Put bundles that believe a local AWS in the place of those that were shipped, which answer and ask only AWS
 * itself. Nothing but that one constant differs. Gives how many functions were changed.
 */
export async function believeLocalAws(assembly: string, origin: string): Promise<number> {
  const shipped = new Map(
    BELIEVING.map(
      (folder) => [readFileSync(join(root, 'dist', folder, 'index.js'), 'utf8'), folder] as const,
    ),
  );
  let changed = 0;
  for (const asset of readdirSync(assembly).filter((name) => name.startsWith('asset.'))) {
    const file = join(assembly, asset, 'index.js');
    const folder = existsSync(file) ? shipped.get(readFileSync(file, 'utf8')) : undefined;
    if (folder === undefined) continue;
    writeFileSync(file, await bundled(folder, origin));
    changed += 1;
  }
  return changed;
}

async function bundled(folder: string, origin: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [join(root, folder, 'index.ts')],
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    write: false,
    plugins: [
      {
        name: 'origin',
        setup: (bundle) => {
          bundle.onLoad({ filter: /registration[/\\]origin\.ts$/ }, () => ({
            contents: `export const ORIGIN = ${JSON.stringify(origin)};`,
            loader: 'ts',
          }));
        },
      },
    ],
  });
  return outputFiles[0]!.contents;
}
