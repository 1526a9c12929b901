import type { TemplateFinding } from './check.js';
import type { Deployment } from './deployment.js';
import { Reading } from './reading.js';
import { everyWorld, type World } from './world.js';

const TOO_MANY: TemplateFinding = {
  location: 'Condition',
  message: 'conditions and parameters can turn out in more ways than can be looked at',
  undecided: true,
};

/**
 * What is found in any world, each thing once. With a world that is given only what that leaves open turns out in more
 * than one way: so one value of a resource is looked at without the conditions of all others.
 */
export function inEveryWorld(
  deployment: Deployment,
  given: World | undefined,
  look: (reading: Reading) => readonly TemplateFinding[],
): TemplateFinding[] {
  const found = new Map<string, TemplateFinding>();
  const add = (finding: TemplateFinding) => {
    const key = finding.location;
    const before = found.get(key);
    // What is wrong in one world is wrong, whatever another leaves open.
    if (!before || (before.undecided && !finding.undecided)) found.set(key, finding);
  };
  const all = everyWorld((world) => look(new Reading(deployment, world)).forEach(add), given);
  if (!all && found.size === 0) add(TOO_MANY);
  return [...found.values()];
}
