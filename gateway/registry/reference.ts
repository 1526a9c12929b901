import { ZeroTrustError } from '../../lib/diagnostic.js';

/** A base image as `gateway/images.json` names it. */
export interface BaseImage {
  /** The repository, with a registry's host before it or without. */
  readonly image: string;
  readonly tag: string;
  /** Where it is made. */
  readonly source: string;
}

export type BaseImages = Readonly<Record<string, BaseImage>>;

/** An image by what it contains: `repository:tag@sha256:…`. */
export type PinnedImages = Readonly<Record<string, string>>;

const NAME = /^(?:[a-z0-9.-]+(?::[0-9]+)?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
export const DIGEST = /^sha256:[0-9a-f]{64}$/;

/**
 * Where a registry keeps an image. A name without a host is one of the default registry, whose images of one
 * word are all in `library` ("Reference grammar", distribution project).
 * Throws `malformed-image`; `latest` is one.
 */
export function repositoryOf({ image, tag }: BaseImage): {
  readonly host?: string;
  readonly repository: string;
} {
  if (!NAME.test(image) || !TAG.test(tag) || tag === 'latest') {
    throw new ZeroTrustError('malformed-image', `${image}:${tag} is not an image with a tag of its own`);
  }
  const [first = '', ...rest] = image.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  if (isHost) return { host: first, repository: rest.join('/') };
  return { repository: rest.length > 0 ? image : `library/${image}` };
}
