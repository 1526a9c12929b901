import type { PropertyPath, TemplateFinding } from './check.js';
import { inEveryWorld } from './every-world.js';
import { listOf } from './read.js';
import type { Reading } from './reading.js';
import { isRecord, type Resource } from './template.js';
import type { Value } from './value.js';

type Findings = readonly TemplateFinding[];
type Look = (path: PropertyPath, value: Value) => Findings;

/** Look at every value among a resource's properties by itself, and at a name beside its value as one. */
export function everyValue(resource: Resource, reading: Reading, look: Look): Findings {
  return new Walk(resource, look).at([], resource.raw['Properties'] ?? {}, reading);
}

/** Look at every item of a list, of which only some keys matter. */
export function everyItem(
  resource: Resource,
  property: string,
  keys: readonly string[],
  reading: Reading,
  look: (item: Value, index: number) => Findings,
): Findings {
  const properties = resource.raw['Properties'];
  const picked = (path: PropertyPath, item: Value) => look(item, Number(path.at(-1)));
  const walk = new Walk(resource, picked, (raw) =>
    Object.fromEntries(keys.flatMap((key) => (Object.hasOwn(raw, key) ? [[key, raw[key]]] : []))),
  );
  return walk.items(isRecord(properties) ? properties[property] : undefined, reading);
}

/** Goes through what a template says, and computes no more of it at once than is looked at together. */
class Walk {
  constructor(
    private readonly resource: Resource,
    private readonly look: Look,
    private readonly pick = (raw: Readonly<Record<string, unknown>>): unknown => raw,
  ) {}

  at(path: PropertyPath, raw: unknown, reading: Reading): Findings {
    if (Array.isArray(raw)) {
      return (raw as unknown[]).flatMap((item, index) => this.at([...path, index], item, reading));
    }
    if (!isRecord(raw)) return this.whole(path, raw, reading);
    const branch = this.branches(raw, reading, (item, inner) => this.at(path, item, inner));
    if (branch) return branch;
    if ('Fn::Base64' in raw) return this.at(path, raw['Fn::Base64'], reading);
    const isPair = 'Value' in raw && ['Name', 'Key', 'ParameterKey'].some((key) => key in raw);
    if (isPair || isFunction(raw)) return this.whole(path, raw, reading);
    return Object.entries(raw).flatMap(([key, item]) => this.at([...path, key], item, reading));
  }

  items(raw: unknown, reading: Reading): Findings {
    const list: readonly unknown[] = Array.isArray(raw) ? raw : [raw];
    return list.flatMap((item, index) => this.item(index, item, reading));
  }

  private item(index: number, raw: unknown, reading: Reading): Findings {
    if (Array.isArray(raw)) return this.items(raw, reading);
    if (!isRecord(raw)) return [];
    const branch = this.branches(raw, reading, (item, inner) => this.item(index, item, inner));
    return branch ?? this.whole([index], isFunction(raw) ? raw : this.pick(raw), reading);
  }

  /** What stands under a condition is looked at where the condition holds. */
  private branches(
    raw: Readonly<Record<string, unknown>>,
    reading: Reading,
    look: (raw: unknown, reading: Reading) => Findings,
  ): Findings | undefined {
    const [condition, then, otherwise] = listOf(raw['Fn::If'] as Value);
    if (typeof condition !== 'string') return undefined;
    return inEveryWorld(reading.deployment, reading.world, (inner) =>
      look(inner.holds(this.resource.template, condition) ? then : otherwise, inner),
    );
  }

  private whole(path: PropertyPath, raw: unknown, reading: Reading): Findings {
    return inEveryWorld(reading.deployment, reading.world, (inner) => {
      const value = inner.evaluate(this.resource.template, raw);
      return value === undefined ? [] : this.look(path, value);
    });
  }
}

function isFunction(raw: Readonly<Record<string, unknown>>): boolean {
  const [name, ...more] = Object.keys(raw);
  return more.length === 0 && name !== undefined && (name === 'Ref' || name.startsWith('Fn::'));
}
