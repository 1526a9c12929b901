import { Lazy, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import { MANAGED_GROUPS } from '../../../../constructs/aws-cdk/firewall/managed-groups.js';
import { WebFirewall, type WebFirewallProps } from '../../../../constructs/aws-cdk/firewall/index.js';
import { expectGolden } from '../../../golden.js';
import { mistake, onlyResource, templateOf, testStack, warningsOf } from '../support/app.js';

interface Rule {
  readonly Name: string;
  readonly Priority: number;
  readonly Action?: object;
  readonly OverrideAction?: object;
}

const until = { reason: 'first we look', expires: '2099-01-01' };

function listOf(props: WebFirewallProps = {}) {
  const acl = onlyResource(
    templateOf((stack) => new WebFirewall(stack, 'Firewall', props)),
    'AWS::WAFv2::WebACL',
  );
  return { acl, rules: acl['Rules'] as Rule[] };
}

test('the baseline is in the template as it was reviewed', () => {
  const { acl } = listOf();
  expectGolden('aws-cdk/web-firewall.json', `${JSON.stringify(acl, null, 2)}\n`);
});

describe('an override', () => {
  const stack = testStack();
  const firewall = new WebFirewall(stack, 'Firewall', { rules: [] });
  const acl = firewall.node.defaultChild as CfnWebACL;
  const said = (path: string, value: unknown) => {
    acl.addPropertyOverride(path, value);
    const found = firewall.node.validate();
    (acl as unknown as { rawOverrides: object }).rawOverrides = {};
    return found.map((text) => text.slice(0, text.indexOf(':')));
  };
  const passing = { Name: 'first', Priority: 0, Action: { Allow: {} } };

  test.each<[string, string, unknown]>([
    // `{ Count: {} }` is nothing to the CDK, as it is empty.
    ['a group counts', 'Rules.0.OverrideAction', { Ref: 'Action' }],
    ['a rule comes later', 'Rules.0.Priority', 5000],
    ['a group looks at less', 'Rules.0.Statement.ManagedRuleGroupStatement.ScopeDownStatement', { x: 1 }],
    ['there is one rule, which lets everybody pass', 'Rules', [passing]],
    ['there is one more, before all others', `Rules.${(acl.rules as unknown[]).length}`, passing],
    ['there is no rule', 'Rules', []],
    ['the rules are those that a parameter names', 'Rules', { Ref: 'Rules' }],
    ['what no rule blocks passes or not as somebody says', 'DefaultAction', { Ref: 'Action' }],
    [
      'less of a body is seen',
      'AssociationConfig.RequestBody.API_GATEWAY.DefaultSizeInspectionLimit',
      'KB_32',
    ],
    ['tokens are in samples', 'DataProtectionConfig.DataProtections.0.Field.FieldKeys.0', 'x-other'],
    ['nothing is hidden', 'DataProtectionConfig', { Ref: 'None' }],
  ])('by which %s stops synthesis', (_, path, value) => {
    expect(firewall.node.validate()).toEqual([]);
    expect(said(path, value)).toEqual(['firewall-changed']);
  });

  test('of one rule within a managed group, or of its version, is for the app', () => {
    const group = 'Rules.0.Statement.ManagedRuleGroupStatement';
    expect(said(`${group}.RuleActionOverrides`, [{ Name: 'x', ActionToUse: { Count: {} } }])).toEqual([]);
    expect(said(`${group}.Version`, 'Version_2.0')).toEqual([]);
  });
});

test('a rule, or a group, that is assigned to count stops synthesis too', () => {
  const firewall = new WebFirewall(testStack(), 'Firewall');
  const rules = (firewall.node.defaultChild as CfnWebACL).rules as unknown as Record<string, unknown>[];
  const counted = { overrideAction: { count: {} }, action: { count: {} } };
  for (const [name, count] of Object.entries(counted)) {
    const rule = rules.find((item) => item[name] !== undefined)!;
    const own = rule[name];
    rule[name] = count;
    expect(firewall.node.validate().join()).toMatch(
      /^firewall-changed: .*Rules of Test\/Firewall.*countFirst/,
    );
    rule[name] = own;
    expect(firewall.node.validate()).toEqual([]);
  }
});

test('the baseline fits into the capacity that is included', () => {
  const firewall = new WebFirewall(testStack(), 'Firewall');
  expect(firewall.capacity).toBe(25 + 50 + 2 + 11 + 700 + 200 + 200);
  expect(firewall.capacity).toBeLessThanOrEqual(1500);
});

test('rules judge in one order, cheap ones first, and each has an action of its own', () => {
  const { rules } = listOf({
    botControl: 'common',
    allowedCountries: ['CH'],
    blockedAddresses: ['192.0.2.0/24'],
  });
  expect(rules.map(({ Name }) => Name)).toEqual([
    'ztp-blocked-addresses',
    'ztp-countries',
    'ztp-ip-reputation',
    'ztp-anti-ddos',
    'ztp-rate-by-address',
    'ztp-body-size',
    'ztp-common',
    'ztp-known-bad-inputs',
    'ztp-sql-injection',
    'ztp-bot-control',
  ]);
  for (const { Action, OverrideAction } of rules) {
    expect(Action ?? OverrideAction).toEqual(Action ? { Block: {} } : { None: {} });
  }
});

test('every managed group blocks but for the one rule whose line is drawn elsewhere', () => {
  const { acl } = listOf();
  const overrides = JSON.stringify(acl).match(/"ActionToUse":\{"Count":\{\}\},"Name":"[^"]+"/g);
  expect(overrides).toEqual(['"ActionToUse":{"Count":{}},"Name":"SizeRestrictions_BODY"']);
  expect(JSON.stringify(acl)).toContain('"OversizeHandling":"MATCH"');
});

test('a body beyond what is inspected is blocked at every size, and only passes by name', () => {
  expect(JSON.stringify(listOf({ inspectedBody: 64 }).acl)).toContain(`"Size":${64 * 1024 - 1}`);
  expect(JSON.stringify(listOf({ inspectedBody: 64 }).acl)).toContain('"DefaultSizeInspectionLimit":"KB_64"');
  const stack = testStack();
  new WebFirewall(stack, 'Firewall', { oversizeBody: { passUninspected: until } });
  const names = (onlyResource(Template.fromStack(stack), 'AWS::WAFv2::WebACL')['Rules'] as Rule[]).map(
    ({ Name }) => Name,
  );
  expect(names).not.toContain('ztp-body-size');
  expect(warningsOf(stack)).toEqual([expect.stringContaining('oversizeBody: first we look')]);
});

test('counting first is said at synthesis, in the outputs and by the construct', () => {
  const stack = testStack();
  const firewall = new WebFirewall(stack, 'Firewall', { countFirst: { ...until, rules: ['ztp-common'] } });
  expect(firewall.counting).toEqual(['ztp-common']);
  expect(warningsOf(stack)).toEqual([
    expect.stringContaining('countFirst: first we look (until 2099-01-01)'),
  ]);
  const template = Template.fromStack(stack);
  template.hasOutput('*', { Value: Match.stringLikeRegexp('countFirst: first we look') });
  const { rules } = { rules: onlyResource(template, 'AWS::WAFv2::WebACL')['Rules'] as Rule[] };
  const counting = rules.filter(({ OverrideAction, Action }) => 'Count' in (OverrideAction ?? Action ?? {}));
  expect(counting.map(({ Name }) => Name)).toEqual(['ztp-common']);
});

test('counting everything counts every rule, own ones too', () => {
  const { rules } = listOf({ countFirst: until });
  for (const { Action, OverrideAction } of rules) {
    expect(Action ?? OverrideAction).toEqual({ Count: {} });
  }
});

test('no token, cookie or query reaches the log or a sample, and the log is encrypted and kept', () => {
  const template = templateOf((stack) => new WebFirewall(stack, 'Firewall'));
  expect(onlyResource(template, 'AWS::WAFv2::LoggingConfiguration')['RedactedFields']).toEqual([
    { SingleHeader: { Name: 'authorization' } },
    { SingleHeader: { Name: 'cookie' } },
    { QueryString: {} },
  ]);
  const { DataProtections } = listOf().acl['DataProtectionConfig'] as {
    DataProtections: { Field: object }[];
  };
  expect(DataProtections.map(({ Field }) => Field)).toEqual([
    { FieldType: 'SINGLE_HEADER', FieldKeys: ['authorization'] },
    { FieldType: 'SINGLE_COOKIE' },
    { FieldType: 'QUERY_STRING' },
  ]);
  template.hasResourceProperties('AWS::Logs::LogGroup', {
    LogGroupName: Match.stringLikeRegexp('^aws-waf-logs-'),
    RetentionInDays: 365,
    KmsKeyId: Match.anyValue(),
  });
  template.hasResource('AWS::KMS::Key', {
    Properties: { EnableKeyRotation: true },
    DeletionPolicy: 'Retain',
  });
});

test('addresses of both families have a set each', () => {
  const template = templateOf(
    (stack) =>
      new WebFirewall(stack, 'Firewall', {
        blockedAddresses: ['192.0.2.0/24', '2001:db8::/32', '198.51.100.7/32'],
      }),
  );
  const sets = Object.values(template.findResources('AWS::WAFv2::IPSet')).map(({ Properties }) => Properties);
  expect(sets.map(({ Addresses, IPAddressVersion }) => [IPAddressVersion, Addresses])).toEqual([
    ['IPV4', ['192.0.2.0/24', '198.51.100.7/32']],
    ['IPV6', ['2001:db8::/32']],
  ]);
});

test('a token passes the range checks: what only a deployment knows AWS checks', () => {
  const limit = Token.asNumber(Lazy.any({ produce: () => 500 }));
  expect(JSON.stringify(listOf({ rate: { limit } }).acl)).toContain('"Limit":500');
});

test('metrics carry the dimensions under which AWS WAF publishes them', () => {
  const stack = testStack();
  const firewall = new WebFirewall(stack, 'Firewall');
  const { namespace, metricName, dimensions } = firewall.metricBlocked('ztp-common');
  expect({ namespace, metricName, dimensions }).toEqual({
    namespace: 'AWS/WAFV2',
    metricName: 'BlockedRequests',
    dimensions: { WebACL: expect.any(String), Rule: 'ztp-common', Region: 'eu-west-1' },
  });
  const { VisibilityConfig } = onlyResource(Template.fromStack(stack), 'AWS::WAFv2::WebACL') as {
    VisibilityConfig: { MetricName: string };
  };
  expect(dimensions?.['WebACL']).toBe(VisibilityConfig.MetricName);
});

const own = (priority: number, capacity = 1) => ({
  rule: {
    name: `own-${priority}`,
    priority,
    action: { block: {} },
    statement: { geoMatchStatement: { countryCodes: ['CH'] } },
    visibilityConfig: { cloudWatchMetricsEnabled: true, sampledRequestsEnabled: true, metricName: 'own' },
  },
  capacity,
});

test.each<[string, string, WebFirewallProps, string?]>([
  ['too many rules', 'web-capacity', { rules: [own(1000, 4000)] }],
  ['a rule before the baseline', 'rule-before-baseline', { rules: [own(5)] }],
  ['two rules of one priority', 'rule-priority', { rules: [own(1000), { ...own(1000) }] }],
  ['no capacity', 'capacity-unknown', { rules: [own(1000, 0)] }],
  ['a window of its own', 'rate-window', { rate: { limit: 100, windowSeconds: 90 } }],
  ['a limit by the second', 'rate-limit', { rate: { limit: 5 } }],
  ['CloudFront in another region', 'firewall-scope', { scope: 'CLOUDFRONT' }],
  ['a body of 8 KiB', 'inspected-body', { inspectedBody: 8 }],
  ['a country by its name', 'malformed-value', { allowedCountries: ['Switzerland'] }],
  ['no country at all', 'empty-list', { allowedCountries: [] }],
  ['an address without a prefix', 'malformed-value', { blockedAddresses: ['192.0.2.1'] }],
  ['the whole internet', 'malformed-value', { blockedAddresses: ['0.0.0.0/0'] }],
  ['an exemption that is not anchored', 'malformed-value', { browserChallenge: { exempt: ['api'] } }],
  [
    'counting without a reason',
    'weakening-without-reason',
    { countFirst: { reason: ' ', expires: '2099-01-01' } },
  ],
  ['counting that has ended', 'weakening-expired', { countFirst: { reason: 'try', expires: '2020-01-01' } }],
  ['counting without an end', 'weakening-expired', { countFirst: { reason: 'try', expires: 'never' } }],
])('%s is an error', (_, code, props) => {
  expect(mistake((scope) => new WebFirewall(scope, 'Firewall', props)).code).toBe(code);
});

test('a log group whose name AWS WAF does not take is an error', () => {
  const error = mistake((scope) => {
    const logGroup = LogGroup.fromLogGroupName(scope, 'Logs', 'firewall');
    return new WebFirewall(scope, 'Firewall', { logGroup });
  });
  expect(error.code).toBe('firewall-log-name');
});

test('names of groups are those of AWS', () => {
  for (const { group } of Object.values(MANAGED_GROUPS)) expect(group).toMatch(/^AWSManagedRules[A-Za-z]+$/);
});
