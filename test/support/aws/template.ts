import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
  readonly Metadata?: Readonly<Record<string, unknown>>;
  readonly [attribute: string]: unknown;
}

/** A template of an assembly, a nested stack's too. */
export interface Template {
  /** The file's name without what is the same for all. */
  readonly name: string;
  readonly file: string;
  readonly resources: Readonly<Record<string, Resource>>;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** Every template that an assembly has, by name. */
export function templatesOf(assembly: string): Template[] {
  return readdirSync(assembly)
    .filter((name) => name.endsWith('.template.json'))
    .sort()
    .map((name) => {
      const file = join(assembly, name);
      const { Resources, Parameters, Outputs } = JSON.parse(readFileSync(file, 'utf8')) as {
        Resources?: Record<string, Resource>;
        Parameters?: Record<string, unknown>;
        Outputs?: Record<string, unknown>;
      };
      return {
        name: name.replace(/(\.nested)?\.template\.json$/, ''),
        file,
        resources: Resources ?? {},
        parameters: Parameters ?? {},
        outputs: Outputs ?? {},
      };
    });
}

/** Resources of some types, each with where it is. */
export function resourcesOf(
  templates: readonly Template[],
  ...types: readonly string[]
): { readonly at: string; readonly resource: Resource; readonly properties: Record<string, unknown> }[] {
  return templates.flatMap((template) =>
    Object.entries(template.resources)
      .filter(([, resource]) => types.length === 0 || types.includes(resource.Type))
      .map(([id, resource]) => ({
        at: `${template.name}/${id} (${resource.Type})`,
        resource,
        properties: { ...resource.Properties },
      })),
  );
}

/** A property that CloudFormation allows to be one or many. */
export function listOf(value: unknown): unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
