import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isRecord, listOf, type Resource, type Template } from './template.js';

/** Where a resource is: the name of its template and its logical ID. */
export type Place = `${string}/${string}`;

/**
 * The resource, or the literal, that a value of a template stands for in the end: through parameters and outputs of nested
 * stacks and through exports. Undefined for what is neither.
 */
export function meant(
  templates: readonly Template[],
  template: Template,
  value: unknown,
): Place | string | undefined {
  if (typeof value === 'string') return value;
  if (!isRecord(value)) return undefined;
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::ImportValue': name } = value;
  if (typeof Ref === 'string') {
    if (Object.hasOwn(template.resources, Ref)) return `${template.name}/${Ref}`;
    for (const parent of templates) {
      for (const resource of Object.values(parent.resources)) {
        if (nestedIn(parent, resource) !== basename(template.file)) continue;
        const given = resource.Properties?.['Parameters'];
        if (isRecord(given)) return meant(templates, parent, given[Ref]);
      }
    }
  }
  const [owner, ...path] = listOf(attribute).flatMap((part) =>
    typeof part === 'string' ? part.split('.') : [],
  );
  const resource = owner === undefined ? undefined : template.resources[owner];
  if (resource?.Type === 'AWS::CloudFormation::Stack') {
    const own = nestedIn(template, resource);
    const nested = templates.find(({ file }) => basename(file) === own);
    return nested && meant(templates, nested, valueOf(nested.outputs[path.at(-1)!]));
  }
  if (resource) return `${template.name}/${owner!}`;
  if (typeof name !== 'string') return undefined;
  for (const other of templates) {
    const output = Object.values(other.outputs).find((each) => exportOf(each) === name);
    if (output !== undefined) return meant(templates, other, valueOf(output));
  }
  return undefined;
}

/** The file of a nested stack: its address ends in the hash by which the assembly lists it. */
function nestedIn({ file }: Template, { Type, Properties }: Resource): string | undefined {
  if (Type !== 'AWS::CloudFormation::Stack') return undefined;
  const hash = /([0-9a-f]{64})\.json/.exec(JSON.stringify(Properties?.['TemplateURL']))?.[1];
  return hash === undefined ? undefined : assetsOf(dirname(file)).get(hash);
}

const assets = new Map<string, ReadonlyMap<string, string>>();

function assetsOf(assembly: string): ReadonlyMap<string, string> {
  const known = assets.get(assembly);
  if (known) return known;
  const found = readdirSync(assembly)
    .filter((name) => name.endsWith('.assets.json'))
    .flatMap((name) => {
      const { files } = JSON.parse(readFileSync(join(assembly, name), 'utf8')) as {
        files: Record<string, { source: { path?: string } }>;
      };
      return Object.entries(files).map(([hash, { source }]) => [hash, source.path ?? ''] as const);
    });
  const made = new Map(found);
  assets.set(assembly, made);
  return made;
}

const valueOf = (output: unknown) => (isRecord(output) ? output['Value'] : undefined);

function exportOf(output: unknown): unknown {
  return isRecord(output) && isRecord(output['Export']) ? output['Export']['Name'] : undefined;
}
