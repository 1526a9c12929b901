import type { ElementPath } from '../../model/element-path.js';
import type { PlainModel } from '../../model/plain-model.js';
import { audienceOf } from '../../plan/names.js';

/** The groups of more than one service that an issuer gives the same audience of their own. */
export function servicesByAudience(
  model: PlainModel,
  issuer: { readonly audiences?: Readonly<Record<string, string>> },
): string[][] {
  const withTokens = Object.keys(model.services).filter((name) => model.services[name]?.protocol !== 'tcp');
  const own = withTokens.flatMap((service): [string, string][] => {
    const audience = issuer.audiences ? issuer.audiences[service] : audienceOf(model, service);
    return audience === undefined ? [] : [[service, audience]];
  });
  const groups = Map.groupBy(own, ([, audience]) => audience);
  return [...groups.values()]
    .filter((group) => group.length > 1)
    .map((group) => group.map(([service]) => service));
}

/** Every place at which an issuer names a service that takes its tokens. */
export function issuerAudiences({
  identity,
}: PlainModel): { readonly path: ElementPath; readonly service: string }[] {
  const named = (path: ElementPath, byService: Readonly<Record<string, string>> = {}) =>
    Object.keys(byService).map((service) => ({ path: [...path, service], service }));
  return [
    ...Object.entries(identity?.providers ?? {}).flatMap(([name, { audiences, sharedAudience = [] }]) => {
      const path = ['identity', 'providers', name];
      return [
        ...named([...path, 'audiences'], audiences),
        ...sharedAudience.map((service, index) => ({ path: [...path, 'sharedAudience', index], service })),
      ];
    }),
    ...Object.entries(identity?.pipelines ?? {}).flatMap(([name, { audiences }]) =>
      named(['identity', 'pipelines', name, 'audiences'], audiences),
    ),
  ];
}
