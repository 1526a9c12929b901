import fc from 'fast-check';
import { checkTemplates, type TemplateSource } from '../../../lib/rules/cloudformation/index.js';
import { Deployment } from '../../../lib/rules/cloudformation/support/deployment.js';
import { Reading } from '../../../lib/rules/cloudformation/support/reading.js';
import { isRecord } from '../../../lib/rules/cloudformation/support/template.js';
import { Text, type Value } from '../../../lib/rules/cloudformation/support/value.js';
import { everyWorld } from '../../../lib/rules/cloudformation/support/world.js';
import type { Sections } from './examples/example.js';
import { EXAMPLES } from './examples/index.js';

/** What a property may be, in the order of the worlds. */
function valuesOf(
  template: Sections,
  others: readonly TemplateSource[] = [],
  more: Partial<TemplateSource> = {},
): string[] {
  const deployment = new Deployment([{ name: 'T', template, ...more }, ...others]);
  const it = deployment.templates[0]!.resources.get('It')!;
  const seen: string[] = [];
  everyWorld((world) => {
    const reading = new Reading(deployment, world);
    const value: Value = reading.exists(it) ? reading.get(it, 'V') : 'no such resource';
    seen.push(value instanceof Text ? value.toString() : (JSON.stringify(value) ?? 'nothing'));
  });
  return [...new Set(seen)];
}

const of = (value: unknown, sections: Sections = {}): string[] =>
  valuesOf({
    ...sections,
    Resources: { It: { Type: 'X', Properties: { V: value } }, B: { Type: 'AWS::S3::Bucket' } },
  });

const C = { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'x'] };
const P = (declared: unknown) => ({ Parameters: { P: declared } });

test.each<[string, unknown, Sections, string[]]>([
  ['a literal', 'a', {}, ['"a"']],
  ['a reference', { Ref: 'B' }, {}, ['${B}']],
  ['an attribute', { 'Fn::GetAtt': ['B', 'Arn'] }, {}, ['${B.Arn}']],
  [
    'an attribute of a nested stack that is not here',
    { 'Fn::GetAtt': 'N.Outputs.A' },
    {},
    ['${? N.Outputs.A}'],
  ],
  [
    'a text with holes',
    { 'Fn::Sub': '${B.Arn}/${!literal}/${AWS::Region}' },
    {},
    ['${B.Arn}/${literal}/${AWS::Region}'],
  ],
  ['variables of Fn::Sub', { 'Fn::Sub': ['${a}-${B}', { a: 1 }] }, {}, ['1-${B}']],
  [
    'a part of a text with a hole',
    { 'Fn::Select': [1, { 'Fn::Split': ['/', { 'Fn::Sub': '${B}/x/${B}' }] }] },
    {},
    ['"x"'],
  ],
  ['nothing', { Ref: 'AWS::NoValue' }, {}, ['nothing']],
  ['nothing in a list', ['a', { Ref: 'AWS::NoValue' }], {}, ['["a"]']],
  [
    'a mapping by a region that nobody knows',
    { 'Fn::FindInMap': ['M', { Ref: 'AWS::Region' }, 'k'] },
    { Mappings: { M: { a: { k: 1 }, b: { k: 2 } } } },
    ['1', '2'],
  ],
  ['a condition', { 'Fn::If': ['C', 1, 2] }, { Conditions: { C } }, ['1', '2']],
  [
    'two of one condition',
    { 'Fn::Join': ['', [{ 'Fn::If': ['C', 1, 2] }, { 'Fn::If': ['D', 3, 4] }]] },
    { Conditions: { C, D: { 'Fn::Not': [{ Condition: 'C' }] } } },
    ['"14"', '"23"'],
  ],
  [
    'and, or',
    { 'Fn::If': ['C', 1, 2] },
    {
      Conditions: {
        C: { 'Fn::And': [{ 'Fn::Or': [{ 'Fn::Equals': [1, 1] }, C] }, { 'Fn::Equals': ['a', 'b'] }] },
      },
    },
    ['2'],
  ],
  ['a default', { Ref: 'P' }, P({ Type: 'String', Default: 'd' }), ['"d"']],
  ['a list of a default', { Ref: 'P' }, P({ Type: 'List<Number>', Default: '1, 2' }), ['["1","2"]']],
  [
    'values that are allowed',
    { Ref: 'P' },
    P({ Type: 'String', AllowedValues: ['a', 'b'], Default: 'a' }),
    ['"a"', '"b"'],
  ],
  ['no default', { Ref: 'P' }, P({ Type: 'String' }), ['${? the parameter P}']],
  [
    'values that conditions tell apart',
    { 'Fn::If': ['C', { Ref: 'P' }, 'other'] },
    { ...P({ Type: 'String', Default: 'dev' }), Conditions: { C: { 'Fn::Equals': [{ Ref: 'P' }, 'prod'] } } },
    ['"other"', '"prod"'],
  ],
  ['a function that is not known', { 'Fn::Cidr': ['10.0.0.0/16', 2, 8] }, {}, ['${? Fn::Cidr}']],
  ['JSON of a value', { 'Fn::ToJsonString': { a: { 'Fn::Sub': 'x' } } }, {}, ['"{\\"a\\":\\"x\\"}"']],
])('%s', (_, value, sections, expected) => {
  expect(of(value, sections)).toEqual(expected);
});

