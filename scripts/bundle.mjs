// Bundles what runs outside of this package: one file for each function of lambda/ and for the agent of
// gateway/, at dist/<where>/index.js. They are published as they are, so that a user needs neither
// esbuild nor Docker, and deploys exactly what was tested.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Folders with an `index.ts` whose bundle stands alone. */
export function bundledFolders() {
  return ['lambda', 'gateway']
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && existsSync(join(root, folder, entry.name, 'index.ts')))
        .map(({ name }) => join(folder, name)),
    )
    .sort();
}

/** Bundle them into dist/; nothing of it is read from elsewhere at run time but Node itself. */
export async function bundle() {
  const folders = bundledFolders();
  const started = Date.now();
  const { metafile } = await build({
    // One call, so that what several bundles hold is read once.
    entryPoints: folders.map((folder) => ({
      in: join(root, folder, 'index.ts'),
      out: join(folder, 'index'),
    })),
    outdir: join(root, 'dist'),
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    minify: true,
    keepNames: false,
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
    absWorkingDir: root,
  });
  const files = Object.keys(metafile.inputs).concat(Object.keys(metafile.outputs));
  // What the packages hold follows from the lockfile.
  const own = new Set(files.filter((file) => !file.startsWith('node_modules/')));
  mkdirSync(dirname(join(root, RECORD)), { recursive: true });
  writeFileSync(join(root, RECORD), JSON.stringify({ started, files: [...own, ...MADE_BY] }));
  return folders;
}

/** Bundle unless every bundle is there and was made from what its sources are now. */
export async function bundleIfChanged() {
  if (!isUpToDate()) await bundle();
}

/** Of the last bundling: when it began, and each file that it read or wrote. */
const RECORD = 'node_modules/.cache/zero-trust-platform/bundles.json';
const MADE_BY = ['package-lock.json', 'scripts/bundle.mjs'];

function isUpToDate() {
  try {
    const { started, files } = JSON.parse(readFileSync(join(root, RECORD), 'utf8'));
    const made = bundledFolders().every((folder) => files.includes(`dist/${folder}/index.js`));
    const changed = (file) => !file.startsWith('dist/') && statSync(join(root, file)).mtimeMs >= started;
    return made && files.every((file) => existsSync(join(root, file))) && !files.some(changed);
  } catch {
    // No record, or one of something else.
    return false;
  }
}

/** The schema of a model as JSON or YAML, for editors; no source imports it, so no compiler copies it. */
function copySchema() {
  const schema = 'lib/model/schema.json';
  mkdirSync(dirname(join(root, 'dist', schema)), { recursive: true });
  copyFileSync(join(root, schema), join(root, 'dist', schema));
}

if (process.argv[1] && relative(process.argv[1], fileURLToPath(import.meta.url)) === '') {
  copySchema();
  await bundle();
}
