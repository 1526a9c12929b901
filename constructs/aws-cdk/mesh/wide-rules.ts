import { CfnResource, Stack } from 'aws-cdk-lib';
import { CfnPrefixList, CfnSubnet, CfnVPC } from 'aws-cdk-lib/aws-ec2';
import type { IConstruct } from 'constructs';
import { areWideTogether, isWide } from '../../../lib/rules/cloudformation/support/wide-range.js';
import { Mentions } from '../support/mentions.js';
import { synthesizedProperties } from '../support/synthesized.js';
import type { GroupRule } from './group-rules.js';

/** What a rule leads to, or comes from, by address; `unknown` where only the deployment knows it. */
type Ranges = readonly string[] | 'unknown';

/**
 * Of the rules of one group in one direction those that reach more than any private network: one by itself, all public
 * ranges together, and what cannot be read. Prefix lists of the app are read; of another only the id is known, so it
 * is not judged.
 */
export function wideRules<Rule extends GroupRule>(root: IConstruct, rules: readonly Rule[]): Rule[] {
  const read = rules.map((rule) => ({ rule, ranges: rangesOf(root, rule) }));
  const wide = read.filter(({ ranges }) => ranges === 'unknown' || ranges.some(isUnreadableOrWide));
  const others = read.filter((item) => !wide.includes(item) && item.ranges.length > 0);
  const together = areWideTogether(others.flatMap(({ ranges }) => ranges));
  return [...wide, ...(together ? others : [])].map(({ rule }) => rule);
}

const RANGE = /^[0-9a-fA-F.:]+\/\d{1,3}$/;

function isUnreadableOrWide(range: string): boolean {
  return !RANGE.test(range.trim()) || isWide(range);
}

function rangesOf(root: IConstruct, { resource, rule, direction }: GroupRule): Ranges {
  const stack = Stack.of(resource);
  const { CidrIp, CidrIpv6 } = rule;
  const list = rule[direction === 'in' ? 'SourcePrefixListId' : 'DestinationPrefixListId'];
  const all = [CidrIp, CidrIpv6]
    .filter((range) => range !== undefined)
    .map((range): Ranges => (typeof range === 'string' ? [range] : ofNetwork(root, stack, range)));
  if (list !== undefined) all.push(ofList(root, stack, list));
  const known = all.filter((ranges) => ranges !== 'unknown');
  return known.length === all.length ? known.flat() : 'unknown';
}

/** A network's own range is never wider than /16 ("VPC CIDR blocks", Amazon VPC User Guide). */
function ofNetwork(root: IConstruct, stack: Stack, range: unknown): Ranges {
  const text = JSON.stringify(range);
  const isOwn = root.node
    .findAll()
    .filter((node) => node instanceof CfnVPC || node instanceof CfnSubnet)
    .some(({ attrCidrBlock }) => JSON.stringify(stack.resolve(attrCidrBlock)) === text);
  return isOwn ? [] : 'unknown';
}

function ofList(root: IConstruct, stack: Stack, id: unknown): Ranges {
  if (typeof id === 'string') return [];
  const lists = root.node
    .findAll()
    .filter((node) => CfnResource.isCfnResource(node))
    .filter(({ cfnResourceType }) => cfnResourceType === CfnPrefixList.CFN_RESOURCE_TYPE_NAME)
    .filter((list) => {
      const values = [list.ref, list.getAtt('PrefixListId').toString()];
      return new Mentions({ construct: list, values }).isIn(stack, id);
    });
  const entries = lists.map((list) => synthesizedProperties(list)['Entries'] ?? []);
  if (lists.length === 0 || !entries.every((item) => Array.isArray(item))) return 'unknown';
  const ranges = entries.flat().map((entry) => (entry as { readonly Cidr?: unknown }).Cidr);
  return ranges.every((range) => typeof range === 'string') ? ranges : 'unknown';
}
