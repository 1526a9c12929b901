/** A template as it is deployed, and what is known of the stack. */
export interface TemplateSource {
  /** Of the file, as findings name it: `Shop.template.json`. */
  readonly name: string;
  /** The parsed JSON. */
  readonly template: unknown;
  /** The nested stack that deploys it: the parent's name, and the logical ID there. */
  readonly parent?: { readonly name: string; readonly logicalId: string };
  readonly account?: string;
  readonly region?: string;
  /** What is deployed as one, such as a stage of an app: imports are looked for there first. */
  readonly assembly?: string;
}

/** A resource of a template, before any of its functions is computed. */
export interface Resource {
  readonly template: Template;
  readonly logicalId: string;
  readonly type: string;
  readonly raw: Readonly<Record<string, unknown>>;
}

/** A template with its sections as objects, whatever was there. */
export class Template {
  readonly name: string;
  readonly resources: ReadonlyMap<string, Resource>;

  constructor(readonly source: TemplateSource) {
    this.name = source.name;
    this.resources = new Map(
      Object.entries(this.section('Resources'))
        .flatMap(([logicalId, raw]): (readonly [string, Resource])[] => {
          // A loop or a macro stands where a resource would: it is one that no check can read.
          if (logicalId.startsWith('Fn::')) return [this.entry(logicalId, logicalId, {})];
          const type = isRecord(raw) ? raw['Type'] : undefined;
          return isRecord(raw) && typeof type === 'string' ? [this.entry(logicalId, type, raw)] : [];
        })
        .concat(this.macros().map((name) => this.entry('Transform', `Transform ${name}`, {}))),
    );
  }

  /** Macros of the account's own, which may rewrite the whole template; those of AWS say at a resource what they do. */
  private macros(): string[] {
    const transform = isRecord(this.source.template) ? this.source.template['Transform'] : undefined;
    const all: readonly unknown[] = Array.isArray(transform) ? transform : [transform];
    return all
      .map((item) => (isRecord(item) ? item['Name'] : item))
      .filter((name): name is string => typeof name === 'string')
      .filter((name) => name === 'AWS::Include' || !name.startsWith('AWS::'));
  }

  private entry(logicalId: string, type: string, raw: Resource['raw']): readonly [string, Resource] {
    return [logicalId, { template: this, logicalId, type, raw }];
  }

  section(name: string): Readonly<Record<string, unknown>> {
    const section = isRecord(this.source.template) ? this.source.template[name] : undefined;
    return isRecord(section) ? section : {};
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
