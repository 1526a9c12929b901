import { checkPinned, pinImages } from '../../gateway/registry/pin.js';
import { repositoryOf } from '../../gateway/registry/reference.js';
import images from '../../gateway/images.json';
import { DIGEST, Registry } from './support/registry.js';

const IMAGES = { proxy: { image: 'envoyproxy/envoy', tag: 'v1', source: 'https://source.example' } };

let registry: Registry;
beforeEach(async () => {
  registry = await Registry.start();
});
afterEach(() => registry.close());

const pin = () => pinImages(IMAGES, { defaultRegistry: registry.url });

test('a tag becomes the digest of the manifest that the registry serves', async () => {
  expect(await pin()).toEqual({ proxy: `envoyproxy/envoy:v1@${DIGEST}` });
  expect(registry.asked).toEqual([
    'GET /v2/envoyproxy/envoy/manifests/v1',
    'GET /token?service=registry&scope=repository%3Aenvoyproxy%2Fenvoy%3Apull',
    'GET /v2/envoyproxy/envoy/manifests/v1',
  ]);
});

test('a registry that says another digest than its manifest has pins nothing', async () => {
  registry.digest = `sha256:${'0'.repeat(64)}`;
  await expect(pin()).rejects.toMatchObject({ code: 'image-unresolved' });
});

test('an image that is not there, or that takes credentials, pins nothing', async () => {
  registry.status = 404;
  await expect(pin()).rejects.toMatchObject({ code: 'image-unresolved' });
  registry.realm = false;
  await expect(pin()).rejects.toMatchObject({ code: 'image-unresolved' });
});

test('images are found where their names say', () => {
  const of = (image: string, tag = 'v1') => repositoryOf({ image, tag, source: '' });
  expect(of('node')).toEqual({ repository: 'library/node' });
  expect(of('envoyproxy/envoy')).toEqual({ repository: 'envoyproxy/envoy' });
  expect(of('images.example:5000/a/b')).toEqual({ host: 'images.example:5000', repository: 'a/b' });
  for (const [image, tag] of [
    ['node', 'latest'],
    ['Node', 'v1'],
    ['node', 'a b'],
    ['', 'v1'],
    ['a@sha256:b', 'v1'],
  ]) {
    expect(() => of(image ?? '', tag)).toThrow(expect.objectContaining({ code: 'malformed-image' }));
  }
});

test('pins of other images are not taken', () => {
  const good = { proxy: `envoyproxy/envoy:v1@${DIGEST}` };
  expect(() => checkPinned(IMAGES, good)).not.toThrow();
  for (const proxy of [
    `envoyproxy/envoy:v0@${DIGEST}`,
    `other:v1@${DIGEST}`,
    'envoyproxy/envoy:v1',
    undefined,
  ]) {
    const pinned = (proxy === undefined ? {} : { proxy }) as Record<string, string>;
    expect(() => checkPinned(IMAGES, pinned)).toThrow(expect.objectContaining({ code: 'stale-images' }));
  }
});

test("the project's own base images have a tag and a source, and no digest that somebody made up", () => {
  for (const base of Object.values(images)) {
    expect(repositoryOf(base).repository).not.toContain('@');
    expect(base.source).toMatch(/^https:\/\//);
  }
});
