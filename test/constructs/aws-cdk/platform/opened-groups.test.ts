import { Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { testApp } from '../../../support/aws/synth.js';
import { platform, stackOf, task, withContainer } from './mistaken.js';

type Change = (group: SecurityGroup) => unknown;

/** What stops synthesis if each group of a platform is changed so. */
function stoppedBy(change: Change): string[] {
  const stack = stackOf();
  const made = platform(stack, { mesh: { unjoined: ['store'] } });
  made.mesh.join('web', withContainer(task(stack)), { applicationPort: 8080 });
  const groups = made.node.findAll().filter((node) => node instanceof SecurityGroup);
  expect(groups.length).toBeGreaterThan(4);
  for (const group of groups) change(group);
  try {
    (stack.node.root as ReturnType<typeof testApp>).synth();
  } catch (error) {
    return [...new Set(String(error).match(/[a-z]+-group-opened/g) ?? [])].sort();
  }
  return [];
}

// A platform gives its resources logical IDs of its own, in stacks of its own; a rule by a range stands in the group itself.
test.each<[string, Change, string[]]>([
  [
    'lets in from everywhere',
    (group) => group.addIngressRule(Peer.anyIpv4(), Port.tcp(8080)),
    ['balancer-group-opened', 'endpoint-group-opened', 'gateway-group-opened', 'member-group-opened'],
  ],
  [
    'lets out to everywhere',
    (group) => group.connections.allowToAnyIpv4(Port.tcp(8443)),
    ['gateway-group-opened', 'member-group-opened'],
  ],
  ['stays as it is', () => undefined, []],
])('a group of the platform that %s', (_, change, codes) => {
  expect(stoppedBy(change)).toEqual(codes);
});
