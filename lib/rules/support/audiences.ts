import type { PlainModel } from '../../model/plain-model.js';
import { audienceOf } from '../../plan/names.js';

/** The groups of more than one service that an issuer gives the same audience of their own. */
export function servicesByAudience(
  model: PlainModel,
  issuer: { readonly audiences?: Readonly<Record<string, string>> },
): string[][] {
  const own = Object.keys(model.services).flatMap((service): [string, string][] => {
    const audience = issuer.audiences ? issuer.audiences[service] : audienceOf(model, service);
    return audience === undefined ? [] : [[service, audience]];
  });
  const groups = Map.groupBy(own, ([, audience]) => audience);
  return [...groups.values()]
    .filter((group) => group.length > 1)
    .map((group) => group.map(([service]) => service));
}
