import fc from 'fast-check';
import {
  cedarIndex,
  compileCedar,
  decidingRule,
  outcomeOf,
  questionOf,
} from '../../../lib/policy/compile/cedar/index.js';
import { decide } from '../../../lib/policy/decide.js';
import { indexPolicy } from '../../../lib/policy/index-rules.js';
import type { Request } from '../../../lib/policy/request.js';
import { readCredential } from '../../../lib/policy/token.js';
import { type RequestSpec, revocationsOf } from '../equality/case.js';
import { Draw } from '../equality/draw.js';
import { BEHIND_SIDECAR, createIssuers } from '../equality/platform.js';
import { drawPolicy } from '../equality/policies.js';
import { drawRequest } from '../equality/requests.js';
import { authorization } from '../equality/token.js';
import { repaired } from '../equality/validity.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { CedarEngine } from './engine.js';

/**
 * Cedar's own engine against the reference: `decide` and the compiled policy have the same outcome, for
 * random policies and random requests. `CEDAR_SEED` and `CEDAR_PATH` repeat one policy of a failed run,
 * `CEDAR_MODELS` makes a longer one.
 */
const { CEDAR_MODELS: models = '40', CEDAR_SEED: seed, CEDAR_PATH: path } = process.env;
const SEEDS = seed === undefined ? [1, 20_261_123] : [Number(seed)];
/** Requests for each policy. */
const REQUESTS = 25;
/** Instants at which what has a date is tried: as it is drawn, and after a few seconds. */
const LATER = [0, 3] as const;

const instant = { now: 1_900_000_000, thumbprint: (name: string) => `thumbprint-of-${name}` };
const issuers = createIssuers();
const byName = new Map(issuers.map((issuer) => [issuer.name, issuer]));
const OUTCOMES = [
  'allow',
  'forbidden',
  'stepUp',
  'tokenRequired',
  'invalidToken',
  'nonCanonical',
  'preflight',
];

/** What the point before Cedar sees of a request. */
function requestOf(spec: RequestSpec, plan: Plan, now: number): Request {
  const headers = spec.headers.map(
    ([name, value]) =>
      [name, typeof value === 'string' ? value : authorization(value, byName, instant)] as const,
  );
  const credential = readCredential(headers, (compact, header, claims) => {
    const issuer = issuers.find((one) => one.issuer === claims['iss']);
    return issuer?.verify(compact, header) ?? false;
  });
  const isGateway = spec.point === 'gateway';
  const peer = spec.peer === 'gateway' ? plan.gateway.spiffeId : plan.services[spec.peer]?.sidecar.spiffeId;
  return {
    point: isGateway ? { kind: 'gateway' } : { kind: 'sidecar', service: BEHIND_SIDECAR },
    // A gateway believes no certificate, and neither may Cedar when it is told of one.
    ...(peer !== undefined && { peer }),
    method: spec.method,
    authority: spec.host,
    path: spec.path,
    headers,
    credential,
    sourceAddress: spec.source,
    ...(isGateway && spec.peer !== 'none' && { certificateThumbprint: instant.thumbprint(spec.peer) }),
    now,
  };
}

test.each(SEEDS)(
  'Cedar and decide have the same outcomes, seed %i',
  (chosen) => {
    const met = new Map<string, number>();
    const count = (what: string) => met.set(what, (met.get(what) ?? 0) + 1);
    let pairs = 0;
    fc.assert(
      fc.property(fc.noBias(fc.gen()), (value) => {
        const draw = new Draw(value);
        const { policy: spec, plan } = repaired(drawPolicy(draw), instant);
        const revocations = revocationsOf(spec, instant);
        const document = compileCedar(plan.policy);
        const engine = new CedarEngine('equality', document);
        expect({ findings: engine.findings(), tooLarge: document.tooLarge }).toEqual({
          findings: [],
          tooLarge: [],
        });
        const index = indexPolicy(plan.policy, revocations);
        const asked = cedarIndex(plan.policy, revocations);
        for (const drawn of draw.list(REQUESTS, () => drawRequest(draw, plan, spec.revocations))) {
          for (const later of LATER) {
            const request = requestOf(drawn, plan, instant.now + later);
            const { outcome, reason, rule } = decide(index, request);
            const question = questionOf(asked, request);
            const got = outcomeOf(question, engine.isAllowed);
            if (got !== outcome)
              throw new Error(`decide: ${outcome} (${reason}), Cedar: ${got}\n${JSON.stringify(request)}`);
            if (question.kind === 'ask') expect(decidingRule(engine.ask(question.call).by)).toBe(rule);
            pairs += 1;
            count(outcome);
          }
        }
      }),
      {
        seed: chosen,
        numRuns: path === undefined ? Number(models) : 1,
        endOnFailure: true,
        ...(path !== undefined && { path }),
      },
    );
    process.stderr.write(`seed ${chosen}: ${pairs} pairs, 0 disagreements, ${JSON.stringify([...met])}\n`);
    // Requests that never get so far would agree, too.
    if (path === undefined) {
      for (const outcome of OUTCOMES) expect([outcome, (met.get(outcome) ?? 0) > 5]).toEqual([outcome, true]);
    }
  },
  60_000 + Number(models) * 2_000,
);
