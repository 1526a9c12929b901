import type { Probe } from '../probe.js';
import { asking } from '../request.js';

/** Headers of one request: below what a point takes. */
const TOGETHER = 50;

/** Requests with all headers that a point drops; each is seen to be gone, or not, and one that only begins or ends like one to be there. */
export function strippingProbes(of: string, names: readonly string[]): Probe[] {
  const chunks = Array.from({ length: Math.ceil(names.length / TOGETHER) }, (_, at) =>
    names.slice(at * TOGETHER, (at + 1) * TOGETHER),
  );
  const likes = asking(`${of}: keeps headers`, {
    path: '/public',
    headers: names.flatMap((name, at) =>
      at % 4 === 0 ? [[`z-${name.replace('*', '')}`, 'kept'] as const] : [],
    ),
  });
  const gone = chunks.map((chunk, at) =>
    asking(`${of}: strips headers, ${at + 1}`, {
      path: '/public',
      headers: chunk.map((name) => [name.replace('*', 'x'), 'mallory']),
    }),
  );
  return [...gone, likes];
}
