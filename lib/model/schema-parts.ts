import { z } from 'zod';

/** A bounded list. */
export function listOf<Item extends z.ZodType>(item: Item, max: number, min = 0) {
  return z.array(item).min(min).max(max);
}

/** A bounded record. */
export function recordOf<Value extends z.ZodType>(key: z.ZodString, value: Value, max: number) {
  return z
    .record(key, value)
    .refine((record) => Object.keys(record).length <= max, 'too-many')
    .meta({ maxProperties: max });
}

/** A whole number of seconds. */
export function seconds(min: number, max: number) {
  const error = ({ code, input }: { code: string; input?: unknown }) =>
    code === 'invalid_type' && input !== undefined ? 'invalid-seconds' : undefined;
  return z.int({ error }).min(min).max(max);
}
