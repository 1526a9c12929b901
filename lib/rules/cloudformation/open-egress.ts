import {
  type PropertyPath,
  type TemplateCheck,
  type TemplateFinding,
  undecided,
  violation,
} from './support/check.js';
import { everyItem } from './support/every-value.js';
import { at, isMap, listOf, openIn, referencesIn, refersTo, shown, text } from './support/read.js';
import type { Reading } from './support/reading.js';
import type { Resource } from './support/template.js';
import { type Properties, Text, type Value } from './support/value.js';
import { areWideTogether, isRange, isWide } from './support/wide-range.js';

const RANGES = ['CidrIp', 'CidrIpv6', 'DestinationPrefixListId'];
const EXPECTED = 'a security group, a prefix list, or the addresses of one network';

export const openEgress: TemplateCheck = {
  id: 'open-egress',
  severity: 'error',
  reason:
    'A workload that may reach every address can carry out data and fetch code once it is taken. A security group without any egress rule, an empty list too, allows everything out.',
  fix: 'Allow out to security groups, prefix lists and endpoints only. In the CDK: `allowAllOutbound: false`, then `addEgressRule`.',
  types: ['AWS::EC2::SecurityGroup', 'AWS::EC2::SecurityGroupEgress'],
  run(resource, reading) {
    if (resource.type === 'AWS::EC2::SecurityGroupEgress') {
      return rule([], reading.properties(resource), reading);
    }
    // Each rule by itself, before the conditions of all of them are looked at together.
    const wide = everyItem(resource, 'SecurityGroupEgress', RANGES, reading, (item, index) =>
      rule(['SecurityGroupEgress', index], item, reading),
    );
    if (wide.length > 0) return wide;
    const rules = reading.get(resource, 'SecurityGroupEgress');
    if (rules instanceof Text) return [undecided(['SecurityGroupEgress'], rules, EXPECTED)];
    const inline = listOf(rules);
    const separate = rulesOf(resource, reading);
    // EC2 adds a rule for everything to a group that is made without any, and CloudFormation takes it away with the
    // first rule, wherever that stands (aws-cdk#987).
    if (inline.length + separate.length === 0) return [byDefault()];
    return together([...inline, ...separate], reading);
  },
};

function byDefault(): TemplateFinding {
  return violation(['SecurityGroupEgress'], 'everything may go out, by default', {
    found: 'no egress rule',
    expected: 'at least one, such as the one that the CDK adds for none',
  });
}

/** Rules of a group in resources of their own. */
function rulesOf(group: Resource, reading: Reading): Value[] {
  return reading.deployment
    .resources('AWS::EC2::SecurityGroupEgress')
    .filter((egress) => refersTo(reading.get(egress, 'GroupId'), group) && reading.exists(egress))
    .map((egress) => reading.properties(egress));
}

function rule(path: PropertyPath, value: Value, reading: Reading): TemplateFinding[] {
  if (Array.isArray(value)) return (value as readonly Value[]).flatMap((item) => rule(path, item, reading));
  if (value instanceof Text || !isMap(value)) return [undecided(path, value, EXPECTED)];
  return rangesOf(value, reading).flatMap(([key, cidr]) => {
    if (cidr instanceof Text) return openIn(cidr) ? [undecided([...path, key], cidr, EXPECTED)] : [];
    if (!isWide(cidr)) return [];
    return [violation([...path, key], 'everything may go out', { found: shown(cidr), expected: EXPECTED })];
  });
}

/** Ranges that are each small and together hold most of what is outside. */
function together(rules: readonly Value[], reading: Reading): TemplateFinding[] {
  const ranges = rules
    .filter(isMap)
    .flatMap((item) => rangesOf(item, reading))
    .map(([, cidr]) => cidr)
    .filter((cidr): cidr is string => typeof cidr === 'string' && isRange(cidr));
  if (!areWideTogether(ranges)) return [];
  const detail = { found: `${ranges.length} ranges`, expected: EXPECTED };
  return [violation(['SecurityGroupEgress'], 'the rules together let most of everything out', detail)];
}

/** Where a rule leads to by address, and the property that says it. Of another's prefix list only the id is known. */
function rangesOf(value: Properties, reading: Reading): (readonly [string, string | Text])[] {
  const own = (['CidrIp', 'CidrIpv6'] as const).map((key) => [key, text(value[key])] as const);
  const key = 'DestinationPrefixListId';
  const listed = referencesIn(value[key])
    .filter(({ resource }) => resource.type === 'AWS::EC2::PrefixList')
    .flatMap(({ resource }) => listOf(reading.get(resource, 'Entries')))
    .map((entry) => [key, entry instanceof Text ? entry : text(at(entry, 'Cidr'))] as const);
  return [...own, ...listed].flatMap(([name, cidr]) => (cidr === undefined ? [] : [[name, cidr] as const]));
}
