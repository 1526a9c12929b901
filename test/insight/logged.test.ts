import shop from '../../examples/shop/model.js';
import { allow, http, oidc, senderConstrained, user } from '../../lib/index.js';
import { explainLogged } from '../../lib/insight/logged.js';
import type { DecisionLogEntry } from '../../lib/plan/decision-log.js';
import { resolve } from '../../lib/plan/resolve.js';
import { requestsNear } from '../../lib/policy/compile/nearby.js';
import { type Decision, decide, indexPolicy, type Request, STATUS } from '../../lib/policy/index.js';
import { judgeToken } from '../../lib/policy/token.js';

const plan = resolve(shop, { now: new Date('2026-11-23T12:00:00Z') });
const index = indexPolicy(plan.policy);
const NOW = Date.parse('2026-11-23T12:00:00Z') / 1000;

/** The line that a point writes about a request: nothing of its claims but issuer and subject. */
function lineOf(request: Request, decision: Decision, by = index): DecisionLogEntry {
  const { point, peer, method, path } = request;
  const verdict = judgeToken(by, decision.service, request.credential, request.now);
  const isAllowed = decision.outcome === 'allow';
  return {
    version: 1,
    time: new Date(request.now * 1000).toISOString(),
    point: point.kind === 'gateway' ? 'gateway' : `services/${point.service}/sidecar`,
    method,
    path,
    decision: isAllowed ? 'allow' : 'refuse',
    status: decision.outcome === 'allow' ? 200 : STATUS[decision.outcome],
    ...(decision.service !== undefined && { service: decision.service }),
    ...(peer !== undefined && { peer }),
    ...(decision.rule !== undefined && { rule: decision.rule }),
    ...(verdict.kind === 'valid' && {
      issuer: verdict.token.issuer,
      subject: verdict.token.claims['sub'] as string,
    }),
  };
}

test('of a line that a point of the model wrote, the explanation names the same rule at the same point', () => {
  const rules = new Set<string>();
  let lines = 0;
  for (const [name, service] of Object.entries(plan.policy.services)) {
    for (const rule of service.rules) {
      let tries = 0;
      for (const request of requestsNear(plan.policy, name, rule, ['gateway', 'sidecar'], NOW)) {
        if (++tries > 60) break;
        const decision = decide(index, request);
        // A bad token leaves no issuer in the log, so what is explained is a request without one.
        if (decision.outcome === 'invalidToken' || decision.outcome === 'nonCanonical') continue;
        const line = lineOf(request, decision);
        const { explanation, agrees } = explainLogged(plan, line);
        expect([line, agrees]).toEqual([line, true]);
        const point = explanation.points.find((one) => one.point === line.point);
        if (line.rule !== undefined) expect(point?.decision.rule).toBe(line.rule);
        lines += 1;
        if (decision.rule !== undefined) rules.add(decision.rule);
      }
    }
  }
  expect(lines).toBeGreaterThan(1_000);
  const all = Object.values(plan.policy.services).flatMap((service) => service.rules);
  expect(rules.size).toBeGreaterThan((3 * all.length) / 4);
});

test.each([
  ['local', 'gateway'],
  ['local', 'sidecar'],
  ['aws', 'gateway'],
  ['aws', 'sidecar'],
] as const)('of an admission by a rule on proofs, the caller had one: %s, %s', (engine, kind) => {
  const issuer = 'https://people.example';
  const proven = resolve(
    {
      trustDomain: 'shop.example',
      environment: 'dev',
      identity: { providers: { people: oidc({ issuer, jwksUri: `${issuer}/jwks` }) } },
      services: { web: http({ host: 'www.shop.example', decisionService: 'everyPoint' }) },
      access: [allow(user()).to('web', 'GET /a').when(senderConstrained('dpop')).named('proven')],
    },
    { engine },
  );
  const by = indexPolicy(proven.policy);
  const [rule] = proven.policy.services['web']!.rules;
  const admitted = [...requestsNear(proven.policy, 'web', rule!, [kind], NOW)].find(
    (request) => decide(by, request).outcome === 'allow',
  )!;
  const line = lineOf(admitted, decide(by, admitted), by);
  const { agrees, explanation, call, assumed } = explainLogged(proven, line);
  expect([line.rule, agrees, explanation.outcome]).toEqual(['proven', true, 'admitted']);
  expect(call.credential).toMatchObject({ scheme: 'DPoP' });
  expect(assumed).toEqual({ cnf: { jkt: call.provenKey } });
});

test('a line of a service that the model has not is not explained', () => {
  const line = {
    version: 1,
    time: '2026-11-23T12:00:00Z',
    point: 'gateway',
    decision: 'refuse',
    status: 403,
  } as const;
  expect(() => explainLogged(plan, line)).toThrow(RangeError);
  expect(() => explainLogged(plan, { ...line, service: 'gone' })).toThrow(RangeError);
});
