/** JSON with sorted keys and no undefined: equal values have equal bytes. */
export function canonicalJson(value: unknown, indent?: number): string {
  return JSON.stringify(inOrder(value), undefined, indent);
}

/** The same value with the keys of every object in order and no undefined; lists stay as they are. */
export function sortedKeys<Value>(value: Value): Value {
  return sorted(value, (copy) => copy) as Value;
}

/** The same, and nothing in it can be changed. */
export function frozenInOrder<Value>(value: Value): Value {
  return sorted(value, Object.freeze) as Value;
}

function sorted(value: unknown, finish: (copy: object) => object): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return finish(value.map((item) => sorted(item, finish)));
  const fields = value as JsonRecord;
  const members: [name: string, item: unknown][] = [];
  for (const name of Object.keys(fields).sort()) {
    const item = fields[name];
    if (item !== undefined) members.push([name, sorted(item, finish)]);
  }
  return finish(Object.fromEntries(members));
}

/** The same for somebody who only reads: what is in order already, as most of a plan is, is no copy. */
function inOrder(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map(inOrder);
    return items.every((item, at) => item === value[at]) ? value : items;
  }
  const fields = value as JsonRecord;
  const names = Object.keys(fields);
  let isInOrder = isRecord(value) && names.every((name, at) => at === 0 || names[at - 1]! < name);
  if (!isInOrder) names.sort();
  const members: [name: string, item: unknown][] = [];
  for (const name of names) {
    const item = inOrder(fields[name]);
    if (item !== undefined) members.push([name, item]);
    isInOrder &&= item !== undefined && item === fields[name];
  }
  return isInOrder ? value : Object.fromEntries(members);
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
  for (const name of Object.keys(other)) {
    if (!Object.hasOwn(one, name) && other[name] !== undefined) return false;
  }
  for (const name of Object.keys(one)) {
    if (!sameJson(one[name], Object.hasOwn(other, name) ? other[name] : undefined)) return false;
  }
  return true;
}

type JsonRecord = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is JsonRecord {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
