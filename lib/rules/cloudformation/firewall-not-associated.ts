import { type TemplateCheck, undecided, violation } from './support/check.js';
import { mentions } from './support/mention.js';
import { at, openIn, refersTo, text } from './support/read.js';
import type { Reading } from './support/reading.js';
import type { Resource } from './support/template.js';
import type { Value } from './support/value.js';

/** Types that give what they are told to a function, a person or another template. */
const HANDS_ON = /^(?!AWS::)|^AWS::(?:CloudFormation|ServiceCatalog)::|^AWS::SSM::(?:Parameter|Association)$/;
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
    const elsewhere = handedOn(list, reading);
    if (elsewhere !== undefined) {
      const message = `whether something associates it hangs on who reads ${elsewhere}`;
      return [{ ...undecided([], undefined, EXPECTED), message }];
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
    ...existing('AWS::CloudFront::DistributionTenant').map((resource) =>
      at(reading.get(resource, 'Customizations'), 'WebAcl', 'Arn'),
    ),
  ].filter((value) => text(value) !== undefined);
}

/** What gives the list's name to somebody that no template shows: an output, a parameter, a function, a manifest. */
function handedOn({ template, logicalId }: Resource, reading: Reading): string | undefined {
  const [output] = Object.entries(template.section('Outputs')).filter(([, one]) => mentions(one, logicalId));
  if (output) return `the output ${output[0]}`;
  const other = [...template.resources.values()].find(
    (resource) =>
      HANDS_ON.test(resource.type) &&
      !reading.deployment.nestedBy(resource) &&
      mentions(resource.raw['Properties'], logicalId) &&
      reading.exists(resource),
  );
  return other?.logicalId;
}
