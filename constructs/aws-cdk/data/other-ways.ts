import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { GroupRule } from '../mesh/group-rules.js';
import { mentionsOf, rulesByGroup } from '../mesh/rules-by-group.js';
import type { ConstructError } from '../support/error.js';
import type { Mentions } from '../support/mentions.js';
import { dataError } from './domain-context.js';
import type { ProtectedStore } from './protected-store.js';

/** Rules that open the group of a store to others than its workloads. Ask while `root` is validated. */
export function otherWays(root: IConstruct, stores: readonly ProtectedStore[]): ConstructError[] {
  const doors = stores.flatMap((entry) => entry.doors.map((securityGroup) => ({ entry, securityGroup })));
  return [...rulesByGroup(root, doors)].flatMap(([{ entry }, rules]) => {
    const workloads = entry.groups.map(mentionsOf);
    return rules
      .filter(({ direction }) => direction === 'in')
      .filter((rule) => !isFromOneOf(workloads, rule))
      .map(({ resource, rule }) =>
        dataError(
          entry.store,
          'data-open-network',
          'somebody else than the workloads reaches the port of the store',
          'Take the rule away, or protect the store for that workload.',
          { found: `${resource.node.path}: ${JSON.stringify(rule)}`.slice(0, 300) },
        ),
      );
  });
}

function isFromOneOf(workloads: readonly Mentions[], { resource, rule }: GroupRule): boolean {
  const {
    SourceSecurityGroupId: source,
    SourceSecurityGroupName,
    CidrIp,
    CidrIpv6,
    SourcePrefixListId,
  } = rule;
  const others = [SourceSecurityGroupName, CidrIp, CidrIpv6, SourcePrefixListId];
  return (
    others.every((other) => other === undefined) &&
    source !== undefined &&
    workloads.some((workload) => workload.isIn(Stack.of(resource), source))
  );
}
