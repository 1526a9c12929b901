import { isRecord, listOf, type Resource, type Template } from '../template.js';
import type { Law } from './law.js';

/** CloudFormation refuses a template in which resources wait for one another; synthesis does not look. */
export const noCircle: Law = {
  name: 'no resources of a template wait for one another',
  broken: (templates) => templates.flatMap(circlesOf),
};

function circlesOf({ name, resources }: Template): string[] {
  const done = new Set<string>();
  const found: string[] = [];
  const follow = (id: string, before: readonly string[]): void => {
    const at = before.indexOf(id);
    if (at >= 0) {
      found.push(
        [...before.slice(at), id].map((each) => `${name}/${each} (${resources[each]!.Type})`).join(' -> '),
      );
    } else if (!done.has(id)) {
      for (const next of waitsFor(resources[id]!))
        if (Object.hasOwn(resources, next)) follow(next, [...before, id]);
      done.add(id);
    }
  };
  for (const id of Object.keys(resources)) follow(id, []);
  return found;
}

function waitsFor(resource: Resource): Set<string> {
  return new Set([...named(resource.Properties), ...listOf(resource['DependsOn']).map(String)]);
}

/** Logical IDs that a value refers to. */
function named(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(named);
  if (!isRecord(value)) return [];
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Sub': sub } = value;
  const text = listOf(sub)[0];
  const inText = typeof text === 'string' ? text.matchAll(/\$\{([A-Za-z0-9]+)[.}]/g) : [];
  const owner = listOf(attribute)[0];
  return [
    ...(typeof Ref === 'string' ? [Ref] : []),
    ...(typeof owner === 'string' ? [owner.split('.')[0]!] : []),
    ...[...inText].map(([, id]) => id!),
    ...Object.values(value).flatMap(named),
  ];
}
