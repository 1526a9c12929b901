import { type TemplateCheck, violation } from './support/check.js';
import { referencesIn, shown, words } from './support/read.js';

const WRONG = /:loadbalancer\/(?:net|gwy)\/|::\/apis\//;

export const firewallTarget: TemplateCheck = {
  id: 'firewall-target',
  severity: 'error',
  reason:
    'AWS WAF attaches to no Network Load Balancer and to no HTTP API: the deployment fails, or nothing is inspected.',
  fix: 'Put the firewall before a REST API, an Application Load Balancer or a distribution.',
  types: ['AWS::WAFv2::WebACLAssociation'],
  run(association, reading) {
    const target = reading.get(association, 'ResourceArn');
    const named = referencesIn(target).map(({ resource }) => resource);
    const wrong = named.some(
      (resource) =>
        resource.type.startsWith('AWS::ApiGatewayV2::') ||
        (resource.type === 'AWS::ElasticLoadBalancingV2::LoadBalancer' &&
          ['network', 'gateway'].includes(words(reading.get(resource, 'Type')))),
    );
    if (!wrong && !WRONG.test(words(target))) return [];
    const expected = 'a stage of a REST API, an Application Load Balancer, a user pool';
    return [
      violation(['ResourceArn'], 'AWS WAF does not attach to this', { found: shown(target), expected }),
    ];
  },
};
