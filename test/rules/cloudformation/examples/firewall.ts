import { at, type Examples, it, parameter, ref, resource, arn } from './example.js';

const ACL = 'AWS::WAFv2::WebACL';
const group = (more: Record<string, unknown> = {}, name = 'AWSManagedRulesCommonRuleSet') => ({
  Name: 'common',
  Priority: 1,
  OverrideAction: { None: {} },
  Statement: { ManagedRuleGroupStatement: { VendorName: 'AWS', Name: name } },
  ...more,
});
const rate = (more: Record<string, unknown> = {}, statement: Record<string, unknown> = {}) => ({
  Name: 'rate',
  Priority: 2,
  Action: { Block: {} },
  Statement: { RateBasedStatement: { Limit: 1000, AggregateKeyType: 'IP', ...statement } },
  ...more,
});
const association = (list: unknown, target: unknown = 'arn:x') =>
  resource('AWS::WAFv2::WebACLAssociation', { WebACLArn: list, ResourceArn: target });
const list = (rules: unknown, beside: Record<string, unknown> = { A: association(arn('It')) }, more = {}) =>
  it(ACL, { Scope: 'REGIONAL', DefaultAction: { Allow: {} }, Rules: rules, ...more }, beside);
/** A managed group of which some rules are overridden. */
const overridden = (action: string, ...names: string[]) =>
  group({
    Statement: {
      ManagedRuleGroupStatement: {
        VendorName: 'AWS',
        Name: 'AWSManagedRulesAmazonIpReputationList',
        RuleActionOverrides: names.map((name) => ({ Name: name, ActionToUse: { [action]: {} } })),
      },
    },
  });
const REPUTATION = ['AWSManagedIPReputationList', 'AWSManagedReconnaissanceList', 'AWSManagedIPDDoSList'];
const COUNTED = group({ OverrideAction: { Count: {} } });
/** A rule after others that blocks what has a label. */
const byLabel = (key: string, more: Record<string, unknown> = {}, statement?: unknown) => ({
  Name: 'label',
  Priority: 5,
  Action: { Block: {} },
  Statement: statement ?? { LabelMatchStatement: { Scope: 'NAMESPACE', Key: key } },
  ...more,
});
const CORE = 'awswaf:managed:aws:core-rule-set:';
const ownGroup = (overrides: unknown) => ({
  Name: 'own',
  Priority: 1,
  OverrideAction: { None: {} },
  Statement: { RuleGroupReferenceStatement: { Arn: arn('G'), RuleActionOverrides: overrides } },
});
const OWN_RULE = { Name: 'sqli', Priority: 0, Statement: { SqliMatchStatement: {} } };
const besideOwn = {
  A: association(arn('It')),
  G: resource('AWS::WAFv2::RuleGroup', { Capacity: 10, Rules: [{ ...OWN_RULE, Action: { Block: {} } }] }),
};
const central = (action: string) =>
  it('AWS::FMS::Policy', {
    SecurityServicePolicyData: {
      Type: 'WAFV2',
      ManagedServiceData: JSON.stringify({
        type: 'WAFV2',
        preProcessRuleGroups: [{ ruleGroupType: 'ManagedRuleGroup', overrideAction: { type: action } }],
      }),
    },
  });
const counted = { RuleActionOverrides: [{ Name: 'SizeRestrictions_BODY', ActionToUse: { Count: {} } }] };
const common = (more: unknown) =>
  group({
    Statement: {
      ManagedRuleGroupStatement: {
        VendorName: 'AWS',
        Name: 'AWSManagedRulesCommonRuleSet',
        ...(more as object),
      },
    },
  });
const bySize = (
  body: unknown = { Body: { OversizeHandling: 'MATCH' } },
  action: unknown = { Block: {} },
) => ({
  Name: 'size',
  Priority: 3,
  Action: action,
  Statement: {
    SizeConstraintStatement: {
      FieldToMatch: body,
      ComparisonOperator: 'GT',
      Size: 16384,
      TextTransformations: [],
    },
  },
});
const distribution = (id: unknown) =>
  resource('AWS::CloudFront::Distribution', { DistributionConfig: { WebACLId: id } });
const tenant = (list: unknown) =>
  resource('AWS::CloudFront::DistributionTenant', {
    Customizations: { WebAcl: { Action: 'override', Arn: list } },
  });
const stage = (beside: Record<string, unknown>, endpoint?: unknown) =>
  it(
    'AWS::ApiGateway::Stage',
    { RestApiId: ref('Api'), StageName: 'prod' },
    {
      Api: resource('AWS::ApiGateway::RestApi', {
        Name: 'a',
        ...(endpoint ? { EndpointConfiguration: endpoint } : {}),
      }),
      ...beside,
    },
  );
