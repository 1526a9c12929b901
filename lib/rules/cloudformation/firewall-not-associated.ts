import { type TemplateCheck, undecided, violation } from './support/check.js';
import { at, openIn, refersTo, text } from './support/read.js';
import type { Reading } from './support/reading.js';
import type { Resource } from './support/template.js';
import type { Value } from './support/value.js';

const EXPECTED = 'an AWS::WAFv2::WebACLAssociation, or a distribution that names the list';

export const firewallNotAssociated: TemplateCheck = {
  id: 'firewall-not-associated',
  severity: 'error',
  reason: 'A web access control list that is associated with nothing inspects nothing, and costs as much.',
  fix: 'Associate it with the stage, load balancer or user pool (`WebFirewall.protect`), or name it in the distribution.',
  types: ['AWS::WAFv2::WebACL'],
  run(list, reading) {
    const users = usersOf(reading);
    if (users.some((value) => refersTo(value, list))) return [];
    const open = users.find((value) => openIn(value));
    if (open !== undefined) return [undecided([], open, EXPECTED)];
    const exported = exportOf(list, reading);
    if (exported) {
      return [
        {
          ...undecided([], undefined, EXPECTED),
          message: `whether another app associates it hangs on who uses the output ${exported}`,
        },
      ];
    }
    return [violation([], 'nothing is behind this firewall', { expected: EXPECTED })];
  },
};

/** Whatever puts a list before something. */
function usersOf(reading: Reading): Value[] {
  const existing = (type: string): readonly Resource[] =>
    reading.deployment.resources(type).filter((resource) => reading.exists(resource));
  return [
    ...existing('AWS::WAFv2::WebACLAssociation').map((resource) => reading.get(resource, 'WebACLArn')),
    ...existing('AWS::CloudFront::Distribution').map((resource) =>
      at(reading.get(resource, 'DistributionConfig'), 'WebACLId'),
    ),
  ].filter((value) => text(value) !== undefined);
}

function exportOf(list: Resource, reading: Reading): string | undefined {
  for (const template of reading.deployment.templates) {
    for (const [name, output] of Object.entries(template.section('Outputs'))) {
      const value = reading.evaluate(template, output);
      if (at(value, 'Export') !== undefined && refersTo(at(value, 'Value'), list)) return name;
    }
  }
  return undefined;
}
