import { resolve, tryResolve } from '../../lib/plan/resolve.js';
import { authorizerData } from '../../lambda/authorizer/data.js';
import { allow, senderConstrained, user } from '../../lib/model/index.js';
import { shop } from '../model/shop.js';

const model = {
  ...shop(),
  access: [
    ...shop().access!,
    allow(user()).to('orders', 'GET /audit').named('audit').when(senderConstrained('dpop')),
  ],
};

test('a rule that asks for a proof: the policy takes proofs, and the plan names the point that judges them', () => {
  const plan = resolve(model, { engine: 'aws' });
  expect(plan.policy.dpop).toBe(true);
  expect(plan.policy.services['orders']!.rules.find(({ id }) => id === 'audit')?.conditions).toEqual([
    { kind: 'dpop' },
  ]);
  expect(plan.proofCheckedAt).toMatchObject({ audit: 'authorizer' });
  expect(authorizerData(plan)).toMatchObject({
    policy: { dpop: true },
    proofs: { maxAgeSeconds: 60, replay: { kind: 'memory' } },
  });
});

test('without such a rule nothing of it is in the plan', () => {
  const plan = resolve(shop(), { engine: 'aws' });
  expect(Object.hasOwn(plan.policy, 'dpop')).toBe(false);
  expect(Object.hasOwn(authorizerData(plan), 'proofs')).toBe(false);
});

test('where clients reach an Envoy itself the rule is refused, with a request that shows why', () => {
  const { plan, diagnostics } = tryResolve(model, { engine: 'local' });
  expect(plan).toBeUndefined();
  const found = diagnostics.find(({ code }) => code === 'not-expressible');
  expect(found?.message).toContain(
    'dpop: where the client’s connection ends a proof is verified and used up',
  );
  expect(found?.found).toMatch(
    /^GET \/audit at the gateway .*: the reference says \w+, envoy would say allow$/,
  );
  expect(found?.remedy).toContain('decision service');
});
