import { directoryClient, directoryOf, mentionsDirectory } from '../model/directory.js';
import type { Provider } from '../model/identity.js';
import type { DirectoryNode, Plan } from './plan.js';
import { type Ref, ref, type Template } from './refs.js';

/** The host from which the keys of every directory come: they differ by their paths. */
export const DIRECTORY_HOST = 'directories/host';

/** What stands for the values of a provider's directory; absent if the provider exists. */
export function directoryNode(
  provider: string,
  { issuer, jwksUri, audiences = {} }: Provider,
): DirectoryNode | undefined {
  const name = directoryOf(issuer);
  if (name === undefined) return undefined;
  const key = `issuers/${provider}`;
  const clients = Object.values(audiences).flatMap((audience): [string, Ref][] => {
    const client = directoryClient(audience, name);
    return client === undefined ? [] : [[audience, ref(`${key}/clients/${client}`)]];
  });
  return {
    name,
    standIns: {
      [issuer]: ref(`${key}/issuer`),
      [jwksUri]: ref(`${key}/jwks`),
      [new URL(jwksUri).hostname]: ref(DIRECTORY_HOST),
      ...Object.fromEntries(clients),
    },
  };
}

/** Every stand-in of a plan, by its text. */
export function standInsOf({ issuers }: Pick<Plan, 'issuers'>): ReadonlyMap<string, Ref> {
  return new Map(
    Object.values(issuers).flatMap(({ directory }) => Object.entries(directory?.standIns ?? {})),
  );
}

/**
 * Put refs where something stands for a value that only the deployment knows. Throws `RangeError` where it is a part of
 * a longer text, or a name: a value is never spliced into text.
 */
export function withRefs(plan: Pick<Plan, 'issuers'>, template: Template): Template {
  const standIns = standInsOf(plan);
  if (standIns.size === 0) return template;
  const replaced = (value: Template | undefined): Template => {
    if (typeof value === 'string') return standIns.get(value) ?? whole(value);
    if (typeof value !== 'object' || value === null) return value ?? null;
    if (Array.isArray(value)) return value.map(replaced);
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return Object.fromEntries(entries.map(([name, item]) => [whole(name), replaced(item)]));
  };
  return replaced(template);
}

function whole(text: string): string {
  if (!mentionsDirectory(text)) return text;
  throw new RangeError(`what is known only at deployment would be spliced into ${JSON.stringify(text)}`);
}
