import { Aws, type CfnResource, Stack } from 'aws-cdk-lib';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import type { ConstructError } from '../support/error.js';
import { Mentions } from '../support/mentions.js';
import { synthesizedProperties } from '../support/synthesized.js';
import { dataError } from './domain-context.js';
import { allowedBy, hasAction } from './statements.js';

/** A policy of a store's own, of the key, or of who may be a workload. */
export interface OwnPolicy {
  readonly of: IConstruct;
  readonly resource: CfnResource;
  /** Where in the resource, such as `ResourcePolicy.PolicyDocument`. */
  readonly property: string;
  readonly roles: readonly IRole[];
  /** Whether it may name the whole account, whose own policies then say who. */
  readonly mayNameAccount: boolean;
  /** What no service of AWS may do: one that shows what it reads, such as a distribution, would make it public. */
  readonly reads: readonly string[];
}

/**
 * Statements that allow others than the workloads, their account and services of AWS that write: anybody, another
 * account, a role of the app. Ask while the tree is validated.
 */
export function openPolicies(policies: readonly OwnPolicy[]): ConstructError[] {
  return policies.flatMap(({ of, resource, property, roles, mayNameAccount, reads }) => {
    const stack = Stack.of(resource);
    const mentions = roles.map((role) => new Mentions({ construct: role, values: [role.roleArn] }));
    const account: unknown = stack.resolve(stack.account);
    const root = JSON.stringify(stack.resolve(`arn:${Aws.PARTITION}:iam::${stack.account}:root`));
    const isKnown = (principal: unknown) =>
      (mayNameAccount && (JSON.stringify(principal) === root || principal === account)) ||
      mentions.some((mention) => mention.isIn(stack, principal));
    const document = property
      .split('.')
      .reduce<unknown>(
        (value, name) => (value as Readonly<Record<string, unknown>> | undefined)?.[name],
        synthesizedProperties(resource),
      );
    return allowedBy(document)
      .flatMap((allowed) => {
        const shows = reads.some((read) => hasAction(allowed, read));
        return principalsOf(allowed.principal, !shows);
      })
      .filter((principal) => !isKnown(principal))
      .map((principal) =>
        dataError(
          of,
          'data-open-policy',
          'its own policy, or the trust of a workload, lets in somebody else than the workloads',
          'Take the statement away, or protect the store for that workload.',
          { found: `${JSON.stringify(principal)} in ${property} of ${resource.node.path}`.slice(0, 300) },
        ),
      );
  });
}

/** All, or without services of AWS. */
function principalsOf(principal: unknown, withoutServices: boolean): unknown[] {
  if (typeof principal !== 'object' || principal === null) return [principal];
  return Object.entries(principal)
    .filter(([kind]) => !(withoutServices && kind === 'Service'))
    .flatMap(([kind, values]) =>
      ([values].flat() as unknown[]).map((value) => (kind === 'AWS' ? value : { [kind]: value })),
    );
}
