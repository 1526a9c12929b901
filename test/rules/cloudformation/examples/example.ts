/** A template of one mistake or of its correct twin. The resource that it is about has the logical ID `It`. */
export type Sections = Readonly<Record<string, unknown>>;

/** What it shows, the template, and the place of a value that is tried in every spelling. */
export type Example = readonly [name: string, template: Sections, vary?: readonly (string | number)[]];

export interface Examples {
  readonly violating: readonly Example[];
  readonly compliant: readonly Example[];
  readonly undecided?: readonly Example[];
}

type Properties = Readonly<Record<string, unknown>>;

/** A template with one resource, and what stands beside it. */
export function it(
  type: string,
  properties: Properties,
  beside: Properties = {},
  sections: Sections = {},
): Sections {
  return { ...sections, Resources: { It: resource(type, properties), ...beside } };
}

export function resource(type: string, properties: Properties = {}): Properties {
  return { Type: type, Properties: properties };
}

export const ref = (name: string) => ({ Ref: name });
export const arn = (name: string) => ({ 'Fn::GetAtt': [name, 'Arn'] });
export const parameter = (declaration: Properties) => ({
  Parameters: { P: { Type: 'String', ...declaration } },
});

/** An inline policy of a role, of which the statement matters. */
export function role(statement: unknown, more: Properties = {}): Sections {
  return it('AWS::IAM::Policy', {
    PolicyName: 'p',
    Roles: ['r'],
    PolicyDocument: { Version: '2012-10-17', Statement: statement },
    ...more,
  });
}

/** The place of a property of `It`. */
export const at = (...path: (string | number)[]) => ['Resources', 'It', 'Properties', ...path];
