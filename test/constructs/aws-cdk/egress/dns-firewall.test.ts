import { CfnResource, Fn, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { CfnFirewallDomainList, CfnFirewallRuleGroup } from 'aws-cdk-lib/aws-route53resolver';
import {
  allowedDomainsOf,
  DnsFirewall,
  type DnsFirewallProps,
} from '../../../../constructs/aws-cdk/egress/index.js';
import { mistake, onlyResource, testStack } from '../support/app.js';
import { egressWorld } from './world.js';

function made(props: Partial<DnsFirewallProps> = {}) {
  const stack = testStack();
  const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['eu-west-1a'] });
  const firewall = new DnsFirewall(stack, 'Dns', { vpc, allowedDomains: ['api.bank.example'], ...props });
  return { stack, firewall };
}

test('what is listed may be looked up with all of its aliases, and nothing else', () => {
  const { stack, firewall } = made();
  firewall.allow('*.shop.internal', 'api.bank.example');
  const template = Template.fromStack(stack);
  const lists = Object.entries(template.findResources('AWS::Route53Resolver::FirewallDomainList'));
  const idOf = (domain: string) => {
    const [id] = lists.find(([, { Properties }]) => Properties.Domains.includes(domain))!;
    return { 'Fn::GetAtt': [id, 'Id'] };
  };
  expect(lists.map(([, { Properties }]) => Properties.Domains)).toEqual([
    ['api.bank.example', '*.shop.internal'],
    ['*'],
  ]);
  expect(onlyResource(template, 'AWS::Route53Resolver::FirewallRuleGroup')['FirewallRules']).toEqual([
    {
      Action: 'ALLOW',
      FirewallDomainListId: idOf('api.bank.example'),
      FirewallDomainRedirectionAction: 'TRUST_REDIRECTION_DOMAIN',
      Priority: 100,
    },
    { Action: 'BLOCK', BlockResponse: 'NXDOMAIN', FirewallDomainListId: idOf('*'), Priority: 200 },
  ]);
  expect(onlyResource(template, 'AWS::Route53Resolver::FirewallRuleGroupAssociation')).toMatchObject({
    VpcId: 'vpc-1',
    Priority: 101,
  });
});

test('every look-up is logged, and one that is refused is told of', () => {
  const template = Template.fromStack(made().stack);
  expect(onlyResource(template, 'AWS::Route53Resolver::ResolverQueryLoggingConfigAssociation')).toMatchObject(
    {
      ResourceId: 'vpc-1',
    },
  );
  expect(onlyResource(template, 'AWS::Logs::MetricFilter')['FilterPattern']).toBe(
    '{ $.firewall_rule_action = "BLOCK" }',
  );
  expect(onlyResource(template, 'AWS::CloudWatch::Alarm')).toMatchObject({
    Threshold: 1,
    EvaluationPeriods: 1,
  });
});

test('a mesh needs its hosts outside, its issuers, its own names and those of AWS in its region', () => {
  const { mesh, platform } = egressWorld();
  expect(platform.resolve(allowedDomainsOf(mesh))).toEqual([
    'api.bank.example',
    'mail.example',
    'keys.shop.example',
    'aws.test.shop.example.internal',
    '*.aws.test.shop.example.internal',
    ...['*.eu-west-1.', '*.eu-west-1.rds.', '*.cache.'].map((name) => ({
      'Fn::Join': ['', [name, { Ref: 'AWS::URLSuffix' }]],
    })),
  ]);
});

const resources = (stack: Stack, type: string) =>
  stack.node
    .findAll()
    .filter((node): node is CfnResource => CfnResource.isCfnResource(node) && node.cfnResourceType === type);

/** What would let a name through, or open the firewall when it fails. */
test.each<[string, string, (found: readonly CfnResource[]) => void]>([
  [
    'allows everything',
    CfnFirewallDomainList.CFN_RESOURCE_TYPE_NAME,
    ([allowed]) => allowed!.addPropertyOverride('Domains', ['*']),
  ],
  [
    'blocks something alone',
    CfnFirewallDomainList.CFN_RESOURCE_TYPE_NAME,
    ([, all]) => ((all as CfnFirewallDomainList).domains = ['evil.example']),
  ],
  [
    'only tells of it',
    CfnFirewallRuleGroup.CFN_RESOURCE_TYPE_NAME,
    ([group]) => group!.addPropertyOverride('FirewallRules.1.Action', 'ALERT'),
  ],
  [
    'judges another network',
    'AWS::Route53Resolver::FirewallRuleGroupAssociation',
    ([association]) => association!.addPropertyOverride('VpcId', Fn.importValue('other')),
  ],
])('an override by which it %s stops synthesis', (_what, type, change) => {
  const { stack, firewall } = made();
  expect(firewall.node.validate()).toEqual([]);
  change(resources(stack, type));
  expect(firewall.node.validate().map((text) => text.split(':')[0])).toEqual(['not-as-made']);
});

test('a tag is no change', () => {
  const { stack, firewall } = made();
  for (const list of resources(stack, CfnFirewallDomainList.CFN_RESOURCE_TYPE_NAME)) {
    list.addPropertyOverride('Tags', [{ Key: 'team', Value: 'shop' }]);
  }
  expect(firewall.node.validate()).toEqual([]);
});

test.each([
  ['*', 'dns-allows-everything'],
  ['*.com', 'no-domain'],
  [5 as never, 'no-domain'],
  ['https://api.bank.example', 'no-domain'],
  ['API.bank.example', 'no-domain'],
  ['api.*.example', 'no-domain'],
])('%s is nothing that can be allowed', (domain, code) => {
  const found = mistake((scope) => {
    const vpc = Vpc.fromVpcAttributes(scope, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['a'] });
    return new DnsFirewall(scope, 'Dns', { vpc, allowedDomains: [domain] });
  });
  expect(found.code).toBe(code);
});

test('a list that was left out in JavaScript is an error, and no TypeError', () => {
  const found = mistake((scope) => {
    const vpc = Vpc.fromVpcAttributes(scope, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['a'] });
    return new DnsFirewall(scope, 'Dns', { vpc, allowedDomains: undefined as never });
  });
  expect(found.code).toBe('no-domain');
});
