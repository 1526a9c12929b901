import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectGolden } from '../golden.js';
import { BuiltPackage, tooWide } from './built.js';

const built = new BuiltPackage();
afterAll(() => built.remove());

const COMMANDS = ['init', 'check', 'plan', 'dev', 'test', 'compare', 'explain', 'images', 'revoke'];

test('help says what there is, at 80 columns and with examples', () => {
  const { status, stdout, stderr } = built.ztp(['--help']);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expectGolden('cli/help.txt', stdout);
  expect(tooWide(stdout)).toEqual([]);
});

test.each(COMMANDS)('help of %s', (command) => {
  const { status, stdout } = built.ztp([command, '--help']);
  expect(status).toBe(0);
  expectGolden(`cli/help-${command}.txt`, stdout);
  expect(stdout).toContain('Examples:\n');
  expect(tooWide(stdout)).toEqual([]);
});

test('`help COMMAND` is the help of the command', () => {
  expect(built.ztp(['help', 'plan']).stdout).toBe(built.ztp(['plan', '--help']).stdout);
});

test('the version is that of the package', () => {
  const { version } = JSON.parse(readFileSync(join(built.folder, 'package.json'), 'utf8')) as {
    version: string;
  };
  expect(built.ztp(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
});

describe('wrong usage is told on standard error, and ends with 2', () => {
  test.each([
    ['no command', [], 'Usage: ztp'],
    ['an unknown command', ['chek'], "error unknown-command: unknown command 'chek' (Did you mean check?)\n"],
    ['an unknown option', ['plan', 'm.ts', '--jsn'], 'error unknown-option'],
    [
      'no model',
      ['check'],
      "error missing-argument: missing required argument 'model'\n  do:       ztp check --help\n",
    ],
    ['two models', ['check', 'a.ts', 'b.ts'], 'error excess-arguments'],
    ['an engine that is none', ['plan', 'm.ts', '--engine', 'aw'], 'error invalid-argument'],
    ['no request', ['explain', 'm.ts'], 'error missing-option'],
    ['a request that is none', ['explain', 'm.ts', '--request', 'GET /'], 'error invalid-argument'],
  ])('%s', (_, words, message) => {
    const { status, stdout, stderr } = built.ztp(words);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });
});

describe('only what a command needs is loaded', () => {
  const PACKAGES = [
    '@peculiar/x509',
    'commander',
    'ipaddr.js',
    'oidc-provider',
    'reflect-metadata',
    'yaml',
    'zod',
  ];
  const order = 'GET https://orders.shop.example/orders/1';

  /** The dependencies and the folders of this package that a run loads. */
  function loadedBy(words: readonly string[]): { packages: string[]; folders: string[] } {
    const hook = built.write(
      'record.cjs',
      `const { registerHooks } = require('node:module');
       const urls = [];
       registerHooks({ load(url, context, next) { urls.push(url); return next(url, context); } });
       process.on('exit', () => require('node:fs').writeFileSync(__dirname + '/loaded.json', JSON.stringify(urls)));`,
    );
    const { status, stderr } = built.ztp(words, { node: ['--require', `./${hook}`] });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const urls = JSON.parse(readFileSync(join(built.folder, 'loaded.json'), 'utf8')) as string[];
    const folders = urls.flatMap((url) => /\/dist\/([a-z]+(?:\/[a-z]+(?=\/))?)/.exec(url)?.[1] ?? []);
    return {
      packages: PACKAGES.filter((name) => urls.some((url) => url.includes(`/node_modules/${name}/`))),
      folders: [...new Set(folders)].sort(),
    };
  }

  test('help loads the parser of arguments alone', () => {
    const { packages, folders } = loadedBy(['--help']);
    expect(packages).toEqual(['commander']);
    expect(folders).toEqual(['cli', 'lib']);
  });

  test.each([
    ['check', ['check', 'examples/shop/model.ts']],
    ['plan', ['plan', 'examples/shop/model.ts']],
    ['plan --json', ['plan', 'examples/shop/model.ts', '--json']],
    ['explain', ['explain', 'examples/shop/model.ts', '--request', order]],
  ])('%s loads neither certificates nor an identity provider nor YAML', (_, words) => {
    const { packages, folders } = loadedBy(words);
    expect(packages).toEqual(['commander', 'ipaddr.js', 'zod']);
    expect(folders).not.toContain('local');
    expect(folders).not.toContain('lib/authority');
    expect(folders).not.toContain('lib/envoy');
  });
});
