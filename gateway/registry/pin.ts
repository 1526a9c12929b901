import { ZeroTrustError } from '../../lib/diagnostic.js';
import { resolveTag } from './client.js';
import { type BaseImages, type PinnedImages, repositoryOf } from './reference.js';

export interface PinOptions {
  /** Where images without a host are, such as `https://registry.example`. */
  readonly defaultRegistry: string;
}

/**
 * Every base image by its digest, as the registries have it now. What comes back is to be committed and
 * read by whoever builds: a tag may mean something else tomorrow, a digest never does.
 */
export async function pinImages(images: BaseImages, { defaultRegistry }: PinOptions): Promise<PinnedImages> {
  const pinned = await Promise.all(
    Object.entries(images).map(async ([name, base]) => {
      const { host, repository } = repositoryOf(base);
      const origin = host === undefined ? defaultRegistry : `https://${host}`;
      return [name, `${base.image}:${base.tag}@${await resolveTag(origin, repository, base.tag)}`] as const;
    }),
  );
  return Object.fromEntries(pinned);
}

const PINNED = /^(.+):([^:@/]+)@(sha256:[0-9a-f]{64})$/;

/** Take pinned images from a file. Throws `stale-images` unless they are these images, tag for tag. */
export function checkPinned(images: BaseImages, pinned: PinnedImages): void {
  for (const [name, { image, tag }] of Object.entries(images)) {
    const [, foundImage, foundTag] = PINNED.exec(pinned[name] ?? '') ?? [];
    if (foundImage !== image || foundTag !== tag) {
      throw new ZeroTrustError(
        'stale-images',
        `${name} is pinned as ${pinned[name] ?? 'nothing'}, and ${image}:${tag} is wanted: run ztp images again`,
      );
    }
  }
}
