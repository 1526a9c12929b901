import '../support/bundles.js';
import type { Stack } from 'aws-cdk-lib';
import { MockIntegration, RestApi } from 'aws-cdk-lib/aws-apigateway';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { TokenAuthorizer } from '../../../../constructs/aws-cdk/authorizer/index.js';
import { RevocationList } from '../../../../constructs/aws-cdk/revocations/index.js';
import {
  AlarmTopic,
  SecurityAlarms,
  type SecurityAlarmsProps,
  SecurityDashboard,
} from '../../../../constructs/aws-cdk/visibility/index.js';
import { mistake, templateOf, testStack } from '../support/app.js';
import { plan } from '../support/plan.js';
import { everything } from '../support/everything.js';

const metric = new Metric({ namespace: 'Shop', metricName: 'Any' });

test('what security must hear of has an alarm, and each goes to the topic', () => {
  const stack = testStack();
  const { alarms } = everything(stack);
  expect(Object.keys(alarms.alarms).sort()).toEqual([
    'AuthorizerFailures-orders',
    'AuthorizerFailures-reports',
    'AuthorizerLatency',
    'AuthorizerThrottles',
    'AuthorizerUnavailable',
    'FirewallBlocks',
    'Latency-orders',
    'Latency-reports',
    'RefusedRatio',
    'ServerErrors-orders',
    'ServerErrors-reports',
  ]);
  for (const { Properties } of Object.values(
    Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm'),
  )) {
    expect(Properties).toMatchObject({ AlarmActions: [{ Ref: expect.stringMatching(/^Alarms/) }] });
  }
});

test('the authorizer is watched by its own decisions, since Lambda counts every 401 as an error', () => {
  const stack = testStack();
  everything(stack);
  const template = Template.fromStack(stack);
  const filters = Object.values(template.findResources('AWS::Logs::MetricFilter')).map(
    ({ Properties }) => (Properties as { FilterPattern: string }).FilterPattern,
  );
  expect(filters).toEqual(
    expect.arrayContaining([
      '{ $.decision = "refuse" }',
      '{ $.decision = "refuse" && $.status = 500 }',
      '{ ($.refusedBy = "AUTHORIZER_FAILURE") || ($.refusedBy = "AUTHORIZER_CONFIGURATION_ERROR") }',
    ]),
  );
  expect(JSON.stringify(template.findResources('AWS::CloudWatch::Alarm'))).not.toContain(
    '"MetricName":"Errors"',
  );
});

test('the ratio of refusals says nothing below a hundred requests', () => {
  const stack = testStack();
  everything(stack);
  Template.fromStack(stack).hasResourceProperties('AWS::CloudWatch::Alarm', {
    Threshold: 50,
    Metrics: Match.arrayWith([
      Match.objectLike({ Expression: 'IF(judged > 100, 100 * FILL(refused, 0) / judged, 0)' }),
    ]),
  });
});

test('the slowest hundredth is watched, for a quarter of an hour and of enough requests', () => {
  const stack = testStack();
  everything(stack);
  for (const [MetricName, Threshold] of [
    ['Duration', 1000],
    ['Latency', 5000],
  ] as const) {
    Template.fromStack(stack).hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName,
      Threshold,
      ExtendedStatistic: 'p99',
      EvaluationPeriods: 3,
      EvaluateLowSampleCountPercentile: 'ignore',
    });
  }
});

test('alarms of an edge go by the name that its API has', () => {
  const stack = testStack();
  everything(stack);
  const template = Template.fromStack(stack);
  const names = Object.values(template.findResources('AWS::ApiGateway::RestApi')).map(
    ({ Properties }) => (Properties as { Name: string }).Name,
  );
  const watched = Object.values(template.findResources('AWS::CloudWatch::Alarm')).flatMap(({ Properties }) =>
    ((Properties as { Dimensions?: { Name: string; Value: string }[] }).Dimensions ?? [])
      .filter(({ Name }) => Name === 'ApiName')
      .map(({ Value }) => Value),
  );
  expect([...new Set(watched)].sort()).toEqual(names.sort());
});

test.each<[string, object, number]>([
  ['as it is unless said', {}, 150],
  ['1,000 s', { settings: { revocationOutageSeconds: 1000 } }, 500],
  ['100 s', { settings: { revocationOutageSeconds: 100 } }, 90],
])('of revocations whose bound is %s the age sounds an alarm within a minute', (_, settings, age) => {
  const template = templateOf((stack) => {
    const authorizer = new TokenAuthorizer(stack, 'Authorizer', {
      plan,
      services: ['orders'],
      revocations: RevocationList.fromBucketName(stack, 'Revocations', 'revocations'),
      ...settings,
    });
    const api = new RestApi(stack, 'Api', { cloudWatchRole: false });
    api.root.addMethod('ANY', new MockIntegration(), { authorizer: authorizer.authorizerFor(api, 'orders') });
    return new SecurityAlarms(stack, 'Alarms', { authorizer });
  });
  template.hasResourceProperties('AWS::CloudWatch::Alarm', {
    MetricName: 'RevocationAge',
    Namespace: 'ZeroTrustPlatform/Authorizer',
    Dimensions: [{ Name: 'Function', Value: { Ref: Match.stringLikeRegexp('^Authorizer') } }],
    Statistic: 'Maximum',
    Period: 60,
    Threshold: age,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    AlarmActions: [Match.anyValue()],
  });
});

