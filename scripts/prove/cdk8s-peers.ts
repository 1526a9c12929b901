import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Outcome } from '../prove.js';
import { type Ends, manifestOf, packed, run, versionAt } from './peers.js';

const root = join(__dirname, '..', '..');
/** What cdk8s' users bring. */
const PEERS = ['cdk8s', 'constructs'] as const;
const SOURCES = ['examples/cdk8s/shop-platform.ts', 'examples/shop/egress.ts', 'examples/shop/model.ts'];
const GOLDEN = join(root, 'test', 'golden', 'kubernetes');

/**
 * The shop's manifests are synthesized from the packed package with both ends of the range of cdk8s, as npm installs them: to
 * the committed manifests, and with declarations that compile.
 */
export function proveCdk8sPeers(): Promise<Outcome> {
  const scratch = mkdtempSync(join(tmpdir(), 'ztp-cdk8s-'));
  try {
    const tarball = packed(scratch);
    const versions = (['lower end', 'newest'] as const).map((end) => {
      const folder = join(scratch, end.replace(' ', '-'));
      const found = synthesized(folder, tarball, end);
      const differing = Object.entries(found).flatMap(([name, text]) =>
        text === readFileSync(join(GOLDEN, name), 'utf8') ? [] : [name],
      );
      if (differing.length > 0) throw new Error(`manifests differ at the ${end}: ${differing.join(', ')}`);
      const peers = PEERS.map((name) => `${name} ${manifestOf(join(folder, 'node_modules', name)).version}`);
      return `${end} ${peers.join(', ')}: ${Object.keys(found).length} files`;
    });
    return Promise.resolve({ holds: true, summary: versions.join('; ') });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The text of each file of manifests, by its name. */
function synthesized(folder: string, tarball: string, end: Ends): Readonly<Record<string, string>> {
  const { peerDependencies, devDependencies } = manifestOf(root);
  const peers = PEERS.map((name) => `${name}@${versionAt(end, peerDependencies[name]!)}`);
  const tools = ['tsx', 'typescript', 'yaml', '@types/node'].map(
    (name) => `${name}@${devDependencies[name] ?? manifestOf(root).dependencies[name]}`,
  );
  for (const file of SOURCES) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(root, file), join(folder, file));
  }
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  writeFileSync(join(folder, 'synthesize.ts'), PROGRAM);
  run(folder, 'npm', 'install', '--no-audit', '--no-fund', '--loglevel=error', tarball, ...peers, ...tools);
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--types', 'node', '--skipLibCheck'];
  run(folder, 'npx', '--no-install', 'tsc', ...options, SOURCES[0]!);
  const printed = run(folder, process.execPath, '--no-warnings', '--import', 'tsx', 'synthesize.ts');
  return JSON.parse(printed) as Record<string, string>;
}

/** As the golden files are written. */
const PROGRAM = `
import { App, Testing } from 'cdk8s';
import { stringify } from 'yaml';
import { shopPlatform } from './examples/cdk8s/shop-platform.js';

const files = shopPlatform(new App()).charts.map((chart) => [
  chart.node.id + '.yaml',
  Testing.synth(chart).map((object) => stringify(object, { lineWidth: 0 })).join('---\\n'),
]);
console.log(JSON.stringify(Object.fromEntries(files)));
`;
