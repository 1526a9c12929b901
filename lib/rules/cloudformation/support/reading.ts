import type { Deployment } from './deployment.js';
import { conditionHolds, evaluate } from './functions.js';
import { isRecord, type Resource, type Template } from './template.js';
import { unknown, type Value } from './value.js';
import type { World } from './world.js';

/** A deployment in one world: what exists, and what its properties are. */
export class Reading {
  private readonly asked = new Set<string>();

  constructor(
    readonly deployment: Deployment,
    readonly world: World,
  ) {}

  /** Whether the resource's condition holds, and those of the nested stacks that it is in. */
  exists({ template, raw }: Resource): boolean {
    const condition = raw['Condition'];
    const parent = this.deployment.parentOf(template);
    if (parent && !this.exists(parent)) return false;
    return typeof condition !== 'string' || this.holds(template, condition);
  }

  holds(template: Template, condition: string): boolean {
    return conditionHolds(this, template, condition);
  }

  /** A property, or what is deeper in it. */
  get(resource: Resource, property: string): Value {
    const constants = this.deployment.constants.get(resource) ?? new Map<string, Value>();
    if (constants.has(property)) return constants.get(property);
    const before = this.world.choices;
    const value = this.unlessCircular(
      `${resource.template.name}/${resource.logicalId}.${property}`,
      () => this.property(resource, property),
      () => unknown(`${resource.logicalId}.${property}, which leads back to itself`),
    );
    if (this.world.choices === before) {
      constants.set(property, value);
      this.deployment.constants.set(resource, constants);
    }
    return value;
  }

  /** Every property that has a value. */
  properties(resource: Resource): Readonly<Record<string, Value>> {
    const raw = resource.raw['Properties'];
    const names = isRecord(raw) ? Object.keys(raw) : [];
    return Object.fromEntries(
      names
        .map((name) => [name, this.get(resource, name)] as const)
        .filter(([, value]) => value !== undefined),
    );
  }

  /** What others ask for while they are asked for, such as two conditions that name each other, has no value. */
  unlessCircular<T>(name: string, compute: () => T, circular: () => T): T {
    if (this.asked.has(name)) return circular();
    this.asked.add(name);
    try {
      return compute();
    } finally {
      this.asked.delete(name);
    }
  }

  evaluate(template: Template, raw: unknown): Value {
    return evaluate(this, template, raw);
  }

  private property({ template, raw, type }: Resource, property: string): Value {
    const properties = raw['Properties'];
    if (!isRecord(properties)) return undefined;
    if ('Fn::Transform' in properties && !(property in properties)) return unknown('Fn::Transform');
    if (type.startsWith('AWS::Serverless::')) return unknown('the transform AWS::Serverless');
    return Object.hasOwn(properties, property) ? evaluate(this, template, properties[property]) : undefined;
  }
}