test('what a parent passes, and what it reads back', () => {
  const parent: TemplateSource = {
    name: 'Parent',
    template: {
      Resources: {
        Nested: {
          Type: 'AWS::CloudFormation::Stack',
          Properties: { Parameters: { P: { 'Fn::Sub': 'given' } } },
        },
      },
    },
  };
  const nested = {
    ...P({ Type: 'String', Default: 'd' }),
    Resources: { It: { Type: 'X', Properties: { V: { Ref: 'P' } } } },
    Outputs: { O: { Value: { Ref: 'P' } } },
  };
  const sources = [{ name: 'T', template: nested, parent: { name: 'Parent', logicalId: 'Nested' } }, parent];
  const deployment = new Deployment(sources);
  const read = (name: string, raw: unknown) => {
    let value: Value;
    everyWorld((world) => {
      const template = deployment.templates.find((one) => one.name === name)!;
      value = new Reading(deployment, world).evaluate(template, raw);
    });
    return value;
  };
  expect(read('T', { Ref: 'P' })).toBe('given');
  expect(read('Parent', { 'Fn::GetAtt': ['Nested', 'Outputs.O'] })).toBe('given');
});

test('an import is read where one of the stacks exports it', () => {
  const exporting = { name: 'E', template: { Outputs: { O: { Value: 'v', Export: { Name: 'E:O' } } } } };
  const importing = { Resources: { It: { Type: 'X', Properties: { V: { 'Fn::ImportValue': 'E:O' } } } } };
  expect(valuesOf(importing, [exporting])).toEqual(['"v"']);
  expect(valuesOf(importing)).toEqual(['${? the import E:O}']);
});

describe('what several stacks export by one name', () => {
  const importing = { Resources: { It: { Type: 'X', Properties: { V: { 'Fn::ImportValue': 'O' } } } } };
  const exporting = (value: string, more: Partial<TemplateSource> = {}): TemplateSource => ({
    name: value,
    template: { Outputs: { O: { Value: value, Export: { Name: 'O' } } } },
    ...more,
  });
  const read = (more: Partial<TemplateSource>, others: readonly TemplateSource[]) =>
    valuesOf(importing, others, more);

  test.each(['dev', 'prod'])('is read in the stage %s', (assembly) => {
    const stages = ['dev', 'prod'].map((name) => exporting(name, { assembly: name }));
    expect(read({ assembly }, stages)).toEqual([`"${assembly}"`]);
    expect(read({ assembly }, stages.toReversed())).toEqual([`"${assembly}"`]);
  });

  test.each(['account', 'region'] as const)('is read in its %s', (key) => {
    const others = ['1', '2'].map((value) => exporting(value, { [key]: value }));
    expect(read({ [key]: '1' }, others)).toEqual(['"1"']);
    expect(read({ [key]: '3' }, others)).toEqual(['${? the import O}']);
  });

  test('is each of them where nobody says which', () => {
    expect(read({}, [exporting('a'), exporting('b')])).toEqual(['"a"', '"b"']);
  });
});

test('what the CDK carries to another region is read where it was written', () => {
  const name = '/cdk/exports/Eu/Arn';
  const writing = (region: string, value: string): TemplateSource => ({
    name: region,
    region: 'us-east-1',
    template: {
      Resources: {
        W: {
          Type: 'Custom::CrossRegionExportWriter',
          Properties: { WriterProps: { region, exports: { [name]: value } } },
        },
      },
    },
  });
  const reading = {
    Resources: {
      It: { Type: 'X', Properties: { V: { 'Fn::GetAtt': ['R', name] } } },
      R: { Type: 'Custom::CrossRegionExportReader' },
    },
  };
  const others = [writing('eu-west-1', 'here'), writing('eu-west-2', 'there')];
  expect(valuesOf(reading, others, { region: 'eu-west-1' })).toEqual(['"here"']);
  expect(valuesOf(reading)).toEqual([`\${? R.${name}}`]);
});

test.each<[string, unknown, Sections, string[]]>([
  [
    'two conditions that name each other',
    { 'Fn::If': ['C', 1, 2] },
    { Conditions: { C: { Condition: 'D' }, D: { Condition: 'C' } } },
    ['1', '2'],
  ],
  [
    'an output that imports itself',
    { 'Fn::ImportValue': 'O' },
    { Outputs: { O: { Value: { 'Fn::ImportValue': 'O' }, Export: { Name: 'O' } } } },
    ['${? the import O, which leads back to itself}'],
  ],
])('%s, is no exception', (_, value, sections, expected) => {
  expect(of(value, sections)).toEqual(expected);
});