const STAGE_ARN = {
  'Fn::Join': [
    '',
    ['arn:', ref('AWS::Partition'), ':apigateway:eu-west-1::/restapis/', ref('Api'), '/stages/prod'],
  ],
};
const balancer = (more: Record<string, unknown>, beside: Record<string, unknown> = {}) =>
  it(
    'AWS::ElasticLoadBalancingV2::LoadBalancer',
    { Scheme: 'internet-facing', Type: 'application', ...more },
    beside,
  );
const target = (value: unknown, beside: Record<string, unknown> = {}) =>
  it('AWS::WAFv2::WebACLAssociation', { WebACLArn: 'arn:l', ResourceArn: value }, beside);

export const firewall: Readonly<Record<string, Examples>> = {
  'firewall-counts': {
    violating: [
      ['a managed group', list([group({ OverrideAction: { Count: {} } })])],
      ['with headers added', list([group({ OverrideAction: { Count: { CustomRequestHandling: {} } } })])],
      ['one that stands for a list', list(group({ OverrideAction: { Count: {} } }))],
      [
        'a group of your own',
        list([
          {
            Name: 'own',
            Priority: 1,
            OverrideAction: { Count: {} },
            Statement: { RuleGroupReferenceStatement: { Arn: 'arn:g' } },
          },
        ]),
      ],
      ['each rule of a group, counted', list([overridden('Count', ...REPUTATION)])],
      ['each rule of a group, allowed', list([overridden('Allow', ...REPUTATION)])],
      [
        'each rule of a group of your own',
        list([ownGroup([{ Name: 'sqli', ActionToUse: { Count: {} } }])], besideOwn),
      ],
      [
        'a group of your own that only counts',
        it('AWS::WAFv2::RuleGroup', { Rules: [{ ...OWN_RULE, Action: { Count: {} } }] }),
      ],
      ['a policy for all accounts', central('COUNT')],
      ['a block by labels of another group', list([COUNTED, byLabel('awswaf:managed:aws:sql-database:')])],
      ['a block by labels that comes before', list([COUNTED, byLabel(CORE, { Priority: 0 })])],
      ['a count by labels', list([COUNTED, byLabel(CORE, { Action: { Count: {} } })])],
      [
        'a block of what has no label',
        list([
          COUNTED,
          byLabel('', {}, { NotStatement: { Statement: { LabelMatchStatement: { Key: CORE } } } }),
        ]),
      ],
      ['a rate rule', list([rate({ Action: { Count: {} } })])],
      ['a rate rule in a group', it('AWS::WAFv2::RuleGroup', { Rules: [rate({ Action: { Count: {} } })] })],
      [
        'only where a condition holds',
        {
          ...list([group({ OverrideAction: { 'Fn::If': ['C', { Count: {} }, { None: {} }] } })]),
          Conditions: { C: { 'Fn::Equals': [ref('AWS::Region'), 'x'] } },
        },
      ],
    ],
    compliant: [
      ['a managed group', list([group()])],
      ['one that stands for a list', list(group())],
      ['a rate rule', list([rate()])],
      ['one rule of a group', list([common(counted), bySize()])],
      [
        'a rule of your own that labels',
        list([{ Name: 'label', Priority: 1, Action: { Count: {} }, Statement: { GeoMatchStatement: {} } }]),
      ],
      ['most rules of a group', list([overridden('Count', ...REPUTATION.slice(1))])],
      ['each rule of a group, challenged', list([overridden('Challenge', ...REPUTATION)])],
      ['a group of your own', list([ownGroup([])], besideOwn)],
      [
        'a group of your own that labels',
        it('AWS::WAFv2::RuleGroup', {
          Rules: [{ ...OWN_RULE, Action: { Count: {} }, RuleLabels: [{ Name: 'sqli' }] }],
        }),
      ],
      ['a policy for all accounts', central('NONE')],
      ['a block by its labels', list([COUNTED, byLabel(CORE)])],
      [
        'a block by its labels, with an exception',
        list([
          COUNTED,
          byLabel(
            '',
            {},
            {
              AndStatement: {
                Statements: [
                  { LabelMatchStatement: { Scope: 'LABEL', Key: `${CORE}NoUserAgent_Header` } },
                  { NotStatement: { Statement: { IPSetReferenceStatement: { Arn: 'a' } } } },
                ],
              },
            },
          ),
        ]),
      ],
      [
        "a block by a rate rule's label",
        list([rate({ Action: { Count: {} }, RuleLabels: [{ Name: 'flood' }] }), byLabel('flood')]),
      ],
      ['no rules', list([])],
    ],
    undecided: [
      ['an override from elsewhere', list([group({ OverrideAction: { 'Fn::ImportValue': 'override' } })])],
    ],
  },
  'firewall-not-associated': {
    violating: [
      ['nothing beside it', list([], {})],
      ['an association of another list', list([], { A: association('arn:other') })],
      [
        'an association under a condition',
        {
          ...list([], { A: { ...association(arn('It')), Condition: 'C' } }),
          Conditions: { C: { 'Fn::Equals': [ref('AWS::Region'), 'x'] } },
        },
      ],
      ['a distribution without it', list([], { D: distribution(undefined) }, { Scope: 'CLOUDFRONT' })],
      [
        'a log of it',
        list([], { L: resource('AWS::WAFv2::LoggingConfiguration', { ResourceArn: arn('It') }) }),
      ],
      ['a tenant with another list', list([], { T: tenant('arn:other') }, { Scope: 'CLOUDFRONT' })],
      [
        'an output of another',
        { ...list([], {}), Outputs: { L: { Value: { 'Fn::Sub': '${!It.Arn} ${AWS::Region}' } } } },
      ],
    ],
    compliant: [
      ['Fn::GetAtt', list([])],
      ['Fn::GetAtt in one text', list([], { A: association({ 'Fn::GetAtt': 'It.Arn' }) })],
      ['Fn::Sub', list([], { A: association({ 'Fn::Sub': '${It.Arn}' }) })],
      ['Fn::Join', list([], { A: association({ 'Fn::Join': ['', [arn('It')]] }) })],
      ['a distribution', list([], { D: distribution(arn('It')) }, { Scope: 'CLOUDFRONT' })],
      ['a tenant of a distribution', list([], { T: tenant(arn('It')) }, { Scope: 'CLOUDFRONT' })],
      [
        'both branches',
        {
          ...list([], { A: association({ 'Fn::If': ['C', arn('It'), { 'Fn::Sub': '${It.Arn}' }] }) }),
          Conditions: { C: { 'Fn::Equals': [ref('AWS::Region'), 'x'] } },
        },
      ],
    ],
    undecided: [
      ['an association with a parameter', { ...list([], { A: association(ref('P')) }), ...parameter({}) }],
      [
        'an output that others import',
        { ...list([], {}), Outputs: { L: { Value: arn('It'), Export: { Name: 'list' } } } },
      ],
      ['an output', { ...list([], {}), Outputs: { L: { Value: { 'Fn::Sub': '${It.Arn}' } } } }],
      [
        'a parameter that others read',
        list([], { S: resource('AWS::SSM::Parameter', { Type: 'String', Value: arn('It') }) }),
      ],
      [
        'a function that may associate it',
        list([], {
          C: resource('Custom::AWS', { Create: { 'Fn::Join': ['', ['{"arn":"', arn('It'), '"}']] } }),
        }),
      ],
      [
        'an ingress of Kubernetes',
        list([], {
          M: resource('Custom::AWSCDK-EKS-KubernetesResource', {
            Manifest: { 'Fn::Sub': '[{"alb.ingress.kubernetes.io/wafv2-acl-arn":"${It.Arn}"}]' },
          }),
        }),
      ],
    ],
  },
  'entry-without-firewall': {
    violating: [
      ['a stage', stage({})],
      [
        'another stage of the same API',
        stage({
          A: association('arn:l', { 'Fn::Sub': 'arn:aws:apigateway:eu-west-1::/restapis/${Api}/stages/dev' }),
        }),
      ],
      ['a stage of the edge', stage({}, { Types: ['EDGE'] })],
      ['a load balancer', balancer({}), at('Scheme')],
      ['a load balancer, by default', it('AWS::ElasticLoadBalancingV2::LoadBalancer', {})],
      ['a load balancer, another associated', balancer({}, { A: association('arn:l', 'arn:other') })],
      ['a distribution', it('AWS::CloudFront::Distribution', { DistributionConfig: {} })],
    ],
    compliant: [
      ['a stage by its API', stage({ A: association('arn:l', STAGE_ARN) })],
      [
        'a stage by Fn::Sub',
        stage({
          A: association('arn:l', {
            'Fn::Sub': 'arn:aws:apigateway:eu-west-1::/restapis/${Api}/stages/${It}',
          }),
        }),
      ],
      ['a private stage', stage({}, { Types: ['PRIVATE'] })],
      ['a load balancer', balancer({}, { A: association('arn:l', ref('It')) })],
      ['an internal load balancer', balancer({ Scheme: 'internal' }), at('Scheme')],
      ['a network load balancer, to which none attaches', balancer({ Type: 'network' }), at('Type')],
      ['a distribution', it('AWS::CloudFront::Distribution', { DistributionConfig: { WebACLId: 'arn:l' } })],
    ],
    undecided: [
      ['a scheme from elsewhere', { ...balancer({ Scheme: ref('P') }), ...parameter({}) }],
      [
        'an association from elsewhere',
        balancer({}, { A: association('arn:l', { 'Fn::ImportValue': 'balancer' }) }),
      ],
    ],
  },
  'firewall-body': {
    violating: [
      ['an override', list([common(counted)])],
      ['one that stands for a list', list([common({ RuleActionOverrides: counted.RuleActionOverrides[0] })])],
      [
        'excluded, as it once was written',
        list([common({ ExcludedRules: [{ Name: 'SizeRestrictions_BODY' }] })]),
      ],
      ['a size rule that counts too', list([common(counted), bySize(undefined, { Count: {} })])],
      ['a size rule of something else', list([common(counted), bySize({ UriPath: {} })])],
    ],
    compliant: [
      ['a size rule of your own', list([common(counted), bySize()])],
      ['a size rule of JSON', list([common(counted), bySize({ JsonBody: { OversizeHandling: 'MATCH' } })])],
      [
        'a size rule inside another',
        list([
          common(counted),
          { ...bySize(), Statement: { AndStatement: { Statements: [bySize().Statement] } } },
        ]),
      ],
      ['no override', list([group()])],
      [
        'an override of another rule',
        list([common({ RuleActionOverrides: [{ Name: 'GenericRFI_BODY', ActionToUse: { Count: {} } }] })]),
      ],
      [
        'an override to block',
        list([
          common({ RuleActionOverrides: [{ Name: 'SizeRestrictions_BODY', ActionToUse: { Block: {} } }] }),
        ]),
      ],
    ],
  },
  'firewall-target': {
    violating: [
      [
        'an HTTP API',
        target(
          { 'Fn::Sub': 'arn:aws:apigateway:eu-west-1::/apis/${Api}/stages/$default' },
          { Api: resource('AWS::ApiGatewayV2::Api') },
        ),
      ],
      ['a stage of an HTTP API', target(ref('S'), { S: resource('AWS::ApiGatewayV2::Stage') })],
      ['its ARN', target('arn:aws:apigateway:eu-west-1::/apis/abc/stages/prod'), at('ResourceArn')],
      [
        'a network load balancer',
        target(ref('L'), { L: resource('AWS::ElasticLoadBalancingV2::LoadBalancer', { Type: 'network' }) }),
      ],
      [
        'its ARN as a text',
        target('arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/n/1'),
      ],
      [
        'a gateway load balancer',
        target(ref('L'), { L: resource('AWS::ElasticLoadBalancingV2::LoadBalancer', { Type: 'gateway' }) }),
      ],
    ],
    compliant: [
      ['a REST API', target(STAGE_ARN, { Api: resource('AWS::ApiGateway::RestApi') })],
      ['its ARN', target('arn:aws:apigateway:eu-west-1::/restapis/abc/stages/prod'), at('ResourceArn')],
      [
        'an Application Load Balancer',
        target(ref('L'), {
          L: resource('AWS::ElasticLoadBalancingV2::LoadBalancer', { Type: 'application' }),
        }),
      ],
      ['by default', target(ref('L'), { L: resource('AWS::ElasticLoadBalancingV2::LoadBalancer') })],
      ['a user pool', target(arn('U'), { U: resource('AWS::Cognito::UserPool') })],
    ],
  },
  'firewall-limits': {
    violating: [
      [
        'a window of 90 seconds',
        list([rate({}, { EvaluationWindowSec: 90 })]),
        at('Rules', 0, 'Statement', 'RateBasedStatement', 'EvaluationWindowSec'),
      ],
      [
        'a limit of one',
        list([rate({}, { Limit: 1 })]),
        at('Rules', 0, 'Statement', 'RateBasedStatement', 'Limit'),
      ],
      ['two of one priority', list([group(), rate({ Priority: 1 })])],
      ['two of one name', list([group(), rate({ Name: 'common' })])],
      ['too many groups', list(Array.from({ length: 8 }, (_, n) => group({ Name: `g${n}`, Priority: n })))],
      [
        'a group of your own that is too large',
        list(
          [
            {
              Name: 'own',
              Priority: 1,
              OverrideAction: { None: {} },
              Statement: { RuleGroupReferenceStatement: { Arn: arn('G') } },
            },
          ],
          { A: association(arn('It')), G: resource('AWS::WAFv2::RuleGroup', { Capacity: 5001, Rules: [] }) },
        ),
      ],
    ],
    compliant: [
      [
        'a window of 60 seconds',
        list([rate({}, { EvaluationWindowSec: 60 })]),
        at('Rules', 0, 'Statement', 'RateBasedStatement', 'EvaluationWindowSec'),
      ],
      ['the default window', list([rate()])],
      ['a limit of ten', list([rate({}, { Limit: '10' })])],
      ['a priority each', list([group(), rate()])],
      ['seven groups', list(Array.from({ length: 7 }, (_, n) => group({ Name: `g${n}`, Priority: n })))],
      [
        'a limit that a parameter gives',
        { ...list([rate({}, { Limit: ref('P') })]), ...parameter({ Type: 'Number' }) },
      ],
    ],
  },
};
