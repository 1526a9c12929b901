import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { table } from '../../../cli/text.js';

interface Resource {
  readonly Type: string;
  readonly Metadata?: { readonly 'aws:cdk:path'?: string };
}

/** Kinds of resources that a part is told with. */
const MANY = 4;

/** What each part is called, in the order in which users' requests meet them. */
const PARTS: Readonly<Record<string, string>> = {
  firewall: 'edge firewall',
  api: 'REST APIs',
  edge: 'edge of each service',
  authorizer: 'token authorizers',
  gateway: 'gateway',
  mesh: 'mesh',
  rules: 'access between services',
  authority: 'certificate authority',
  network: 'network',
  visibility: 'logs and alarms',
  services: 'services of the shop',
};

/** Synthesize the shop for AWS by the real CLI, and print what it would provision, part by part. */
export async function printProvisioned(root: string): Promise<void> {
  const output = mkdtempSync(join(tmpdir(), 'ztp-demo-aws-'));
  try {
    const cli = join(root, 'node_modules', 'aws-cdk', 'bin', 'cdk');
    await promisify(execFile)(
      process.execPath,
      [cli, 'synth', '--quiet', '--no-notices', '--output', output],
      {
        cwd: root,
        maxBuffer: 64 << 20,
        env: { ...process.env, CDK_DISABLE_VERSION_CHECK: '1', CDK_DISABLE_CLI_TELEMETRY: 'true' },
      },
    );
    print(byPart(output));
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
}

function byPart(output: string): Map<string, Map<string, number>> {
  const parts = new Map<string, Map<string, number>>();
  for (const name of readdirSync(output).filter((file) => file.endsWith('.template.json'))) {
    const { Resources = {} } = JSON.parse(readFileSync(join(output, name), 'utf8')) as {
      Resources?: Record<string, Resource>;
    };
    for (const { Type, Metadata } of Object.values(Resources)) {
      if (Type === 'AWS::CDK::Metadata' || Type === 'AWS::CloudFormation::Stack') continue;
      const part = partOf(Metadata?.['aws:cdk:path'] ?? '');
      const kinds = parts.get(part) ?? new Map<string, number>();
      parts.set(part, kinds.set(Type, (kinds.get(Type) ?? 0) + 1));
    }
  }
  return parts;
}

/** By the construct's path: `Shop/ZeroTrust/edge-27/…` is of `edge`. */
function partOf(path: string): string {
  const [, platform, part = ''] = path.split('/');
  if (platform === 'ZeroTrustApiGatewayLogging') return 'edge';
  if (platform !== 'ZeroTrust') return 'services';
  if (/^services-.*-api$/.test(part)) return 'api';
  const name = part.replace(/-\d+$/, '');
  return name in PARTS ? name : 'visibility';
}

function print(parts: ReadonlyMap<string, ReadonlyMap<string, number>>): void {
  const total = [...parts.values()].reduce((sum, kinds) => sum + count(kinds), 0);
  console.log(`\nOn AWS the same model is ${total} resources (cdk synth):\n`);
  const rows = Object.entries(PARTS).flatMap(([part, title]) => {
    const kinds = parts.get(part);
    return kinds ? [[title, String(count(kinds)).padStart(3), mostOf(kinds)]] : [];
  });
  console.log(table(rows));
}

/** The kinds of which there are most. */
function mostOf(kinds: ReadonlyMap<string, number>): string {
  const most = [...kinds].sort(([, one], [, other]) => other - one).slice(0, MANY);
  // A number stays with what it counts, wherever a line breaks.
  const named = most.map(([type, number]) => `${number}\u00a0${type.replace(/^AWS::/, '')}`).join(', ');
  return kinds.size > MANY ? `${named}, …` : named;
}

function count(kinds: ReadonlyMap<string, number>): number {
  return [...kinds.values()].reduce((sum, number) => sum + number, 0);
}
