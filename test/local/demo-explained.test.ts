import { resolve } from '../../lib/index.js';
import { expected } from '../../examples/shop/demo/expected.js';
import { explained, isAsExpected } from '../../examples/shop/demo/explained.js';
import { REQUESTS } from '../../examples/shop/demo/requests.js';
import model from '../../examples/shop/login.js';

const plan = resolve(model, { engine: 'local' });
const presented = { headers: [] };

test('without tokens an explanation says of every request of the demo what the reference does', () => {
  const asked = REQUESTS.flatMap((request) => {
    const wanted = expected(plan, request, presented);
    const said = explained(plan, request, presented, wanted);
    return said === undefined ? [] : [{ title: request.title, agrees: isAsExpected(said, wanted) }];
  });
  expect(asked.length).toBeGreaterThan(20);
  expect(asked.filter(({ agrees }) => !agrees)).toEqual([]);
});

test('another outcome without a rule, and a point that is not named, are no agreement', () => {
  const request = REQUESTS.find(
    (one) => one.to === 'gateway' && expected(plan, one, presented).outcome !== 'allow',
  )!;
  const wanted = expected(plan, request, presented);
  const other = { outcome: 'preflight', point: wanted.point, status: '200' } as const;
  expect(isAsExpected(explained(plan, request, presented, other)!, other)).toBe(false);
  const elsewhere = { ...wanted, point: 'services/nowhere/sidecar' };
  const said = explained(plan, request, presented, elsewhere)!;
  expect([said.outcome, isAsExpected(said, elsewhere)]).toEqual(['none', false]);
});
