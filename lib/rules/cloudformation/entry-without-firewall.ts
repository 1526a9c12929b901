import { type TemplateCheck, type TemplateFinding, undecided, violation } from './support/check.js';
import { at, isMap, listOf, openIn, referencesIn, refersTo, text, words } from './support/read.js';
import type { Reading } from './support/reading.js';
import type { Resource } from './support/template.js';
import { Text, type Value } from './support/value.js';

const EXPECTED = 'a web access control list';

export const entryWithoutFirewall: TemplateCheck = {
  id: 'entry-without-firewall',
  severity: 'warning',
  reason:
    'Patterns of known attacks, floods and bad addresses reach what stands behind an entry that no firewall inspects.',
  fix: 'Associate a web access control list: `new WebFirewall(…).protect(name, stageOrLoadBalancer)`; a distribution names it in `WebACLId`.',
  types: [
    'AWS::ApiGateway::Stage',
    'AWS::ElasticLoadBalancingV2::LoadBalancer',
    'AWS::CloudFront::Distribution',
  ],
  run(entry, reading) {
    if (entry.type === 'AWS::CloudFront::Distribution') {
      const list = text(at(reading.get(entry, 'DistributionConfig'), 'WebACLId'));
      // What another stack or a parameter names is a list, or the deployment fails.
      return list === undefined || list === '' ? [missing(['DistributionConfig', 'WebACLId'])] : [];
    }
    const facing = entry.type === 'AWS::ApiGateway::Stage' ? stage(entry, reading) : balancer(entry, reading);
    if (facing === false) return [];
    const targets = reading.deployment
      .resources('AWS::WAFv2::WebACLAssociation')
      .map((association) => [association, reading.get(association, 'ResourceArn')] as const);
    const associated = targets.some(
      ([association, target]) => names(target, entry, reading) && reading.exists(association),
    );
    if (associated) return [];
    if (facing instanceof Text) return [undecided(['Scheme'], facing, 'internal, or a firewall')];
    const open = targets.map(([, target]) => target).find((target) => openIn(target));
    return open === undefined ? [missing([])] : [undecided([], open, EXPECTED)];
  },
};

function missing(path: readonly string[]): TemplateFinding {
  return violation(path, 'no firewall stands before it', { expected: EXPECTED });
}

/** Whether an association's target is this: a stage also by its API and its own name. */
function names(target: Value, entry: Resource, reading: Reading): boolean {
  if (refersTo(target, entry)) return true;
  if (entry.type !== 'AWS::ApiGateway::Stage') return false;
  const apis = referencesIn(reading.get(entry, 'RestApiId'));
  const [, stageName] = /\/stages\/([^/]+)$/.exec(words(target)) ?? [];
  const own = text(reading.get(entry, 'StageName'));
  const same = typeof own !== 'string' || stageName === own;
  return same && apis.some(({ resource }) => refersTo(target, resource));
}

/** Whether the internet reaches the API. */
function stage(entry: Resource, reading: Reading): boolean {
  const apis = referencesIn(reading.get(entry, 'RestApiId'));
  const types = apis.flatMap(({ resource }) => {
    const endpoint: Value = reading.get(resource, 'EndpointConfiguration');
    return isMap(endpoint) ? listOf(endpoint['Types']) : [];
  });
  return !types.includes('PRIVATE');
}

function balancer(entry: Resource, reading: Reading): boolean | Text {
  const type = text(reading.get(entry, 'Type'));
  if (type !== undefined && type !== 'application') return false;
  const scheme = text(reading.get(entry, 'Scheme'));
  return scheme instanceof Text ? scheme : scheme !== 'internal';
}
