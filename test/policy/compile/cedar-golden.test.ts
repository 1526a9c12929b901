import shop from '../../../examples/shop/model.js';
import { resolve } from '../../../lib/plan/resolve.js';
import { compileCedar } from '../../../lib/policy/compile/cedar/index.js';
import { expectGolden } from '../../golden.js';

test('the policy of the shop, in Cedar', () => {
  const plan = resolve(shop, { now: new Date('2026-11-23T12:00:00Z') });
  const { schema, policies } = compileCedar(plan.policy);
  expectGolden('cedar/shop-schema.json', `${JSON.stringify(schema, undefined, 2)}\n`);
  expectGolden('cedar/shop-policies.cedar', policies.map(({ statement }) => statement).join('\n'));
});
