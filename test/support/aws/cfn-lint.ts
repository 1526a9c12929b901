import { execFile } from 'node:child_process';
import { pythonTools } from '../python-tools.js';
import { REGION } from './ministack.js';
import type { Template } from './template.js';

/**
 * Rules that say nothing about a template that the CDK made: W3005 is about a `DependsOn` that a
 * reference already implies, which the CDK writes on purpose; W3010 about zones, which the CDK looks up.
 */
const NOISE = ['W3005', 'W3010'];

interface Match {
  readonly Rule: { readonly Id: string };
  readonly Message: string;
  readonly Location: { readonly Path: readonly (string | number)[] | null };
}

/** What cfn-lint says of templates, one line a finding. */
export async function cfnLint(templates: readonly Template[]): Promise<string[]> {
  const python = await pythonTools();
  const files = templates.map(({ file }) => file);
  const options = [
    '--format',
    'json',
    '--regions',
    REGION,
    '--ignore-checks',
    ...NOISE,
    '--template',
    ...files,
  ];
  const output = await new Promise<string>((done, fail) => {
    execFile(
      python,
      ['-c', 'from cfnlint.runner import main; main()', ...options],
      { maxBuffer: 64 << 20 },
      (error, stdout, stderr) => {
        // It ends with a code above 0 when it found something, and then says what as JSON.
        if (stdout.trimStart().startsWith('[')) done(stdout);
        else fail(error ?? new Error(`cfn-lint said nothing: ${stderr}`));
      },
    );
  });
  return (JSON.parse(output) as Match[]).map(
    ({ Rule, Message, Location }) => `${Rule.Id} ${(Location.Path ?? []).join('/')}: ${Message}`,
  );
}
