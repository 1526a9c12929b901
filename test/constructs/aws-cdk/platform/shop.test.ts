import { ShopStack } from '../../../../examples/aws-cdk/shop-stack.js';
import { expectGolden } from '../../../golden.js';
import { cfnLint } from '../../../support/aws/cfn-lint.js';
import { LAWS } from '../../../support/aws/laws/index.js';
import { ledgerOf } from '../../../support/aws/ledger.js';
import { acknowledgementsOf, unexplainedFindings } from '../../../support/aws/nag.js';
import { TEST_ENVIRONMENT, testApp } from '../../../support/aws/synth.js';
import { templatesOf } from '../../../support/aws/template.js';
import { PYTHON_TOOLS_TIMEOUT } from '../../../support/python-tools.js';

const app = testApp();
new ShopStack(app, 'Shop', { env: TEST_ENVIRONMENT });
const templates = templatesOf(app.synth().directory);

test('no logical ID of the shop has changed: a change would replace what is deployed', () => {
  expectGolden('aws/shop-logical-ids.txt', `${ledgerOf(templates).join('\n')}\n`);
});

test.each(LAWS.map((law) => [law.name, law] as const))('%s', (_, law) => {
  expect(law.broken(templates)).toEqual([]);
});

test('cdk-nag finds nothing that is not explained, by AwsSolutions and NIST 800-53 r5', () => {
  expect(unexplainedFindings(app)).toEqual([]);
});

test('every acknowledgement has a reason that says something', () => {
  const acknowledged = acknowledgementsOf(app);
  expect(acknowledged.length).toBeGreaterThan(20);
  for (const { reason } of acknowledged) expect(reason.split(' ').length).toBeGreaterThan(8);
});

test(
  'cfn-lint finds nothing',
  async () => {
    expect(await cfnLint(templates)).toEqual([]);
  },
  PYTHON_TOOLS_TIMEOUT,
);
