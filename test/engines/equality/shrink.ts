import type { Json, JsonObject } from '../../../lib/policy/request.js';
import { asCase, type Case } from './case.js';

/** Tries in all; each is a new policy at two Envoys and one request. */
const MAX_TRIES = 600;

/**
 * The smallest case found that still fails: parts of the policy and of the request are taken out, one
 * by one and the largest first, for as long as one can be.
 */
export async function shrink(failing: Case, fails: (smaller: Case) => Promise<boolean>): Promise<Case> {
  let smallest = failing;
  let tries = 0;
  for (let progress = true; progress; ) {
    progress = false;
    for (const smaller of smallerOnes(smallest as unknown as Json)) {
      const candidate = asCase(smaller);
      if (!candidate) continue;
      if (++tries > MAX_TRIES) return smallest;
      if (!(await fails(candidate))) continue;
      smallest = candidate;
      progress = true;
      break;
    }
  }
  return smallest;
}

/** The value with one thing less in it. A generator: what is found early is not looked for again. */
function* smallerOnes(value: Json): Generator<Json> {
  if (Array.isArray(value)) {
    const list = value as readonly Json[];
    // Halves first, so that long lists shrink fast.
    if (list.length > 3) {
      const half = Math.floor(list.length / 2);
      yield list.slice(0, half);
      yield list.slice(half);
    }
    for (let at = 0; at < list.length; at += 1) yield list.filter((_, index) => index !== at);
    for (let at = 0; at < list.length; at += 1) {
      for (const item of smallerOnes(list[at] as Json)) {
        yield list.map((other, index) => (index === at ? item : other));
      }
    }
  } else if (typeof value === 'object' && value !== null) {
    const object = value as JsonObject;
    const entries = Object.entries(object);
    for (const [name] of entries) yield Object.fromEntries(entries.filter(([other]) => other !== name));
    for (const [name, item] of entries) {
      for (const smaller of smallerOnes(item)) yield { ...object, [name]: smaller };
    }
  }
}
