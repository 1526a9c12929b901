import type { z } from 'zod';
import type { ElementPath } from './element-path.js';

/** The keys that a schema has for the object at a path of a value, in its own order; none where it has none. */
export function knownKeys(schema: z.core.$ZodType, path: ElementPath, value: unknown): string[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  const [key, ...rest] = path;
  const inner = (next: z.core.$ZodType) =>
    key === undefined ? [] : knownKeys(next, rest, member(value, key));
  if (def.type === 'optional') return knownKeys(def.innerType, path, value);
  if (def.type === 'union') return optionsFor(def, value).flatMap((option) => knownKeys(option, path, value));
  if (def.type === 'record') return inner(def.valueType);
  if (def.type === 'array') return inner(def.element);
  if (def.type !== 'object') return [];
  if (key === undefined) return Object.keys(def.shape);
  const property = def.shape[String(key)];
  return property ? inner(property) : [];
}

/** The one that the value says by its discriminator. */
function optionsFor(union: z.core.$ZodUnionDef, value: unknown): readonly z.core.$ZodType[] {
  const { discriminator } = union as Partial<z.core.$ZodDiscriminatedUnionDef>;
  if (discriminator === undefined) return union.options;
  const said = member(value, discriminator);
  return union.options.filter((option) => option._zod.propValues?.[discriminator]?.has(said as string));
}

function member(value: unknown, key: PropertyKey): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<PropertyKey, unknown>)[key];
}
