import { type CfnResource, Stack } from 'aws-cdk-lib';
import { PolicyDocument } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { ConstructError } from './error.js';
import { synthesizedResource } from './synthesized.js';
import { templateForm } from './template-form.js';

type Properties = Readonly<Record<string, unknown>>;

/** A resource, and what of it must be rendered as the platform made it. */
export interface Made {
  readonly resource: CfnResource;
  /** By the names of CloudFormation, with dots for what is inside (`Integration.Uri`); `undefined` must stay absent. */
  readonly properties: Properties;
  /** The same for what hangs on what is rendered. */
  readonly late?: (rendered: Properties) => Properties;
}

/** What is rendered otherwise than it was made. */
export interface Change {
  /** Property and path of the construct. */
  readonly place: string;
  readonly found: string;
  readonly expected: string;
}

/**
 * Keep in mind what a resource is made with, whatever is assigned to its L1, or to an object in it, later. Tokens are
 * resolved when it is compared, so of a list that an L2 renders late give the list itself.
 */
export function asMade(resource: CfnResource, properties: Properties): Made {
  return { resource, properties: copied(properties) as Properties };
}

/** What an override, an assignment or a condition changed. To be asked while the tree is validated. */
export function changesOf({ resource, properties, late }: Made): Change[] {
  if (!isInTree(resource))
    return [
      { place: resource.node.path, found: 'nothing, it was removed', expected: resource.cfnResourceType },
    ];
  const { Type, Condition, Properties: rendered } = synthesizedResource(resource);
  const pairs: [name: string, wanted: unknown, found: unknown][] = [
    ['Type', resource.cfnResourceType, Type],
    // It would be there or not as whoever deploys says.
    ['Condition', undefined, Condition],
    ...Object.entries({ ...properties, ...late?.(rendered ?? {}) }).map(
      ([name, wanted]): [string, unknown, unknown] => [
        name,
        Stack.of(resource).resolve(wanted),
        name.split('.').reduce<unknown>((value, key) => (value as Properties | undefined)?.[key], rendered),
      ],
    ),
  ];
  return pairs
    .map(([name, ...values]) => ({ name, texts: values.map((value) => JSON.stringify(templateForm(value))) }))
    .filter(({ texts: [wanted, found] }) => wanted !== found)
    .map(({ name, texts: [wanted, found] }) => ({
      place: `${name} of ${resource.node.path}`,
      found: (found ?? 'nothing').slice(0, 300),
      expected: (wanted ?? 'nothing').slice(0, 300),
    }));
}

/** Synthesis stops where one of them is rendered otherwise, or was taken out of the tree. */
export function keepAsMade(scope: IConstruct, ...parts: readonly Made[]): void {
  outermost(scope).node.addValidation({
    validate: () =>
      parts
        .flatMap(changesOf)
        .map((change) => notAsMade(scope, change))
        .map(({ code, message }) => `${code}: ${message}`),
  });
}

/** `tryRemoveChild` takes a construct from its scope, and leaves the scope with the construct. */
function isInTree({ node }: IConstruct): boolean {
  return node.scopes.every(
    (item, index, all) => index === 0 || all[index - 1]!.node.tryFindChild(item.node.id) === item,
  );
}

/** Below the stack that is deployed: what is removed with that has nothing left to protect, and its own validations go. */
export function outermost({ node }: IConstruct): IConstruct {
  const { scopes } = node;
  const stack = scopes.findLastIndex((item) => Stack.isStack(item) && item.nestedStackParent === undefined);
  return scopes[stack + 1] ?? scopes.at(-1)!;
}

function notAsMade(scope: IConstruct, { place, found, expected }: Change): ConstructError {
  return new ConstructError(scope, {
    code: 'not-as-made',
    message: 'something changes what the protection rests on',
    found: `${place}: ${found}`,
    expected,
    remedy:
      'Remove the override, the assignment or the condition; what may be chosen are the props of the construct.',
  });
}

function copied(value: unknown): unknown {
  if (value instanceof PolicyDocument) return PolicyDocument.fromJson(value.toJSON());
  if (Array.isArray(value)) return value.map(copied);
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copied(inner)]));
}

/** Of whichever realm: the CDK's objects may be made in another one, as a test runner's are. */
function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
