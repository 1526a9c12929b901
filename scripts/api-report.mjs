// Writes the public surface of each subpath to api/<subpath>.api.md, from the built declarations.
// With --check it writes nothing and fails, with a diff, where the committed report is out of date.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CompilerState, Extractor, ExtractorConfig } from '@microsoft/api-extractor';

const root = fileURLToPath(new URL('..', import.meta.url));
const check = process.argv.includes('--check');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const subpaths = Object.entries(manifest.exports)
  .filter(([, target]) => typeof target === 'object')
  .map(([subpath, target]) => ({
    name: subpath === '.' ? 'index' : subpath.slice(2),
    entry: resolve(root, target.types),
  }));

const scratch = mkdtempSync(join(tmpdir(), 'api-report-'));
const committed = join(root, 'api');
const written = check ? join(scratch, 'api') : committed;
mkdirSync(written, { recursive: true });

const configs = subpaths.map(({ name, entry }) =>
  ExtractorConfig.prepare({
    configObjectFullPath: join(root, 'package.json'),
    packageJsonFullPath: join(root, 'package.json'),
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: entry,
      // The declarations are what is read, so the compiler needs nothing of the project's own tsconfig.
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            module: 'node16',
            moduleResolution: 'node16',
            target: 'es2023',
            types: ['node'],
          },
          files: subpaths.map((each) => each.entry),
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: written,
        reportTempFolder: join(scratch, 'temp'),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      messages: {
        extractorMessageReporting: {
          default: { logLevel: 'none' },
          // A type that users meet but cannot name is a hole in the surface: it is shown in the report.
          'ae-forgotten-export': { logLevel: 'warning', addToApiReportFile: true },
        },
        tsdocMessageReporting: { default: { logLevel: 'none' } },
      },
    },
  }),
);

const compilerState = CompilerState.create(configs[0], {
  additionalEntryPoints: configs.map((config) => config.mainEntryPointFilePath),
});

let stale = 0;
try {
  for (const [index, { name }] of subpaths.entries()) {
    Extractor.invoke(configs[index], {
      compilerState,
      localBuild: true,
      messageCallback: (message) => {
        // What the report says anyway (a copied file, an analysis summary) is noise here.
        message.handled = message.logLevel !== 'error';
      },
    });
    if (check && differs(join(committed, `${name}.api.md`), join(written, `${name}.api.md`))) stale += 1;
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

if (stale > 0) {
  console.error(
    `\n${stale} API report(s) out of date. If the change is meant: npm run api, and commit api/.`,
  );
  process.exit(1);
}

function differs(old, current) {
  const base = existsSync(old) ? old : '/dev/null';
  const diff = spawnSync('git', ['--no-pager', 'diff', '--no-index', '--', base, current], {
    stdio: 'inherit',
  });
  return diff.status !== 0;
}
