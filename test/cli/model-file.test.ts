import { BuiltPackage } from './built.js';

const built = new BuiltPackage();
afterAll(() => built.remove());

const data = {
  trustDomain: 'acme.example',
  environment: 'dev',
  services: { web: { protocol: 'http', host: 'www.acme.example' } },
  access: [{ effect: 'allow', principals: [{ kind: 'anyone' }], service: 'web', operations: ['GET /'] }],
};
const json = JSON.stringify(data);
const yaml = `
trustDomain: acme.example
environment: dev
services:
  web: { protocol: http, host: www.acme.example }
access:
  - effect: allow
    principals: [{ kind: anyone }]
    service: web
    operations: ['GET /']
`;
const typed = `
import { allow, anyone, defineZeroTrust, http, type ZeroTrustModel } from 'zero-trust-platform';
import { host } from './host.ts';
const model: ZeroTrustModel = defineZeroTrust({
  trustDomain: 'acme.example', environment: 'dev', services: { web: http({ host }) },
  access: [allow(anyone()).to('web', 'GET /')],
});
export default model;
`;
const host = `export const host: string = 'www.acme.example';\n`;

const rules = [{ principals: [{ kind: 'anyone' }], operations: ['GET /'], service: 'web', effect: 'allow' }];
const expected = { ...data, access: rules };

const good: Record<string, string> = {
  'commonjs/model.ts': typed,
  'module/model.ts': typed,
  'unsaid/model.ts': typed,
  'unsaid/model.mts': typed,
  'default.mjs': `export default ${json};`,
  'named.mjs': `export const model = ${json};`,
  'awaited.mjs': `export default await ${json};`,
  'whole.cjs': `module.exports = ${json};`,
  'named.cjs': `exports.model = ${json};`,
  'compiled.cjs': `Object.defineProperty(exports, '__esModule', { value: true }); exports.default = ${json};`,
  'whole.js': `module.exports = ${json};`,
  'schema.json': json.replace('{', '{"$schema":"./x.json",'),
  'model.yaml': yaml,
  'model.yml': yaml,
};

const bad: [code: string, name: string, text: string | undefined][] = [
  ['model-file-not-found', 'missing/model.ts', undefined],
  ['model-file-not-found', 'examples', undefined],
  ['model-file-type', 'bad/model.toml', 'a = 1'],
  ['model-file-type', 'bad/model', 'a = 1'],
  ['model-file-throws', 'bad/throws.mjs', "\nthrow new Error('no luck today');"],
  ['model-file-throws', 'bad/throws-text.mjs', "throw 'no luck today';"],
  ['model-file-throws', 'bad/reference.mjs', 'export default thereIsNoSuchName;'],
  ['model-file-exports', 'bad/nothing.mjs', 'const model = 1;'],
  ['model-file-exports', 'bad/other.mjs', 'export const platform = {};'],
  ['model-file-exports', 'bad/empty.cjs', ''],
  ['model-file-exports', 'bad/function.mjs', 'export default () => ({});'],
  ['model-file-exports', 'bad/text.mjs', "export default 'model';"],
  ['model-file-promise', 'bad/promise.mjs', 'export default Promise.resolve({});'],
  ['model-file-syntax', 'bad/syntax.mjs', 'export default {'],
  ['model-file-syntax', 'bad/syntax.mts', 'export default { a: 1 as };'],
  ['model-file-syntax', 'bad/enum.mts', 'enum Place { here }\nexport default { Place };'],
  ['model-file-syntax', 'bad/module.js', 'export default {};'],
  ['model-file-import', 'bad/import.mjs', "import './rules.mjs';\nexport default {};"],
  ['model-file-import', 'bad/package.mjs', "import 'there-is-no-such-package';\nexport default {};"],
  ['duplicate-key', 'bad/twice.yaml', 'access: [{ a: 1, a: 2 }]\n'],
  ['model-file-syntax', 'bad/twice-and-more.yaml', 'a: 1\na: 2\nb: [\n'],
  ['model-file-syntax', 'bad/syntax.cjs', '\nmodule.exports = {'],
  ['conflict', 'bad/other-copy.mjs', ofAnotherCopy('severity')],
  ['model-file-throws', 'bad/no-diagnostics.mjs', ofAnotherCopy('seriousness')],
  ['model-file-syntax', 'bad/tag.yaml', 'a: !!js/function "x"\n'],
  ['model-file-syntax', 'bad/two.yaml', 'a: 1\n---\na: 2\n'],
  ['model-file-syntax', 'bad/bomb.yaml', bomb()],
  ['invalid-json', 'bad/model.json', '{ "a": }'],
  ['duplicate-key', 'bad/twice.json', '{ "services": { "a": {}, "a": {} } }'],
];

