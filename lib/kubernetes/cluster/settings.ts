import { type Diagnostic, excerpt } from '../../diagnostic.js';
import type { Settings } from '../prerequisites.js';

/**
 * What is expected must be there with the same value; what is there besides is somebody else's. A named thing is ours as a
 * whole: one more field of an extension provider changes what is asked.
 */
export function differences(path: string, expected: unknown, found: unknown, isWhole = false): Diagnostic[] {
  if (isWhole && Array.isArray(expected) && Array.isArray(found) && found.length > expected.length)
    return [setting(path, found, expected)];
  if (Array.isArray(expected)) {
    return expected.flatMap((item: unknown, index) => {
      const name = nameOf(item);
      const place = `${path}[${name ?? index}]`;
      const list: readonly unknown[] = Array.isArray(found) ? found : [];
      if (name === undefined) return differences(place, item, list[index], isWhole);
      // Lists of named things have no order, and things of other names.
      const same = list.find((it) => nameOf(it) === name);
      // One that is not there is one finding, not one for everything in it.
      return same === undefined ? [setting(place, undefined, item)] : differences(place, item, same, true);
    });
  }
  if (typeof expected === 'object' && expected !== null) {
    const values = typeof found === 'object' && found !== null ? (found as Settings) : {};
    const more = Object.entries(isWhole ? values : {}).filter(([key]) => !Object.hasOwn(expected, key));
    return [
      ...more.map(([key, value]) => setting(`${path}.${key}`, value, 'none')),
      ...Object.entries(expected).flatMap(([key, value]) =>
        value === undefined ? [] : differences(`${path}.${key}`, value, values[key], isWhole),
      ),
    ];
  }
  // Helm writes some values as texts.
  if (found === expected || String(found) === String(expected)) return [];
  return [setting(path, found, expected)];
}

export function setting(path: string, found: unknown, expected: unknown): Diagnostic {
  return {
    code: 'cluster-setting',
    severity: 'error',
    path,
    message: found === undefined ? 'the setting is absent' : 'the setting has another value',
    ...(found !== undefined && { found: excerpt(found) }),
    expected: excerpt(expected),
    remedy: 'set it by the values of `helm` in the prerequisites',
  };
}

/** What must not be there, and is. */
export function present(path: string, names: readonly string[], found: Settings): Diagnostic[] {
  return names.flatMap((name) => {
    const value = found[name];
    if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return [];
    return [
      {
        code: 'cluster-setting',
        severity: 'error',
        path: `${path}.${name}`,
        message: 'the setting opens what the manifests close',
        found: excerpt(value),
        expected: 'none',
        remedy: 'take it out of the configuration of the mesh',
      },
    ];
  });
}

function nameOf(item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null) return undefined;
  const { name } = item as Settings;
  return typeof name === 'string' ? name : undefined;
}
