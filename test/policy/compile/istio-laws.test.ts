import fc from 'fast-check';
import { DECIDING_RULE } from '../../../lib/point/decision-headers.js';
import { compileIstio } from '../../../lib/policy/compile/istio/index.js';
import {
  type AccessRule,
  type Decision,
  decide,
  indexPolicy,
  type PolicyCondition,
  type Request,
  type Revocation,
} from '../../../lib/policy/index.js';
import { type IstioReader, sidecarReading } from '../../kubernetes/istio-reader.js';
import { scene } from '../aim.js';
import { allowRule, anyRequest, denyRule, policyWith, revocation, rules } from '../arbitrary.js';
import { allow, anyone, deny, GATEWAY, mfa, NO_TOKEN, NOW, user, workload, workloadId } from '../fixture.js';
import { law } from '../law.js';

const PORT = 8080;
const someRules = rules(allowRule, allowRule, denyRule);
/** Such as Istio decides by itself. */
const ownRules = someRules.map((all) => all.map(withoutToken));
const inner: PolicyCondition = { kind: 'sourceNetwork', ranges: ['10.0.0.0/8'] };
const revocations = fc.array(revocation, { maxLength: 2 });

/** The sidecar of `orders`, as Istio reads what is compiled for it. */
function sidecar(own: readonly AccessRule[], entries: readonly Revocation[], asksDecisions: boolean) {
  const document = { version: 1, entries };
  const compiled = compileIstio(policyWith(own), 'orders', {
    port: PORT,
    asksDecisions,
    revocations: document,
  });
  return sidecarReading(compiled, PORT);
}

/** The request as it comes to the sidecar of `orders`, with its token in the header. */
function arriving(aimed: Request): Request {
  const { peer = GATEWAY, certificateThumbprint: _, provenKey: __, ...request } = aimed;
  const headers = request.credential.kind === 'none' ? [] : [['authorization', 'a token'] as const];
  return { ...request, peer, headers, point: { kind: 'sidecar', service: 'orders' } };
}

function withoutToken(any: AccessRule, at: number): AccessRule {
  const { auditUntil: _, until: __, ...rule } = any;
  const principals = rule.principals.map((one) =>
    one.kind === 'workload' ? { kind: one.kind, spiffeId: one.spiffeId } : { kind: 'anyone' as const },
  );
  // Three of four ask for networks alone.
  const conditions = rule.conditions.map((one) => (at % 4 === 3 ? one : inner));
  return { ...rule, principals, conditions };
}

/** With a decision service what it is not asked about is as decided, whatever a client writes, and what it admits passes. */
function expectEqual(reader: IstioReader, { outcome, rule = 'none' }: Decision, request: Request) {
  const told = { ...request, headers: [...request.headers, [DECIDING_RULE, rule] as const] };
  const answer = reader.answer(request);
  expect(reader.answer(told)).toBe(answer);
  if (answer !== 'ask') expect(answer === 'allow' ? 'allow' : 'forbidden').toBe(outcome);
  else if (outcome === 'allow') expect(reader.afterwards(told)).toBe('allow');
  else if (!request.authority.startsWith('orders.')) expect(reader.afterwards(told)).toBe('refuse');
}

law(
  'a sidecar answers as is decided, and what the decision service admits passes',
  fc.property(scene(someRules), revocations, ([own, aimed], entries) => {
    const request = arriving(aimed);
    const index = indexPolicy(policyWith(own), { version: 1, entries });
    expectEqual(sidecar(own, entries, true), decide(index, request), request);
  }),
);

law(
  'what is about no token it decides by itself, with and without a decision service',
  fc.property(scene(ownRules), revocations, ([own, aimed], entries) => {
    const index = indexPolicy(policyWith(own), { version: 1, entries });
    const [asking, alone] = [sidecar(own, entries, true), sidecar(own, entries, false)];
    // What was closed until now may be closed there for longer.
    const isOver = entries.some(({ until }) => until <= aimed.now);
    for (const credential of [NO_TOKEN, aimed.credential]) {
      const request = arriving({ ...aimed, credential, authority: `${aimed.authority}:8080` });
      const decision = decide(index, request);
      expectEqual(asking, decision, request);
      const answer = alone.answer(request);
      const isAllowed = decision.outcome === 'allow' && credential.kind === 'none';
      const expected = isAllowed ? 'allow' : 'refuse';
      expect(isOver ? ['refuse', expected] : [expected]).toContain(answer);
    }
  }),
);

describe('one by one', () => {
  const operations = ['GET /a'] as const;
  const principals = [workload('web')];
  const open = allow('a', { operations, principals });
  const [from] = fc.sample(anyRequest, 1) as [Request];
  const call = { method: 'GET', path: '/a', authority: 'orders.shop.test', sourceAddress: '10.0.0.1' };
  const request = arriving({ ...from, ...call, peer: workloadId('web'), credential: NO_TOKEN });
  const told = { ...request, headers: [...request.headers, [DECIDING_RULE, 'a'] as const] };

  test('a deny that spares who is in a network and proves more refuses whoever carries no token', () => {
    const own = [open, deny('d', { operations, principals, conditions: [inner, mfa] })];
    expect(sidecar([open], [], true).answer(request)).toBe('allow');
    expect(sidecar(own, [], true).answer(request)).toBe('refuse');
  });

  test('of a closed service the decision service is asked about everything, and what it admits passes', () => {
    const reader = sidecar([open], [{ kind: 'service', service: 'orders', until: NOW + 60 }], true);
    expect(reader.answer(request)).toBe('ask');
    expect(reader.afterwards(request)).toBe('refuse');
    expect(reader.afterwards(told)).toBe('allow');
  });

  test('a deny in audit is not told to Istio, which knows no instant', () => {
    const own = [open, deny('d', { operations, principals, auditUntil: NOW + 60 })];
    expect(sidecar(own, [], true).answer(request)).toBe('ask');
    expect(sidecar(own, [], true).afterwards(told)).toBe('allow');
  });

  test.each([
    ['a user', [user('people')]],
    ['anyone and a user', [anyone, user('people')]],
    ['a workload for a user', [workload('web', { issuer: 'people', claims: [] })]],
    ['a workload for a user or alone', [...principals, workload('web', { issuer: 'people', claims: [] })]],
  ])('where %s may come, who brings no token is told so by the decision service', (_, who) => {
    const reader = sidecar([allow('a', { operations, principals: who, conditions: [mfa] })], [], true);
    expect(reader.answer(request)).toBe('ask');
    expect(reader.afterwards(request)).toBe('refuse');
    expect(reader.afterwards(told)).toBe('allow');
  });
});
