/** JSON with sorted keys and no undefined: equal values have equal bytes. */
export function canonicalJson(value: unknown, indent?: number): string {
  return JSON.stringify(sortedKeys(value), undefined, indent);
}

/** The same value with the keys of every object in order and no undefined; lists stay as they are. */
export function sortedKeys<Value>(value: Value): Value {
  return sorted(value) as Value;
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const fields = value as JsonRecord;
  const names = Object.keys(fields).filter((name) => fields[name] !== undefined);
  return Object.fromEntries(names.sort().map((name) => [name, sorted(fields[name])]));
}

/**
 * Whether two values have the same canonical JSON, without making it. Of what JSON cannot say only the very same is the same.
 */
export function sameJson(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (Array.isArray(one)) return Array.isArray(other) && sameItems(one, other);
  return isRecord(one) && isRecord(other) && sameFields(one, other);
}

function sameItems(one: readonly unknown[], other: readonly unknown[]): boolean {
  if (one.length !== other.length) return false;
  // Not `every`, which passes over holes.
  for (let index = 0; index < one.length; index += 1) {
    if (!sameJson(one[index], other[index])) return false;
  }
  return true;
}

function sameFields(one: JsonRecord, other: JsonRecord): boolean {
  const isThere = (name: string) => !Object.hasOwn(one, name) && other[name] !== undefined;
  if (Object.keys(other).some(isThere)) return false;
  return Object.keys(one).every((name) =>
    sameJson(one[name], Object.hasOwn(other, name) ? other[name] : undefined),
  );
}

type JsonRecord = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is JsonRecord {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Freeze a value and everything in it. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const item of Object.values(value)) deepFreeze(item);
  }
  return value;
}
