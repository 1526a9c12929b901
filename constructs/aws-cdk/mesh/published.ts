import { Fn, Stack } from 'aws-cdk-lib';
import { StringListParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';

/** Values in the order in which they are published: CloudFormation selects them by their place. */
const ORDER = {
  mesh: ['configurations', 'registration', 'namespace', 'namespaceId', 'namespaceArn'],
  member: ['securityGroup', 'discovery', 'discoveryArn', 'logGroup'],
} as const;

export type Published<Kind extends keyof typeof ORDER> = Readonly<
  Record<(typeof ORDER)[Kind][number], string>
>;

/** Where what other apps need of a mesh lies, or of one service of it. */
function parameterName(trustDomain: string, service?: string): string {
  return `/zero-trust/${trustDomain}/mesh${service === undefined ? '' : `/services/${service}`}`;
}

/** Tell other apps of this account and region. */
export function publish<Kind extends keyof typeof ORDER>(
  scope: Construct,
  id: string,
  kind: Kind,
  values: Published<Kind>,
  { trustDomain, service }: { trustDomain: string; service?: string },
): void {
  new StringListParameter(scope, id, {
    parameterName: parameterName(trustDomain, service),
    description: `For Mesh.fromAttributes: ${ORDER[kind].join(', ')}`,
    stringListValue: ORDER[kind].map((name) => values[name as keyof Published<Kind>]),
  });
}

/** What another app told; CloudFormation reads it at each deployment. */
export function published<Kind extends keyof typeof ORDER>(
  scope: Construct,
  kind: Kind,
  { trustDomain, service }: { trustDomain: string; service?: string },
): Published<Kind> {
  const list = StringListParameter.valueForTypedListParameter(
    Stack.of(scope),
    parameterName(trustDomain, service),
  );
  return Object.fromEntries(ORDER[kind].map((name, at) => [name, Fn.select(at, list)])) as Published<Kind>;
}