/** What another copy of this package throws: none of its classes are those of this one. */
function ofAnotherCopy(severity: string): string {
  const finding = `{ code: 'conflict', ${severity}: 'error', path: 'access[0]', message: 'twice' }`;
  return `throw Object.assign(new Error('twice'), { code: 'conflict', diagnostics: [${finding}] });`;
}

/** Seven lists of nine aliases to the one before: five million elements in 300 bytes. */
function bomb(): string {
  const names = 'abcdefgh'.split('');
  const lists = names
    .slice(1)
    .map((name, at) => `${name}: &${name} [${Array(9).fill(`*${names[at]}`).join()}]`);
  return `a: &a [x,x,x,x,x,x,x,x,x]\n${lists.join('\n')}\n`;
}

let loaded: Record<string, { model?: unknown; error?: string }>;
beforeAll(() => {
  built.write('commonjs/package.json', '{ "type": "commonjs" }');
  built.write('module/package.json', '{ "type": "module" }');
  built.write('unsaid/package.json', '{}');
  for (const folder of ['commonjs', 'module', 'unsaid']) built.write(`${folder}/host.ts`, host);
  for (const [name, text] of Object.entries(good)) built.write(name, text);
  for (const [, name, text] of bad) if (text !== undefined) built.write(name, text);
  loaded = built.load([...Object.keys(good), ...bad.map(([, name]) => name)]);
});

test.each(Object.keys(good))('%s is loaded', (name) => {
  expect(loaded[name]).toEqual({ model: name.endsWith('.ts') || name.endsWith('.mts') ? expected : data });
});

test.each(bad)('%s: %s', (code, name) => {
  const error = loaded[name]?.error ?? '';
  expect(error).toContain(`error ${code}`);
  if (code.startsWith('model-')) expect(error.replace(/:\d+:\d+/, '')).toContain(` at ${name}: `);
  expect(error).not.toMatch(/^\s+at /m);
});

test('an error of a text says which file, where in it, what would do and what to do', () => {
  expect(loaded['bad/model.json']?.error).toMatch(
    /^error invalid-json at bad\/model\.json:1:8: .*\n {2}found: .*\n {2}expected: [^]*\n {2}do: /,
  );
  expect(loaded['bad/twice.yaml']?.error).toMatch(
    /^error duplicate-key at bad\/twice\.yaml:1:18 access\[0\]\.a: [^]*\n {2}do: /,
  );
  expect(loaded['bad/two.yaml']?.error).toMatch(/two\.yaml:2:1: [^]*\n {2}expected: [^]*\n {2}do: /);
  expect(loaded['bad/other-copy.mjs']?.error).toBe('error conflict at access[0]: twice');
});

test.each([
  ['bad/syntax.cjs', 2],
  ['bad/syntax.mjs', 1],
  ['bad/syntax.mts', 1],
  ['bad/enum.mts', 1],
])('an error says in which line %s is not valid', (name, line) => {
  expect(loaded[name]?.error?.replace(/\s+/g, ' ')).toMatch(new RegExp(`${name}:${line}\\)`));
});

