import type { PlainModel } from '../model/plain-model.js';
import type { ChangedBesides } from './compare-besides.js';

/** What names the same thing otherwise in another environment, by its path in a model; `*` is any name. */
const NAMES = [
  'trustDomain',
  'environment',
  'authority/trustDomains/*',
  'authority/namespace',
  'services/*/host',
  'services/*/audience',
  'services/*/login/clientId',
  ...['providers', 'pipelines'].flatMap((kind) =>
    ['issuer', 'jwksUri', 'endpoints/*', 'audiences/*'].map((member) => `identity/${kind}/*/${member}`),
  ),
].map((path) => path.split('/'));

type Members = Record<string, unknown>;

/**
 * The second model with the names of the first, wherever both have the element: so that two environments can be
 * compared by who may do what. Each name that was another one is listed. Origins of pages that the platform serves
 * follow its hosts.
 */
export function namedAlike(
  first: PlainModel,
  second: PlainModel,
): { readonly model: PlainModel; readonly names: readonly ChangedBesides[] } {
  const model = structuredClone(second) as unknown as Members;
  const names: ChangedBesides[] = [];
  for (const path of NAMES) rename(first as unknown as Members, model, { path, at: [], names });
  renameOrigins(first, second, model as unknown as PlainModel);
  return { model: model as unknown as PlainModel, names };
}

interface Renaming {
  readonly path: readonly string[];
  readonly at: readonly string[];
  readonly names: ChangedBesides[];
}

function rename(first: Members, second: Members, { path, at, names }: Renaming): void {
  const [step = '', ...rest] = path;
  for (const name of step === '*' ? Object.keys(second) : [step]) {
    const [before, after] = [memberOf(first, name), memberOf(second, name)];
    if (rest.length > 0) {
      if (isMembers(before) && isMembers(after))
        rename(before, after, { path: rest, at: [...at, name], names });
      continue;
    }
    // What one of them has not is no other name: a host makes a service public. An audience has a default.
    if (before === after || ((before === undefined || after === undefined) && name !== 'audience')) continue;
    names.push({
      path: [...at, name].join('.'),
      ...(before !== undefined && { before }),
      ...(after !== undefined && { after }),
    });
    if (before === undefined) delete second[name];
    else second[name] = before;
  }
}

/** `https://www.shop.example` in place of `https://www.stage.shop.example`, where these are hosts of one service. */
function renameOrigins(first: PlainModel, second: PlainModel, model: PlainModel): void {
  const hosts = new Map<string, string>(
    Object.entries(second.services).flatMap(([name, { host }]) => {
      const before = Object.hasOwn(first.services, name) ? first.services[name]?.host : undefined;
      return host === undefined || before === undefined
        ? []
        : [[`https://${host}`, `https://${before}`] as const];
    }),
  );
  for (const { cors } of Object.values(model.services)) {
    if (cors)
      (cors as { origins: string[] }).origins = cors.origins.map((origin) => hosts.get(origin) ?? origin);
  }
}

function memberOf(members: Members, name: string): unknown {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
