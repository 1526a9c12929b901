import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ledgerOf } from '../../test/support/aws/ledger.js';
import { templatesOf } from '../../test/support/aws/template.js';
import type { Outcome } from '../prove.js';

const root = join(__dirname, '..', '..');
/** What the CDK's users bring. */
const PEERS = ['aws-cdk-lib', 'constructs'] as const;
/** What the example consists of, besides the packed package. */
const SOURCES = ['examples/aws-cdk/shop-stack.ts', 'examples/shop/model.ts'];

export type Ends = 'lower end' | 'newest';

interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

interface Measured {
  readonly versions: string;
  /** Milliseconds of CPU, of each run after the first. */
  readonly cpu: readonly number[];
}

/**
 * The shop is synthesized from the packed package with both ends of the peer range, as npm installs them: with the logical
 * IDs of the committed ledger, and with declarations that compile.
 */
export function provePeers(): Promise<Outcome> {
  const scratch = mkdtempSync(join(tmpdir(), 'ztp-peers-'));
  try {
    const tarball = packed(scratch);
    const measured = (['lower end', 'newest'] as const).map((end) => {
      const { versions, cpu } = synthesized(join(scratch, end.replace(' ', '-')), tarball, end);
      const sorted = cpu.toSorted((one, other) => one - other);
      return `${end} ${versions}: ${sorted[Math.floor(sorted.length / 2)]} ms of CPU (${sorted[0]}–${sorted.at(-1)})`;
    });
    return Promise.resolve({ holds: true, summary: measured.join('; ') });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

export function packed(folder: string): string {
  run(root, 'npm', 'run', '--silent', 'build');
  const printed = run(root, 'npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', folder);
  const [{ filename }] = JSON.parse(printed) as [{ filename: string }];
  return join(folder, filename);
}

function synthesized(folder: string, tarball: string, end: Ends): Measured {
  const { peerDependencies, devDependencies } = manifestOf(root);
  const peers = PEERS.map((name) => `${name}@${versionAt(end, peerDependencies[name]!)}`);
  const tools = ['tsx', 'typescript', '@types/node'].map((name) => `${name}@${devDependencies[name]}`);
  for (const file of SOURCES) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(root, file), join(folder, file));
  }
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  writeFileSync(join(folder, 'measure.ts'), PROGRAM);
  run(folder, 'npm', 'install', '--no-audit', '--no-fund', '--loglevel=error', tarball, ...peers, ...tools);
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--types', 'node', '--skipLibCheck'];
  run(folder, 'npx', '--no-install', 'tsc', ...options, SOURCES[0]!);
  const cpu = JSON.parse(run(folder, process.execPath, '--import', 'tsx', 'measure.ts')) as number[];
  checkLedger(join(folder, 'assembly'), end);
  const versions = PEERS.map((name) => `${name} ${manifestOf(join(folder, 'node_modules', name)).version}`);
  return { versions: versions.join(', '), cpu };
}

/** `^2.269.0` begins with 2.269.0; npm chooses the newest that it allows. */
export function versionAt(end: Ends, range: string): string {
  return end === 'newest' ? range : range.replace(/^\^/, '');
}

function checkLedger(assembly: string, end: Ends): void {
  const found = ledgerOf(templatesOf(assembly));
  const wanted = readFileSync(join(root, 'test/golden/aws/shop-logical-ids.txt'), 'utf8')
    .trimEnd()
    .split('\n');
  const differing = [...new Set([...found, ...wanted])].filter(
    (line) => !found.includes(line) || !wanted.includes(line),
  );
  if (differing.length > 0) throw new Error(`logical IDs differ at the ${end}:\n${differing.join('\n')}`);
}

export function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

export function run(directory: string, command: string, ...args: string[]): string {
  return execFileSync(command, args, {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, CDK_VALIDATION: 'false' },
  });
}

/** Synthesizes six times in one process; the first warms it up. */
const PROGRAM = `
import { App } from 'aws-cdk-lib';
import { ShopStack } from './examples/aws-cdk/shop-stack.js';

const env = { account: '000000000000', region: 'eu-central-1' };
const zones = ['a', 'b', 'c'].map((zone) => env.region + zone);
const context = { ['availability-zones:account=' + env.account + ':region=' + env.region]: zones };
const cpu: number[] = [];
for (let count = 0; count < 6; count += 1) {
  const before = process.cpuUsage();
  const app = new App({ outdir: 'assembly', context });
  new ShopStack(app, 'Shop', { env });
  app.synth();
  const { user, system } = process.cpuUsage(before);
  cpu.push(Math.round((user + system) / 1000));
}
console.log(JSON.stringify(cpu.slice(1)));
`;
