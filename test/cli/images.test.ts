import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkPinned } from '../../gateway/registry/pin.js';
import images from '../../gateway/images.json';
import { DIGEST, Registry } from '../gateway/support/registry.js';
import { BuiltPackage, type Outcome, tooWide } from './built.js';

const built = new BuiltPackage();
mkdirSync(join(built.folder, 'gateway'));
copyFileSync('gateway/images.json', join(built.folder, 'gateway/images.json'));
afterAll(() => built.remove());

const FILE = 'zero-trust-images.json';
const file = join(built.folder, FILE);
const pinned = () => JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;

let registry: Registry;
beforeEach(async () => {
  registry = await Registry.start();
  rmSync(file, { force: true });
});
afterEach(() => registry.close());

/** Not synchronously: the registry is this process. */
function ztpImages(...words: string[]): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const args = [join(built.folder, 'dist/cli/ztp.js'), 'images', ...words];
  const child = execFile(process.execPath, args, { cwd: built.folder }, (_error, stdout, stderr) =>
    resolve({ status: child.exitCode, stdout, stderr }),
  );
  return promise;
}
const pin = (...words: string[]) => ztpImages('--registry', registry.url, ...words);

test('every base image is written down by its digest, in a file that the mesh takes', async () => {
  const { status, stdout, stderr } = await pin();
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toContain(FILE);
  const names = Object.entries(images).map(([name, { image, tag }]) => [name, `${image}:${tag}@${DIGEST}`]);
  expect(pinned()).toEqual(Object.fromEntries(names));
  expect(() => checkPinned(images, pinned())).not.toThrow();
});

test('a check asks nobody, and passes for the tags of this release alone', async () => {
  await pin();
  const asked = registry.asked.length;
  expect((await ztpImages('--check')).status).toBe(0);
  expect(registry.asked).toHaveLength(asked);

  const old = { ...pinned(), envoy: `envoyproxy/envoy:distroless-v1.39.0@${DIGEST}` };
  for (const text of [JSON.stringify(old), '{}', '[]', 'none']) {
    writeFileSync(file, text);
    const { status, stderr } = await ztpImages('--check');
    expect([status, stderr.split(' ')[1]]).toEqual([1, 'stale-images']);
    expect(tooWide(stderr)).toEqual([]);
    expect(readFileSync(file, 'utf8')).toBe(text);
  }
  rmSync(file);
  expect((await ztpImages('--check')).stderr).toContain('images-not-pinned');
});

test('a check with a registry sees that a tag means another image by now, and leaves the file', async () => {
  await pin();
  const before = pinned();
  expect((await pin('--check')).status).toBe(0);
  registry.serve('{"schemaVersion":2}');
  const { status, stderr } = await pin('--check');
  expect([status, stderr.split(' ')[1]]).toEqual([1, 'images-moved']);
  expect(pinned()).toEqual(before);
});

describe('nothing is written', () => {
  test.each<[what: string, code: string, words: () => string[], become: () => void]>([
    ['without a registry', 'registry-needed', () => [], () => {}],
    [
      'by a registry in clear text',
      'malformed-registry',
      () => ['--registry', 'http://registry.example'],
      () => {},
    ],
    ['by an address with a path', 'malformed-registry', () => ['--registry', `${registry.url}/v2`], () => {}],
    ['where nobody answers', 'registry-unreachable', () => ['--registry', 'https://127.0.0.1:9'], () => {}],
    [
      'for an image that is not there',
      'image-unresolved',
      () => ['--registry', registry.url],
      () => {
        registry.status = 404;
      },
    ],
    [
      'by a registry that lies about a digest',
      'image-unresolved',
      () => ['--registry', registry.url],
      () => {
        registry.digest = `sha256:${'0'.repeat(64)}`;
      },
    ],
  ])('%s', async (_what, code, words, become) => {
    become();
    const { status, stdout, stderr } = await ztpImages(...words());
    expect([status, stdout, stderr.split(' ')[1]?.replace(':', '')]).toEqual([1, '', code]);
    expect(stderr).toContain('do:');
    expect(tooWide(stderr)).toEqual([]);
    expect(existsSync(file)).toBe(false);
  });
});
