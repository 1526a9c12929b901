import { shop } from './shop.js';

export function fail(): never {
  throw new Error('this is not to be read');
}

export function many(length: number, value: unknown): unknown[] {
  return Array.from({ length }, () => value);
}

/** A list that only has a length. */
export function holes(length: number): unknown[] {
  return Object.assign([], { length });
}

export function cyclic(): unknown {
  const model: Record<string, unknown> = { ...shop() };
  model['services'] = model;
  return model;
}

export function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = { a: value };
  return value;
}

/** Two to the power of `levels` values, in as many objects as levels. */
export function doubling(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = { a: value, b: value };
  return value;
}
