import { type TemplateCheck, undecided, violation } from './support/check.js';
import { everyItem } from './support/every-value.js';
import { at, openIn, shown, text } from './support/read.js';
import { Text } from './support/value.js';

/** A digest, `@sha256:…`, or the hash that the CDK tags an asset's image with. */
const PINNED = /:[0-9a-f]{64}$/;
const EXPECTED = 'an image by its digest, name@sha256:…';

export const containerImage: TemplateCheck = {
  id: 'container-image',
  severity: 'warning',
  reason:
    'A tag is whatever the registry says today: who can push it runs code under the identity of the workload.',
  fix: 'Name the image by digest (`ztp images` pins those of gateway and sidecars), or let the CDK build it.',
  types: ['AWS::ECS::TaskDefinition'],
  run: (task, reading) =>
    everyItem(task, 'ContainerDefinitions', ['Image'], reading, (container, index) => {
      const image = text(at(container, 'Image'));
      const path = ['ContainerDefinitions', index, 'Image'];
      const tail = image instanceof Text ? image.parts.at(-1) : image;
      if (typeof tail === 'string' && PINNED.test(tail)) return [];
      if (openIn(image)) return [undecided(path, image, EXPECTED)];
      const latest = typeof tail === 'string' && (tail.endsWith(':latest') || !/:[^/]+$/.test(tail));
      const message = latest ? 'whatever is newest runs' : 'a tag can be moved to another image';
      return [violation(path, message, { found: shown(image), expected: EXPECTED })];
    }),
};
