import { resolve, tryResolve } from '../../lib/plan/resolve.js';
import { authorizerData, decisionData } from '../../lambda/authorizer/data.js';
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

describe('where clients reach an Envoy itself', () => {
  test('the rule is refused, with a request that shows why', () => {
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

  const withServices = (place: (name: string) => 'everyPoint' | 'sidecar' | undefined) => ({
    ...model,
    services: Object.fromEntries(
      Object.entries(model.services).map(([name, service]) => {
        const decisionService = place(name);
        return [name, { ...service, ...(decisionService && { decisionService }) }];
      }),
    ),
  });

  test('decision services at the gateway judge proofs, if every service that clients reach has one', () => {
    const plan = resolve(
      withServices(() => 'everyPoint'),
      { engine: 'local' },
    );
    expect(plan.proofCheckedAt).toMatchObject({ audit: 'gateway' });
    expect(decisionData(plan, 'gateway')).toMatchObject({
      policy: { dpop: true },
      proofs: { maxAgeSeconds: 60 },
    });
    const { diagnostics } = tryResolve(
      withServices((name) => (name === 'orders' ? 'everyPoint' : undefined)),
      { engine: 'local' },
    );
    const missing = diagnostics.filter(({ code }) => code === 'proof-not-judged').map(({ path }) => path);
    expect(missing.length).toBeGreaterThan(0);
    expect(missing).not.toContain('services.orders');
  });

  test('one at the sidecar alone judges none', () => {
    const { diagnostics } = tryResolve(
      withServices(() => 'sidecar'),
      { engine: 'local' },
    );
    expect(diagnostics.map(({ code }) => code)).toContain('not-expressible');
  });
});