test('a certificate that was not renewed, and certificates that nobody should need, sound an alarm', () => {
  const template = templateOf(
    (stack) =>
      new SecurityAlarms(stack, 'Alarms', {
        certificates: { orders: { age: metric, lifetime: 14_400 } },
        issuance: { issued: metric, workloads: 5 },
      }),
  );
  for (const Threshold of [0.8 * 14_400, 2 * 5 + 10]) {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { Threshold });
  }
  template.resourceCountIs('AWS::CloudWatch::Alarm', 2);
});

test('every use of a watched key is told at once', () => {
  const template = templateOf(
    (stack) => new SecurityAlarms(stack, 'Alarms', { watchedKeys: { root: new Key(stack, 'Root') } }),
  );
  template.hasResourceProperties('AWS::Events::Rule', {
    // A signature is a call that only reads, by CloudTrail's word.
    State: 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
    EventPattern: {
      source: ['aws.kms'],
      detail: {
        eventName: Match.arrayWith(['Sign', 'PutKeyPolicy', 'CreateGrant']),
        resources: { ARN: [{ 'Fn::GetAtt': [Match.stringLikeRegexp('^Root'), 'Arn'] }] },
      },
    },
    Targets: [Match.objectLike({ Arn: { Ref: Match.stringLikeRegexp('^Alarms') } })],
  });
});

test('only alarms and events of this account publish, over TLS, and the topic is encrypted', () => {
  const template = templateOf((stack) => new AlarmTopic(stack, 'Topic'));
  template.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: Match.anyValue() });
  template.hasResourceProperties('AWS::SNS::TopicPolicy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        Match.objectLike({
          Effect: 'Allow',
          Action: 'sns:Publish',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': '111122223333' } },
        }),
      ]),
    },
  });
});

test("a topic of the user's own is used, and none is made", () => {
  const template = templateOf((stack) => {
    const topic = Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:eu-west-1:111122223333:security');
    return new SecurityAlarms(stack, 'Alarms', { topic, issuance: { issued: metric, workloads: 1 } });
  });
  template.resourceCountIs('AWS::SNS::Topic', 0);
});

test('the page shows every part that was passed', () => {
  const stack = testStack();
  everything(stack);
  const [dashboard] = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Dashboard'));
  const body = JSON.stringify(dashboard);
  for (const title of [
    'Alarms',
    'Authorizer: judged',
    'orders: requests',
    'reports: requests',
    'Firewall: allowed',
  ]) {
    expect(body).toContain(title);
  }
});

test.each<[string, string, Partial<SecurityAlarmsProps>]>([
  ['nothing to watch', 'nothing-to-watch', {}],
  ['a life in days', 'out-of-range', { certificates: { orders: { age: metric, lifetime: 1 } } }],
])('%s is an error', (_, code, props) => {
  expect(mistake((scope) => new SecurityAlarms(scope, 'Alarms', props)).code).toBe(code);
});

test('a ratio above a hundred is an error', () => {
  const error = mistake((scope) => {
    const { authorizer } = everything(scope as never);
    return new SecurityAlarms(scope, 'More', { authorizer, refusedPercent: 150 });
  });
  expect(error.code).toBe('out-of-range');
});

test('an empty page is an error', () => {
  expect(mistake((scope) => new SecurityDashboard(scope, 'Dashboard', {})).code).toBe('nothing-to-show');
});

test('an imported API is watched by its name, and without one is an error', () => {
  const apis = (stack: Stack, restApiName?: string) => {
    const id = { restApiId: 'a1b2c3d4e5', rootResourceId: 'r00t' };
    return restApiName === undefined
      ? RestApi.fromRestApiId(stack, 'Api', id.restApiId)
      : RestApi.fromRestApiAttributes(stack, 'Api', { ...id, restApiName });
  };
  templateOf(
    (stack) => new SecurityAlarms(stack, 'Alarms', { apis: { shop: apis(stack, 'shop') } }),
  ).hasResourceProperties('AWS::CloudWatch::Alarm', {
    MetricName: '5XXError',
    Dimensions: [{ Name: 'ApiName', Value: 'shop' }],
  });
  const error = mistake(
    (scope) => new SecurityAlarms(scope, 'Alarms', { apis: { shop: apis(scope as Stack) } }),
  );
  expect(error.code).toBe('api-without-name');
});
