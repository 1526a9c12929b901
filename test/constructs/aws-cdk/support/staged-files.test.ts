import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import './bundles.js';
import { stagedBundle } from '../../../../constructs/aws-cdk/support/staged-bundle.js';

interface Assets {
  readonly files: Readonly<Record<string, { readonly source: { readonly path: string } }>>;
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** The folders of the assets of functions that have each of these texts beside their bundle. */
function deployed(texts: readonly string[], context: Readonly<Record<string, unknown>> = {}) {
  const outdir = mkdtempSync(join(tmpdir(), 'ztp-staged-'));
  folders.push(outdir);
  const app = new App({ outdir, context });
  const stack = new Stack(app, 'Test');
  texts.forEach((text, at) => {
    new Function(stack, `Function${at}`, {
      runtime: Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: stagedBundle(stack, 'lambda/authorizer', { 'data.json': text }),
    });
  });
  app.synth();
  const { files } = JSON.parse(readFileSync(join(outdir, 'Test.assets.json'), 'utf8')) as Assets;
  const assets = Object.values(files).map(({ source }) => resolve(outdir, source.path));
  return { outdir, assets: assets.filter((path) => !path.endsWith('.json')) };
}

test.each([
  ['staged', {}],
  ['left where they are', { 'aws:cdk:disable-asset-staging': true }],
])('assets that are %s lie in the assembly, with the bundle and what is beside it', (_how, context) => {
  const { outdir, assets } = deployed(['one'], context);
  const [asset] = assets;
  expect(asset!.startsWith(join(outdir, '/'))).toBe(true);
  expect(readdirSync(asset!).sort()).toEqual(['data.json', 'index.js']);
  expect(readFileSync(join(asset!, 'data.json'), 'utf8')).toBe('one');
  const bundle = readFileSync(join(__dirname, 'bundle', 'index.js'), 'utf8');
  expect(readFileSync(join(asset!, 'index.js'), 'utf8')).toBe(bundle);
});

test('equal contents are one asset, others are another', () => {
  const { outdir, assets } = deployed(['one', 'two', 'one']);
  expect(assets).toHaveLength(2);
  expect(readdirSync(join(outdir, 'zero-trust-platform'))).toHaveLength(2);
});
