import { App, Stack } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { RuleAlarm } from '../../../../constructs/aws-cdk/visibility/index.js';
import { allow, user } from '../../../../lib/index.js';
import { ENV } from '../support/app.js';
import { model, planFor } from '../support/plan.js';

const emergency = allow(user({ groups: ['on-call'] }))
  .to('orders', 'DELETE /orders/{id}')
  .named('break-glass');

function alarm(rule: string, change: Parameters<typeof planFor>[0] = {}): RuleAlarm {
  const stack = new Stack(new App({ analyticsReporting: false }), 'Stack', { env: ENV });
  const plan = planFor({ access: [...model.access, emergency], ...change });
  return new RuleAlarm(stack, 'Alarm', { plan, rule, logGroup: new LogGroup(stack, 'Log') });
}

test('the metric is of the platform, and names the rule', () => {
  const { metricName, namespace } = alarm('break-glass').metricUsed();
  expect([metricName, namespace]).toEqual([
    'RuleUsed-break-glass',
    'ZeroTrustPlatform/aws.prod.shop.example',
  ]);
});

test('a rule that is not there would never sound', () => {
  expect(() => alarm('brake-glass')).toThrow(
    expect.objectContaining({
      code: 'unknown-rule',
      message: expect.stringContaining('Did you mean "break-glass"?'),
    }),
  );
});

test('where admissions are not logged nobody would hear of it', () => {
  expect(() => alarm('break-glass', { observe: { decisions: 'refused' } })).toThrow(
    expect.objectContaining({ code: 'admissions-not-logged' }),
  );
});
