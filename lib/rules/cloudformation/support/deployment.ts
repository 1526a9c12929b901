import { type Export, Exports } from './exports.js';
import { isRecord, type Resource, Template, type TemplateSource } from './template.js';
import type { Value } from './value.js';

/** Every template that is deployed together: nested stacks with their parents, stacks with what they import. */
export class Deployment {
  readonly templates: readonly Template[];
  /** Values that are the same in every world, so that each is computed once. */
  readonly constants = new Map<Resource, Map<string, Value>>();
  private readonly byName: ReadonlyMap<string, Template>;
  private readonly byType = new Map<string, Resource[]>();
  private readonly nested = new Map<Resource, Template>();
  private readonly compared = new Map<Template, ReadonlyMap<string, readonly string[]>>();
  private readonly exports: Exports;

  constructor(sources: readonly TemplateSource[]) {
    this.templates = sources.map((source) => new Template(source));
    this.byName = new Map(this.templates.map((template) => [template.name, template]));
    for (const template of this.templates) {
      for (const resource of template.resources.values()) {
        const same = this.byType.get(resource.type) ?? [];
        same.push(resource);
        this.byType.set(resource.type, same);
      }
    }
    for (const template of this.templates) {
      const parent = this.parentOf(template);
      if (parent) this.nested.set(parent, template);
    }
    this.exports = new Exports(this.templates);
  }

  /** Without types every resource. */
  resources(...types: readonly string[]): readonly Resource[] {
    if (types.length === 0) return [...this.byType.values()].flat();
    return types.flatMap((type) => this.byType.get(type) ?? []);
  }

  /** The resource of the parent's template that deploys a nested one. */
  parentOf({ source: { parent } }: Template): Resource | undefined {
    return parent && this.byName.get(parent.name)?.resources.get(parent.logicalId);
  }

  nestedBy(resource: Resource): Template | undefined {
    return this.nested.get(resource);
  }

  /** What a template may import by a name, of these stacks. */
  importedBy(template: Template, name: string): readonly Export[] {
    return this.exports.importedBy(template, name);
  }

  /** What a template may read from a stack in another region, by the name that the CDK gave it. */
  readAcrossRegions(template: Template, name: string): readonly Export[] {
    return this.exports.readBy(template, name);
  }

  /** Literals that the conditions of a template compare an expression with, such as `{ Ref: 'AWS::Region' }`. */
  comparedWith(template: Template, expression: unknown): readonly string[] {
    let found = this.compared.get(template);
    if (!found) this.compared.set(template, (found = comparisons(template)));
    return found.get(JSON.stringify(expression)) ?? [];
  }
}

function comparisons(template: Template): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  const look = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value as unknown[]) look(item);
    if (!isRecord(value)) return;
    const operands = value['Fn::Equals'];
    if (Array.isArray(operands)) {
      const literals = operands.filter((operand) => typeof operand !== 'object').map(String);
      for (const expression of operands.filter(isRecord).map((operand) => JSON.stringify(operand))) {
        found.set(expression, [...new Set([...(found.get(expression) ?? []), ...literals])]);
      }
    }
    for (const item of Object.values(value)) look(item);
  };
  look(template.section('Conditions'));
  return found;
}
