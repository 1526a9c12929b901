import { CfnResource, Stack, Stage, Token } from 'aws-cdk-lib';
import { type CfnStage, CfnRestApi } from 'aws-cdk-lib/aws-apigateway';
import { CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import type { Construct, IConstruct } from 'constructs';
import { ConstructError } from '../support/error.js';
import { Mentions } from '../support/mentions.js';
import { referenceOf } from '../support/same-value.js';
import { synthesizedProperties } from '../support/synthesized.js';
import { writtenIn } from '../support/written-in.js';
import type { FirewallTarget } from './association.js';

/** An association as its template will have it. */
interface Rendered {
  readonly resource: CfnResource;
  readonly target: unknown;
  /** The target as JSON: it is compared once for each association. */
  readonly text: string | undefined;
}

/**
 * Other associations of what a list stands before: a target has one list, and of two the one that is deployed last is in
 * force. Ask while the tree is validated.
 */
export function secondLists(
  scope: Construct,
  own: CfnWebACLAssociation,
  target: FirewallTarget,
): ConstructError[] {
  const isTarget = matcher(target, own);
  return associationsIn(Stage.of(scope) ?? scope.node.root)
    .filter(({ resource }) => resource !== own)
    .filter(isTarget)
    .map(({ resource }) => second(scope, own, resource));
}

type Matcher = (stack: Stack, value: unknown) => boolean;

function matcher(target: FirewallTarget, own: CfnWebACLAssociation): (other: Rendered) => boolean {
  const isNamed = namedBy(target, own);
  const texts = new Map<Stack, string | undefined>();
  return (other) => {
    const stack = Stack.of(other.resource);
    if (!texts.has(stack)) texts.set(stack, writtenIn(stack, own.resourceArn));
    const text = texts.get(stack);
    return (text !== undefined && other.text === text) || isNamed(stack, other.target);
  };
}

function namedBy(target: FirewallTarget, own: CfnWebACLAssociation): Matcher {
  if (typeof target === 'string') return says(own, [target]);
  if ('userPoolArn' in target) return says(target, [target.userPoolArn, target.userPoolId]);
  if (!('stageName' in target)) return says(target, [target.loadBalancerArn]);
  const { restApiId } = target.restApi;
  const api = referenceOf(restApiId)?.target;
  const isApi = says(target, [restApiId, ...(api instanceof CfnRestApi ? [api.attrRestApiId] : [])]);
  const name = (target.node.defaultChild as CfnStage | undefined)?.stageName;
  const isStage = says(target, [target.stageName, ...(name === undefined ? [] : [name])]);
  return (stack, value) => isApi(stack, value) && isStage(stack, value);
}

/** Whether a value names this: by a reference, or by a literal that is it or one step of its path. */
function says(construct: IConstruct, values: readonly string[]): Matcher {
  const literals = new Set(values.filter((value) => !Token.isUnresolved(value)));
  const mentions = new Mentions({ construct, values: values.filter((value) => !literals.has(value)) });
  return (stack, value) => mentions.isIn(stack, value) || steps(value).some((step) => literals.has(step));
}

function steps(value: unknown): string[] {
  if (typeof value === 'string') return [value, ...value.split('/')];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(steps);
}

const known = new WeakMap<IConstruct, readonly Rendered[]>();

/** One pass for all that are validated in one go. */
function associationsIn(root: IConstruct): readonly Rendered[] {
  const before = known.get(root);
  if (before) return before;
  const found = root.node
    .findAll()
    .filter((node) => CfnResource.isCfnResource(node))
    .filter(({ cfnResourceType }) => cfnResourceType === CfnWebACLAssociation.CFN_RESOURCE_TYPE_NAME)
    .map((resource) => {
      const target = synthesizedProperties(resource)['ResourceArn'];
      return { resource, target, text: JSON.stringify(target) };
    });
  known.set(root, found);
  queueMicrotask(() => known.delete(root));
  return found;
}

function second(scope: Construct, own: CfnWebACLAssociation, other: CfnResource): ConstructError {
  return new ConstructError(scope, {
    code: 'second-firewall',
    message: 'two lists would stand before one target, and only the one that is deployed last is in force',
    prop: 'target',
    found: `${other.node.path} beside ${own.node.path}`,
    expected: 'one association',
    remedy: 'Remove one of the two; further rules of your own are the prop `rules` of the firewall.',
  });
}
