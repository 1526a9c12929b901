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
export function changesOf({ resource, properties }: Made): Change[] {
  const { Type, Condition, Properties: rendered } = synthesizedResource(resource);
  const pairs: [name: string, wanted: unknown, found: unknown][] = [
    ['Type', resource.cfnResourceType, Type],
    // It would be there or not as whoever deploys says.
    ['Condition', undefined, Condition],
    ...Object.entries(properties).map(([name, wanted]): [string, unknown, unknown] => [
      name,
      Stack.of(resource).resolve(wanted),
      name.split('.').reduce<unknown>((value, key) => (value as Properties | undefined)?.[key], rendered),
    ]),
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

/** Synthesis stops where one of them is rendered otherwise. */
export function keepAsMade(scope: IConstruct, ...parts: readonly Made[]): void {
  scope.node.addValidation({
    validate: () =>
      parts
        .flatMap(changesOf)
        .map((change) => notAsMade(scope, change))
        .map(({ code, message }) => `${code}: ${message}`),
  });
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
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copied(inner)]));
}
