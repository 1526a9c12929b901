import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Child } from '../../../local/child.js';
import { Guardian } from '../../../local/guardian.js';
import { packageRoot } from '../../../local/package-root.js';
import { unexplainedFindings } from '../../support/aws/nag.js';
import { testApp } from '../../support/aws/synth.js';

interface Report {
  readonly pluginReports: readonly {
    readonly pluginName: string;
    readonly conclusion: string;
    readonly violations: readonly { readonly ruleName: string }[];
    readonly suppressedViolations?: readonly { readonly ruleName: string; readonly reason?: string }[];
  }[];
}

/** `cdk synth --strict` at the root of the project: validator, cdk-nag and warnings all stop it. */
async function synth(output: string): Promise<{ code: number | null; printed: string }> {
  const { CDK_DEFAULT_ACCOUNT: _account, CDK_VALIDATION: _off, ...environment } = process.env;
  const guardian = new Guardian();
  const printed: string[] = [];
  const child = new Child({
    command: process.execPath,
    args: [join('node_modules', 'aws-cdk', 'bin', 'cdk'), 'synth', '--strict', '--quiet', '--output', output],
    directory: packageRoot(),
    environment: {
      ...environment,
      AWS_EC2_METADATA_DISABLED: 'true',
      CDK_DISABLE_VERSION_CHECK: '1',
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      TSX_TSCONFIG_PATH: join(packageRoot(), 'test', 'support', 'aws', 'tsconfig.json'),
    },
    guardian,
    onLine: (line) => printed.push(line),
  });
  const { code } = await child.exited;
  await guardian.close();
  return { code, printed: printed.join('\n') };
}

test('the real CLI synthesizes the shop, strictly, without a finding that nobody explained', async () => {
  const output = mkdtempSync(join(tmpdir(), 'ztp-synth-'));
  const { code, printed } = await synth(output);
  expect([code, code === 0 ? '' : printed]).toEqual([0, '']);
  expect(printed).not.toMatch(/WARNING|ERROR/);
  const { pluginReports } = JSON.parse(
    readFileSync(join(output, 'validation-report.json'), 'utf8'),
  ) as Report;
  // A pack of cdk-nag that finds nothing is not listed; one that does ends with `failure`.
  expect(pluginReports.map(({ pluginName }) => pluginName)).toContain('CloudFormation Validate');
  for (const { conclusion, violations, suppressedViolations = [] } of pluginReports) {
    expect([conclusion, violations]).toEqual(['success', []]);
    for (const { reason = '' } of suppressedViolations) expect(reason.split(' ').length).toBeGreaterThan(8);
  }
  rmSync(output, { recursive: true });
});

test('a bucket that nobody explained is a finding', () => {
  const app = testApp();
  new Bucket(new Stack(app, 'Stack'), 'Bucket');
  app.synth();
  expect(unexplainedFindings(app).join()).toContain('AwsSolutions-S1');
});
