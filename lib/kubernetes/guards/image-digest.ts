import { everyContainer, everyImageVolume, type Guard, literal, literals, PODS } from './guard.js';
import { INJECTED } from './mesh-opt-out.js';

/** An image reference with a digest, as OCI's distribution specification writes it. */
export const WITH_DIGEST = '@sha256:[0-9a-f]{64}$';

/**
 * An image that is not named by its digest is another one tomorrow.
 * @param proxyImages what injected containers must have, so that none stands in for a sidecar
 */
export function imageDigest(proxyImages: readonly string[]): Guard {
  const [only, ...others] = proxyImages;
  const isProxy =
    only !== undefined && others.length === 0
      ? `c.image == ${literal(only)}`
      : `c.image in ${literals(proxyImages)}`;
  return {
    id: 'image-digest',
    purpose: 'What runs is what was reviewed: a tag may become another image.',
    remedy: 'name every image by its digest, and leave injected containers to the mesh',
    guarded: [PODS],
    validations: [
      {
        expression: everyContainer(`c.image.matches(${literal(WITH_DIGEST)})`),
        message: 'an image has no digest (name@sha256:…)',
      },
      {
        expression: everyImageVolume((image) => `${image}.matches(${literal(WITH_DIGEST)})`),
        message: 'the image of a volume has no digest (name@sha256:…)',
      },
      {
        expression: everyContainer(`!(c.name in ${literals(INJECTED)}) || ${isProxy}`),
        message: 'a container has the name of an injected one and another image',
      },
    ],
  };
}
