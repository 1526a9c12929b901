import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { withLock } from '../../../local/lock.js';
import { runFolder } from '../run-folder.js';

const root = join(__dirname, '..', '..', '..');

/** Stands in a bundle for the origin, which is another at each start of a local AWS. */
const ANYWHERE = 'http://origin.invalid';

/** Bundles with the constant that says whom they believe; every other asks where the SDK is told to. */
const BELIEVING = [
  'lambda/registration',
  'lambda/root',
  'gateway/configurations',
  'gateway/client-certificates',
  'gateway/revocations',
  'gateway/session-secret',
];

/**
 * Put bundles that believe a local AWS in the place of those that were shipped, which answer and ask only AWS
 * itself. Nothing but that one constant differs, and the address at which authorizers ask what is revoked. Gives
 * how many functions were changed.
 */
export async function believeLocalAws(assembly: string, origin: string): Promise<number> {
  const shipped = new Map(
    BELIEVING.map(
      (folder) => [readFileSync(join(root, 'dist', folder, 'index.js'), 'utf8'), folder] as const,
    ),
  );
  let changed = 0;
  for (const asset of readdirSync(assembly).filter((name) => name.startsWith('asset.'))) {
    askLocally(join(assembly, asset, 'policy.json'), origin);
    const file = join(assembly, asset, 'index.js');
    const folder = existsSync(file) ? shipped.get(readFileSync(file, 'utf8')) : undefined;
    if (folder === undefined) continue;
    writeFileSync(file, await bundled(folder, origin));
    changed += 1;
  }
  return changed;
}

/** An authorizer asks the store of its data, at an address that the data may name. */
function askLocally(file: string, endpoint: string): void {
  if (!existsSync(file)) return;
  const data = JSON.parse(readFileSync(file, 'utf8')) as { revocation: { store: { kind: string } } };
  const { store } = data.revocation;
  if (store.kind !== 's3') return;
  writeFileSync(
    file,
    JSON.stringify({ ...data, revocation: { ...data.revocation, store: { ...store, endpoint } } }),
  );
}

/** The bundle of a folder that asks there instead of AWS. */
export async function bundled(folder: string, origin: string): Promise<string> {
  const text = readFileSync(join(await believing(), folder, 'index.js'), 'utf8');
  if (!text.includes(ANYWHERE)) throw new Error(`the bundle of ${folder} does not ask its origin`);
  return text.replaceAll(ANYWHERE, origin);
}

/** All of them, made once in a run of the tests, in its own temporary folder. */
async function believing(): Promise<string> {
  const made = join(runFolder(), 'believing');
  if (existsSync(made)) return made;
  return withLock(`${made}.lock`, async () => {
    if (existsSync(made)) return made;
    const partial = `${made}.partial`;
    await build({
      entryPoints: [...BELIEVING, 'gateway/agent'].map((folder) => ({
        in: join(root, folder, 'index.ts'),
        out: join(folder, 'index'),
      })),
      outdir: partial,
      bundle: true,
      platform: 'node',
      target: 'node24',
      format: 'cjs',
      plugins: [
        {
          name: 'origin',
          setup: (bundle) => {
            bundle.onLoad({ filter: /registration[/\\]origin\.ts$/ }, () => ({
              contents: `export const ORIGIN = ${JSON.stringify(ANYWHERE)};`,
              loader: 'ts',
            }));
          },
        },
      ],
    });
    // The folder appears by one rename, so it is whole or not there.
    await rename(partial, made);
    return made;
  });
}