test('an error says where a model throws', () => {
  expect(loaded['bad/throws.mjs']?.error).toMatch(/no luck today\s+\(.*bad\/throws\.mjs:2:7\)/);
});

test('a Node that loads no TypeScript says so', () => {
  const env = { NODE_OPTIONS: '--no-experimental-strip-types' };
  const { status, stdout, stderr } = built.ztp(['plan', 'examples/shop/model.ts'], { env });
  expect(stderr).toContain('error model-typescript-unsupported at examples/shop/model.ts: ');
  expect(stderr).toContain('Node 22.18 or newer');
  expect(stdout).toBe('');
  expect(status).toBe(1);
});

test('a model that prints, and leaves a timer behind, spoils neither the JSON nor the end', () => {
  const text = `console.log('hello'); console.info('there'); setInterval(() => {}, 1000); export default ${json};`;
  const { status, stdout, stderr } = built.ztp(['plan', built.write('prints.mjs', text), '--json']);
  expect(stderr).toBe('hello\nthere\n');
  expect(JSON.parse(stdout)).toMatchObject({ trustDomain: 'local.dev.acme.example' });
  expect(status).toBe(0);
});

test('an edited file is read anew, and so is what it imports', () => {
  const script = `
    const { writeFileSync } = require('node:fs');
    const { loadModelFileAnew } = require('./dist/cli/model-file-anew.js');
    (async () => {
      const seen = [];
      for (const n of [1, 2]) {
        writeFileSync('again/part.ts', 'export const n: number = ' + n + ';');
        writeFileSync('again/part.cjs', 'exports.n = ' + n + ';');
        writeFileSync('again/part.json', '{ "n": ' + n + ' }');
        for (const name of ['again/model.ts', 'again/model.cjs']) {
          const { model, files } = await loadModelFileAnew(name);
          seen.push([model, files.map((file) => file.split('/').at(-1))]);
        }
      }
      process.stdout.write(JSON.stringify(seen));
    })();`;
  built.write(
    'again/model.ts',
    "import { n } from './part.ts';\nimport d from './part.json' with { type: 'json' };\nexport default { n, d };",
  );
  built.write(
    'again/model.cjs',
    "module.exports = { n: require('./part.cjs').n, d: require('./part.json') };",
  );
  const { stdout, stderr } = built.node(['-e', script]);
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual(
    [1, 2].flatMap((n) => [
      [{ n, d: { n } }, ['model.ts', 'part.ts', 'part.json']],
      [{ n, d: { n } }, ['model.cjs', 'part.cjs', 'part.json']],
    ]),
  );
});

test('what a model does to its thread is an error of the file', () => {
  const script = `
    const { loadModelFileAnew } = require('./dist/cli/model-file-anew.js');
    const { formatError } = require('./dist/cli/error.js');
    (async () => {
      for (const name of process.argv.slice(1)) {
        await loadModelFileAnew(name).catch((error) => process.stdout.write(formatError(error) + '\\n'));
      }
    })();`;
  const names = [
    built.write('thread/exit.mjs', 'process.exit(0);'),
    built.write('thread/function.mjs', 'export default { services: () => {} };'),
    built.write('thread/throws.mjs', "throw new Error('no luck today');"),
  ];
  const { stdout } = built.node(['-e', script, ...names]);
  expect(stdout.match(/^error .* at .*?: /gm)).toEqual([
    'error model-file-throws at thread/exit.mjs: ',
    'error model-file-exports at thread/function.mjs: ',
    'error model-file-throws at thread/throws.mjs: ',
  ]);
});

test.each([
  ['ends the process', 'process.exit(0);'],
  ['waits for nothing', 'await new Promise(() => {}); export default {};'],
])('a model that %s is no model without findings', (_, text) => {
  const { status, stdout, stderr } = built.ztp(['check', built.write('ends.mjs', text)]);
  expect(stderr).toContain('error model-file-throws at ends.mjs: ');
  expect(stdout).toBe('');
  expect(status).toBe(1);
});
