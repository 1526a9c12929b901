import fc from 'fast-check';
import { checkTemplates } from '../../../lib/rules/cloudformation/index.js';
import { isRecord } from '../../../lib/rules/cloudformation/support/template.js';
import type { Sections } from './examples/example.js';
import { EXAMPLES } from './examples/index.js';
import { merged } from './examples/spellings.js';

/** A change of a template that says nothing about security. */
type Change = (template: Sections) => Sections;

const word = fc.stringMatching(/^[A-Z][a-z]{1,8}$/);

const changes: fc.Arbitrary<Change> = fc.oneof(
  word.map(
    (name): Change =>
      (template) => ({ Description: name, ...template }),
  ),
  word.map(
    (name): Change =>
      (template) =>
        merged(template, { Resources: { [`Ztp${name}`]: { Type: 'AWS::SNS::Topic' } } }),
  ),
  word.map(
    (name): Change =>
      (template) =>
        merged(template, { Outputs: { [`Ztp${name}`]: { Value: name } } }),
  ),
  word.map(
    (name): Change =>
      (template) =>
        merged(template, { Parameters: { [`Ztp${name}`]: { Type: 'String' } } }),
  ),
  word.map(
    (name): Change =>
      (template) =>
        merged(template, {
          Conditions: { [`Ztp${name}`]: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, name] } },
        }),
  ),
  word.map(
    (name): Change =>
      (template) =>
        onIt(template, (it) => ({
          ...it,
          Metadata: { ...(it['Metadata'] as Sections | undefined), [name]: name },
        })),
  ),
  word.map(
    (name): Change =>
      (template) =>
        onIt(template, (it) => ({ ...it, DependsOn: [name], DeletionPolicy: 'Retain' })),
  ),
  fc.constant<Change>((template) => turned(template) as Sections),
  fc.constant<Change>(joinedTexts),
);

function onIt(
  template: Sections,
  change: (it: Record<string, unknown>) => Record<string, unknown>,
): Sections {
  const resources = template['Resources'] as Record<string, Record<string, unknown>>;
  return { ...template, Resources: { ...resources, It: change(resources['It']!) } };
}

/** The same with the keys of every object in the other order. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, turned(item)]),
  );
}

/** The same with every text among the properties of `It` written by `Fn::Join`. */
function joinedTexts(template: Sections): Sections {
  const join = (value: unknown): unknown => {
    if (typeof value === 'string') return { 'Fn::Join': ['', [value.slice(0, 1), value.slice(1)]] };
    if (Array.isArray(value)) return value.map(join);
    if (!isRecord(value)) return value;
    // An argument of a function may have to be a literal.
    if (Object.keys(value).some((key) => key === 'Ref' || key.startsWith('Fn::'))) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, join(item)]));
  };
  return onIt(template, (it) => ({ ...it, Properties: join(it['Properties']) }));
}

const findings = (template: Sections): string[] =>
  checkTemplates([{ name: 'T', template }])
    .filter(({ logicalId }) => !logicalId.startsWith('Ztp'))
    .map(({ code, logicalId, location, undecided }) => `${code} ${logicalId} ${location} ${undecided}`)
    .sort();

const pool = Object.values(EXAMPLES).flatMap(({ violating, compliant, undecided = [] }) =>
  [...violating, ...compliant, ...undecided].map(([, template]) => template),
);

test('what says nothing about security changes no finding', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...pool),
      fc.array(changes, { minLength: 1, maxLength: 4 }),
      (template, some) => {
        const changed = some.reduce((before, change) => change(before), template);
        expect(findings(changed)).toEqual(findings(template));
      },
    ),
    { numRuns: 400, seed: 11 },
  );
});
