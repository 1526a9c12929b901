import {
  type PropertyPath,
  type TemplateCheck,
  type TemplateFinding,
  undecided,
  violation,
} from './support/check.js';
import { listOf, isMap, openIn, refersTo, shown, text } from './support/read.js';
import type { Reading } from './support/reading.js';
import type { Resource } from './support/template.js';
import { Text, type Value } from './support/value.js';
import { isWide } from './support/wide-range.js';

const EXPECTED = 'a security group, a prefix list, or the addresses of one network';

export const openEgress: TemplateCheck = {
  id: 'open-egress',
  severity: 'error',
  reason:
    'A workload that may reach every address can carry out data and fetch code once it is taken. A security group without egress rules of its own, an empty list too, allows everything out.',
  fix: 'Allow out to security groups, prefix lists and endpoints only. In the CDK: `allowAllOutbound: false`, then `addEgressRule`.',
  types: ['AWS::EC2::SecurityGroup', 'AWS::EC2::SecurityGroupEgress'],
  run(resource, reading) {
    if (resource.type === 'AWS::EC2::SecurityGroupEgress') {
      return rule([], reading.properties(resource));
    }
    const rules = reading.get(resource, 'SecurityGroupEgress');
    if (rules instanceof Text) return [undecided(['SecurityGroupEgress'], rules, EXPECTED)];
    const inline = listOf(rules);
    if (inline.length > 0) return inline.flatMap((item, index) => rule(['SecurityGroupEgress', index], item));
    return byDefault(resource, reading);
  },
};

/** EC2 adds a rule for everything to a group that is made without any. */
function byDefault(group: Resource, reading: Reading): TemplateFinding[] {
  const detail = {
    found: 'no egress rule',
    expected: 'at least one, such as the one that the CDK adds for none',
  };
  const separate = reading.deployment
    .resources('AWS::EC2::SecurityGroupEgress')
    .some((egress) => refersTo(reading.get(egress, 'GroupId'), group) && reading.exists(egress));
  if (!separate) return [violation(['SecurityGroupEgress'], 'everything may go out, by default', detail)];
  return [
    {
      ...undecided(['SecurityGroupEgress'], undefined, detail.expected),
      message:
        'rules stand in resources of their own, and whether EC2 then takes its default away is not documented',
    },
  ];
}

function rule(path: PropertyPath, value: Value): TemplateFinding[] {
  if (value instanceof Text || !isMap(value)) return [undecided(path, value, EXPECTED)];
  return (['CidrIp', 'CidrIpv6'] as const).flatMap((key) => {
    const cidr = text(value[key]);
    if (cidr === undefined) return [];
    if (cidr instanceof Text) return openIn(cidr) ? [undecided([...path, key], cidr, EXPECTED)] : [];
    if (!isWide(cidr)) return [];
    return [violation([...path, key], 'everything may go out', { found: shown(cidr), expected: EXPECTED })];
  });
}
