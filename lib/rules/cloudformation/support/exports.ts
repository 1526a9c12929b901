import { isRecord, type Template } from './template.js';

/** A value that a stack hands to others, as it is written in that stack's template. */
export interface Export {
  readonly template: Template;
  readonly value: unknown;
}

/**
 * What stacks import from each other. A name is unique in one account and region only, and every stage of an app may
 * export it again.
 */
export class Exports {
  private readonly byName: ReadonlyMap<string, readonly Export[]>;
  private readonly acrossRegions: ReadonlyMap<string, readonly (Export & { readonly region: unknown })[]>;

  constructor(templates: readonly Template[]) {
    this.byName = grouped(templates.flatMap(exportsOf));
    this.acrossRegions = grouped(templates.flatMap(writtenByCdk));
  }

  /** Outputs that `Fn::ImportValue` of a template may mean: more than one where nobody says which is deployed beside it. */
  importedBy({ source }: Template, name: string): readonly Export[] {
    const { account, region } = source;
    return closest(
      source.assembly,
      (this.byName.get(name) ?? []).filter(
        ({ template: { source: other } }) => same(other.account, account) && same(other.region, region),
      ),
    );
  }

  /** The same of the CDK's `crossRegionReferences`: a function writes them where another reads them. */
  readBy({ source }: Template, name: string): readonly Export[] {
    return closest(
      source.assembly,
      (this.acrossRegions.get(name) ?? []).filter(
        ({ template, region }) =>
          same(template.source.account, source.account) &&
          (region === undefined || same(region, source.region)),
      ),
    );
  }
}

function closest(assembly: string | undefined, found: readonly Export[]): readonly Export[] {
  const beside = found.filter(({ template }) => template.source.assembly === assembly);
  return beside.length > 0 ? beside : found;
}

/** Whether two may be one: what is not said may be anything. */
function same(a: unknown, b: unknown): boolean {
  return a === undefined || b === undefined || a === b;
}

function exportsOf(template: Template): [string, Export][] {
  return Object.values(template.section('Outputs')).flatMap((output): [string, Export][] => {
    const name = isRecord(output) && isRecord(output['Export']) ? output['Export']['Name'] : undefined;
    return isRecord(output) && typeof name === 'string' ? [[name, { template, value: output['Value'] }]] : [];
  });
}

function writtenByCdk(template: Template): [string, Export & { region: unknown }][] {
  return [...template.resources.values()]
    .filter(({ type }) => type === 'Custom::CrossRegionExportWriter')
    .flatMap(({ raw }) => {
      const properties = isRecord(raw['Properties']) ? raw['Properties'] : {};
      const writer = isRecord(properties['WriterProps']) ? properties['WriterProps'] : {};
      const region = typeof writer['region'] === 'string' ? writer['region'] : undefined;
      const written = isRecord(writer['exports']) ? Object.entries(writer['exports']) : [];
      return written.map(([name, value]): [string, Export & { region: unknown }] => [
        name,
        { template, value, region },
      ]);
    });
}

function grouped<T>(entries: readonly (readonly [string, T])[]): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>();
  for (const [name, item] of entries) found.set(name, [...(found.get(name) ?? []), item]);
  return found;
}
