import '../support/bundles.js';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { SpecRestApi, ApiDefinition } from 'aws-cdk-lib/aws-apigateway';
import { TokenAuthorizer } from '../../../../constructs/aws-cdk/authorizer/index.js';
import { decisionLine } from '../../../../lambda/authorizer/decision-line.js';
import { COUNTERS, METRIC_NAMESPACE, Metrics } from '../../../../lambda/authorizer/metrics.js';
import { STATUSES } from '../../../../lambda/authorizer/statuses.js';
import { ENV, mistake } from '../support/app.js';
import { plan } from '../support/plan.js';

/** An authorizer of its own, and the same one as another stack knows it. */
const stack = new Stack(new App({ analyticsReporting: false }), 'Test', { env: ENV });
const api = new SpecRestApi(stack, 'Api', {
  apiDefinition: ApiDefinition.fromInline({ openapi: '3.0.2', paths: {} }),
});
const protectedElsewhere = { reason: 'the document names the authorizer', expires: '2099-01-01' };
const authorizer = new TokenAuthorizer(stack, 'Authorizer', {
  plan,
  apis: [{ service: 'orders', api, protectedElsewhere }],
});
const aliasArn = 'arn:aws:lambda:eu-west-1:111122223333:function:authorizer:live';
const imported = TokenAuthorizer.fromAttributes(stack, 'Imported', { aliasArn, platform: plan.trustDomain });

/** Whether a line has what a pattern of CloudWatch Logs asks for: `{ $.field = value && … }`. */
function matches(pattern: string, line: object): boolean {
  const conditions = /^\{ (.*) \}$/.exec(pattern)![1]!.split(' && ');
  return conditions.every((condition) => {
    const [, field, value] = /^\$\.(\w+) = (.*)$/.exec(condition)!;
    return (line as Record<string, unknown>)[field!] === JSON.parse(value!);
  });
}

/** Without the name of the function, which only a deployment knows. */
function nameOf(metricName: unknown): string {
  return /Authorizer\w+/.exec(JSON.stringify(stack.resolve(metricName)))![0];
}

function patterns(): Record<string, string> {
  const filters = Template.fromStack(stack).findResources('AWS::Logs::MetricFilter');
  return Object.fromEntries(
    Object.values(filters).map(({ Properties }) => [
      nameOf(Properties.MetricTransformations[0].MetricName),
      Properties.FilterPattern as string,
    ]),
  );
}

test.each([
  ['allow', []],
  ['preflight', []],
  ['forbidden', ['AuthorizerRefused']],
  ['tokenRequired', ['AuthorizerRefused']],
  ['unavailable', ['AuthorizerRefused', 'AuthorizerUnavailable']],
] as const)('the line of a decision `%s` is counted where it belongs', (outcome, expected) => {
  const request = { service: 'orders', method: 'GET', path: '/orders/1', headers: {} };
  const verdict = { decision: { outcome, reason: 'any' } };
  const context = { point: 'authorizer', statuses: STATUSES.rest, began: 0, ended: 1 };
  const line = decisionLine(request as never, verdict as never, context);
  const counted = Object.entries(patterns()).filter(([, pattern]) => matches(pattern, line));
  expect(counted.map(([name]) => name).sort()).toEqual(expected);
});

test('what the function counts of itself goes by the names that `metric` gives', () => {
  const lines: string[] = [];
  const name = 'authorizer';
  const own = new Metrics(
    () => 0,
    (line) => lines.push(line),
    name,
    () => 5,
  );
  for (const counter of COUNTERS) own.count(counter);
  own.flush(60_000);
  const { _aws, ...values } = JSON.parse(lines[0]!) as Record<string, unknown> & {
    _aws: { CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[] };
  };
  const [directive] = _aws.CloudWatchMetrics;
  for (const { Name } of directive!.Metrics) {
    const metric = imported.metric(Name as (typeof COUNTERS)[number]);
    expect([metric.namespace, metric.metricName]).toEqual([directive!.Namespace, Name]);
    // A dimension is a field of the line with its value.
    const dimensions = metric.dimensions as Record<string, unknown>;
    expect(Object.keys(dimensions)).toEqual(directive!.Dimensions[0]);
    for (const [field, value] of Object.entries(dimensions)) expect(values[field]).toBe(value);
  }
  expect(directive!.Metrics.map(({ Name }) => Name)).toContain('RevocationAge');
  expect(authorizer.metric('KeyFetchFailures').namespace).toBe(METRIC_NAMESPACE);
});

test('the authorizer of another stack has the metrics that its own has', () => {
  for (const name of ['metricRefused', 'metricUnavailable'] as const) {
    const [one, other] = [imported[name](), authorizer[name]()];
    expect([one.namespace, one.statistic]).toEqual([other.namespace, other.statistic]);
    expect(one.metricName).toBe(`${nameOf(other.metricName)}-authorizer`);
  }
  const { metricName, namespace } = authorizer.metricThrottles();
  expect(imported.metricThrottles()).toMatchObject({
    metricName,
    namespace,
    dimensions: { FunctionName: 'authorizer', Resource: 'authorizer:live' },
  });
  expect(Object.keys(imported.metricThrottles().dimensions!)).toEqual(
    Object.keys(authorizer.metricThrottles().dimensions!),
  );
});

test('without a platform its decisions have no name, and asking for them is an error', () => {
  const error = mistake((scope) => TokenAuthorizer.fromAliasArn(scope, 'Other', aliasArn).metricRefused());
  expect(error.code).toBe('platform-unknown');
});

test('each of several authorizers of a platform is counted by itself: a ratio of refusals is of one', () => {
  const second = new TokenAuthorizer(stack, 'Second', { plan, services: ['orders'] });
  const names = [authorizer, second].map((made) =>
    JSON.stringify(stack.resolve(made.metricRefused().metricName)),
  );
  expect(names[0]).not.toBe(names[1]);
});
