import { readFile } from 'node:fs/promises';
import { basename, dirname, extname } from 'node:path';
import { type CollectionTag, Pair, parseDocument, Scalar, type ScalarTag, YAMLMap, type YAMLSeq } from 'yaml';
import type { TemplateSource } from '../lib/rules/cloudformation/index.js';
import { isRecord } from '../lib/rules/cloudformation/support/template.js';
import { cliError } from './error.js';

/** "Intrinsic function reference", CloudFormation: those with a short form in YAML. */
const SHORT =
  'Base64 Cidr FindInMap ForEach GetAtt GetAZs If ImportValue Join Length Select Split Sub ToJsonString Transform'
    .split(' ')
    .concat('And', 'Equals', 'Not', 'Or')
    .map((name): readonly [string, string] => [`!${name}`, `Fn::${name}`])
    .concat([
      ['!Ref', 'Ref'],
      ['!Condition', 'Condition'],
    ]);

const TAGS = SHORT.flatMap(([tag, name]): (ScalarTag | CollectionTag)[] => {
  const call = (argument: YAMLMap.Parsed | YAMLSeq.Parsed | YAMLMap | YAMLSeq) => {
    const map = new YAMLMap();
    map.add(new Pair(new Scalar(name), argument));
    return map;
  };
  return [
    { tag, resolve: (value) => ({ [name]: value }) },
    { tag, collection: 'seq', resolve: call },
    { tag, collection: 'map', resolve: call },
  ];
});

/**
 * Templates of CloudFormation, JSON or YAML. A nested stack of the CDK among them is put under its parent, which names
 * its file in the metadata.
 */
export async function loadTemplates(paths: readonly string[]): Promise<TemplateSource[]> {
  const sources = await Promise.all(
    paths.map(async (path) => ({
      name: basename(path),
      template: parse(await read(path), path),
      // The CDK writes each stage into a folder of its own.
      assembly: dirname(path),
    })),
  );
  const parents = new Map(sources.flatMap(({ name, template }) => nestedIn(name, template)));
  return sources.map((source) => {
    const parent = parents.get(source.name);
    return parent ? { ...source, parent } : source;
  });
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    throw cliError('template-file-not-found', path, 'the template cannot be read', {
      found,
      remedy: 'give files that `cdk synth` wrote, such as cdk.out/*.template.json',
    });
  }
}

function parse(text: string, path: string): unknown {
  let fault: string | undefined;
  let template: unknown;
  try {
    if (extname(path) === '.json') template = JSON.parse(text);
    else {
      const document = parseDocument(text, { version: '1.2', schema: 'core', customTags: TAGS });
      fault = document.errors[0]?.message;
      template = fault === undefined ? document.toJS({ maxAliasCount: 100 }) : undefined;
    }
  } catch (error) {
    fault = error instanceof Error ? error.message : String(error);
  }
  if (fault === undefined && !(isRecord(template) && isRecord(template['Resources']))) {
    fault = 'no object with `Resources`';
  }
  if (fault === undefined) return template;
  throw cliError('template-file-syntax', path, 'the file is no template of CloudFormation', {
    found: fault.split('\n')[0] ?? fault,
    expected: 'JSON or YAML with a map of `Resources`',
    remedy: 'correct it, or leave it out',
  });
}

/** Files of nested stacks, as the CDK notes them beside the resource. */
function nestedIn(name: string, template: unknown): [string, { name: string; logicalId: string }][] {
  const resources = isRecord(template) && isRecord(template['Resources']) ? template['Resources'] : {};
  return Object.entries(resources).flatMap(([logicalId, resource]) => {
    const metadata = isRecord(resource) ? resource['Metadata'] : undefined;
    const file = isRecord(metadata) ? metadata['aws:asset:path'] : undefined;
    const nests = isRecord(resource) && resource['Type'] === 'AWS::CloudFormation::Stack';
    return nests && typeof file === 'string' ? [[basename(file), { name, logicalId }]] : [];
  });
}
