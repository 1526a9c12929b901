import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const root = join(__dirname, '..', '..');

// The laws are broken in a copy of the folders, so that nothing else ever sees the broken file.
let copy: string;
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'laws-'));
  copyFileSync(join(root, '.oxlintrc.json'), join(copy, '.oxlintrc.json'));
});
afterAll(() => rmSync(copy, { recursive: true }));

/** What the project's linter says about a file with this text at this place. */
function lint(file: string, text: string): { ok: boolean; output: string } {
  const path = join(copy, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  const run = spawnSync(join(root, 'node_modules', '.bin', 'oxlint'), [file], {
    cwd: copy,
    encoding: 'utf8',
  });
  return { ok: run.status === 0, output: run.stdout + run.stderr };
}

const importing = (specifier: string) => `import * as it from '${specifier}';\nexport const x = it;\n`;

describe('nothing in lib/ knows an engine', () => {
  test.each([
    'aws-cdk-lib',
    'aws-cdk-lib/aws-lambda',
    'constructs',
    'cdk8s',
    'cdk8s-plus-33',
    'cdktn',
    'cdktf',
    '@pulumi/pulumi',
    '@cdktf/provider-google',
    '../../constructs/aws-cdk',
    '../../local',
    '../../local/idp',
    '../../cli/ztp',
  ])('%s is refused', (specifier) => {
    const { ok, output } = lint('lib/plan/probe.ts', importing(specifier));
    expect(output).toContain('no-restricted-imports');
    expect(ok).toBe(false);
  });

  test('a type is refused as well', () => {
    const { output } = lint('lib/plan/probe.ts', "export type { Stack } from 'aws-cdk-lib';\n");
    expect(output).toContain('no-restricted-imports');
  });

  test.each(['node:crypto', 'yaml', './constructs', './local'])('%s is not', (specifier) => {
    expect(lint('lib/plan/probe.ts', importing(specifier))).toMatchObject({ ok: true });
  });

  // The linter's rule reads import and export declarations only.
  test('no file of lib/ imports by an expression', () => {
    const offenders = sources(join(root, 'lib')).filter((file) =>
      /\b(?:import|require)\s*\(/.test(withoutComments(readFileSync(file, 'utf8'))),
    );
    expect(offenders).toEqual([]);
  });
});

describe('engines never import one another', () => {
  test.each([
    ['aws-cdk', 'cdk8s'],
    ['aws-cdk', '@pulumi/pulumi'],
    ['aws-cdk', '../terraform'],
    ['cdk8s', 'aws-cdk-lib'],
    ['cdk8s', 'cdktn'],
    ['cdk8s', '../aws-cdk/index'],
    ['terraform', 'aws-cdk-lib/core'],
    ['terraform', '../pulumi'],
    ['pulumi', 'constructs'],
    ['pulumi', 'cdktf'],
  ])('%s does not import %s', (engine, specifier) => {
    const { output } = lint(`constructs/${engine}/probe.ts`, importing(specifier));
    expect(output).toContain('Engines never import one another');
  });

  test.each([
    ['aws-cdk', 'aws-cdk-lib'],
    ['aws-cdk', 'constructs'],
    ['cdk8s', 'constructs'],
    ['terraform', 'cdktf'],
    ['pulumi', '@pulumi/aws'],
    ['pulumi', '../../lib'],
  ])('%s may import %s', (engine, specifier) => {
    expect(lint(`constructs/${engine}/probe.ts`, importing(specifier))).toMatchObject({ ok: true });
  });
});

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*$/gm, '');
}