test('a condition over many regions, as the CDK writes it for every stack, is one choice', () => {
  const regions = Array.from({ length: 30 }, (_, index) => ({
    'Fn::Equals': [{ Ref: 'AWS::Region' }, `r-${index}`],
  }));
  const Conditions = {
    C: { 'Fn::Or': [{ 'Fn::Or': regions.slice(0, 10) }, { 'Fn::Or': regions.slice(10) }] },
  };
  expect(of({ 'Fn::If': ['C', 1, 2] }, { Conditions })).toEqual(['1', '2']);
});

test.each([
  ['a loop', { Resources: { 'Fn::ForEach::Topics': ['T', ['a', 'b'], {}] } }, 'Fn::ForEach::Topics'],
  [
    'an include among the resources',
    { Resources: { 'Fn::Transform': { Name: 'AWS::Include' } } },
    'Fn::Transform',
  ],
  ['a macro over everything', { Transform: ['AWS::LanguageExtensions', 'Own'], Resources: {} }, 'Transform'],
])('%s is no approval', (_, template, logicalId) => {
  const found = checkTemplates([{ name: 'T', template }]);
  expect(found.map(({ code, logicalId: at, undecided }) => [code, at, undecided])).toEqual([
    ['unread-resource', logicalId, true],
  ]);
});

test('conditions beyond what can be looked at are no approval', () => {
  const names = Array.from({ length: 12 }, (_, index) => `C${index}`);
  const template = {
    Conditions: Object.fromEntries(
      names.map((name) => [name, { 'Fn::Equals': [{ 'Fn::ImportValue': name }, 'x'] }]),
    ),
    Resources: {
      It: {
        Type: 'AWS::EC2::SecurityGroup',
        Properties: {
          SecurityGroupEgress: names.map((name) => ({
            'Fn::If': [name, { CidrIp: '10.0.0.0/16' }, { CidrIp: '10.1.0.0/16' }],
          })),
        },
      },
    },
  };
  const [found] = checkTemplates([{ name: 'T', template }]);
  expect(found).toMatchObject({ code: 'open-egress', undecided: true, location: 'Condition' });
});

test('a task with more conditions than can be looked at together, none of which matters, is judged', () => {
  const names = Array.from({ length: 12 }, (_, index) => `C${index}`);
  const template = {
    Conditions: Object.fromEntries(
      names.map((name) => [name, { 'Fn::Equals': [{ 'Fn::ImportValue': name }, 'x'] }]),
    ),
    Resources: {
      It: {
        Type: 'AWS::ECS::TaskDefinition',
        Properties: {
          ContainerDefinitions: [
            {
              Image: `r.example/app@sha256:${'a1'.repeat(32)}`,
              User: '65532',
              ReadonlyRootFilesystem: true,
              Environment: names.map((name) => ({ Name: name, Value: { 'Fn::If': [name, 'on', 'off'] } })),
            },
          ],
        },
      },
    },
  };
  expect(checkTemplates([{ name: 'T', template }])).toEqual([]);
});

test('nothing that is malformed is an exception', () => {
  const odd = fc.oneof(
    fc.constant(null),
    fc.integer(),
    fc.string(),
    fc.array(fc.string()),
    fc.object({ maxDepth: 2 }),
  );
  const names = [
    'Ref',
    'Fn::GetAtt',
    'Fn::If',
    'Fn::Join',
    'Fn::Sub',
    'Fn::Select',
    'Fn::Split',
    'Fn::FindInMap',
    'Fn::ImportValue',
    'Fn::Equals',
    'Fn::Not',
  ];
  const call = fc.tuple(fc.constantFrom(...names), odd).map(([name, argument]) => ({ [name]: argument }));
  const pool = Object.values(EXAMPLES).flatMap(({ violating }) => violating.map(([, template]) => template));
  fc.assert(
    fc.property(fc.constantFrom(...pool), fc.oneof(odd, call), fc.nat(), (template, value, at) => {
      checkTemplates([{ name: 'T', template: spoiled(template, value, at) }]);
    }),
    { numRuns: 300, seed: 7 },
  );
});

/** A template with one property of `It` replaced. */
function spoiled(template: Sections, value: unknown, at: number): Sections {
  const resources = template['Resources'] as Record<string, { Properties?: Record<string, unknown> }>;
  const it = resources['It']!;
  const names = Object.keys(it.Properties ?? {});
  const name = names[at % Math.max(1, names.length)] ?? 'X';
  const properties = isRecord(it.Properties) ? it.Properties : {};
  return {
    ...template,
    Resources: { ...resources, It: { ...it, Properties: { ...properties, [name]: value } } },
  };
}
