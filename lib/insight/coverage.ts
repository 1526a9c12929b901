import type { Plan } from '../plan/plan.js';
import { pathOf } from '../policy/canonical.js';
import { type Facts, holds } from '../policy/condition.js';
import type { Decision } from '../policy/decide.js';
import { type PolicyIndex, rulesFor } from '../policy/index-rules.js';
import { CONNECTION } from '../policy/operation.js';
import { type AccessRule, endOf } from '../policy/policy.js';
import { isAdmitted, isDenied } from '../policy/principal.js';
import type { Request } from '../policy/request.js';
import { isThroughGateway } from '../policy/through-gateway.js';
import { judgeToken } from '../policy/token.js';
import { describeCondition } from './describe.js';
import { egressIndexOf } from './egress.js';
import { planIndex } from './plan-index.js';

/** What the tests of a model that passed have met of its rules. */
export interface CoverageReport {
  /** Rules that decided a test, or would have, in audit. */
  readonly rules: { readonly met: number; readonly all: number };
  /** Sides of conditions: each is to hold once and to fail once, for somebody of whom its rule speaks. */
  readonly conditions: { readonly met: number; readonly all: number };
  /** What is missing, for people: `refund: never decided`. */
  readonly missing: readonly string[];
}

/** Counts which rules decided, and which of their conditions held and failed. */
export class Coverage {
  readonly #decided = new Set<string>();
  readonly #sides = new Set<string>();

  constructor(private readonly plan: Plan) {}

  /** What one point decided, the one that decides for the whole way, and the request as that point saw it. */
  add(point: string, request: Request, decision: Decision): void {
    // Whatever is answered before the rules are asked shows nothing of them.
    const isByRules = decision.outcome === 'allow' || decision.needed !== undefined;
    const { service } = decision;
    if (!isByRules || service === undefined) return;
    for (const id of [decision.rule, decision.wouldAllow, decision.wouldRefuse]) {
      if (id !== undefined) this.#decided.add(id);
    }
    const index = point === this.plan.egress?.key ? egressIndexOf(this.plan)! : planIndex(this.plan);
    const facts = factsOf(index, service, request);
    for (const rule of rulesFor(index, service, request.method, pathOf(request.path))) {
      // It decides nothing any more, whatever its conditions are.
      if (request.now >= (endOf(rule) ?? Number.POSITIVE_INFINITY)) continue;
      const speaks = rule.effect === 'allow' ? isAdmitted : isDenied;
      if (!rule.principals.some((principal) => speaks(principal, facts))) continue;
      rule.conditions.forEach((condition, at) => {
        this.#sides.add(`${rule.id} ${at} ${holds(condition, facts)}`);
      });
    }
  }

  report(): CoverageReport {
    const rules = rulesOf(this.plan);
    const never = rules.filter(({ id }) => !this.#decided.has(id));
    const sides = rules.flatMap((rule) =>
      rule.conditions.flatMap((condition, at) =>
        [true, false].map((side) => ({
          met: this.#sides.has(`${rule.id} ${at} ${side}`),
          text: `${rule.id}: never ${side ? 'with' : 'without'} ${describeCondition(condition)}`,
        })),
      ),
    );
    const missed = sides.filter(({ met }) => !met);
    return {
      rules: { met: rules.length - never.length, all: rules.length },
      conditions: { met: sides.length - missed.length, all: sides.length },
      missing: [...never.map(({ id }) => `${id}: never decided`), ...missed.map(({ text }) => text)],
    };
  }
}

/** Every rule of a plan, those for calls that leave as well; no two have one id. */
export function rulesOf({ policy, egress }: Plan): AccessRule[] {
  const services = [policy, ...(egress ? [egress.policy] : [])].flatMap((one) => Object.values(one.services));
  return services.flatMap(({ rules }) => rules);
}

/** What rules look at, where they are asked. A connection, and a call that leaves, carries no token. */
function factsOf(index: PolicyIndex, service: string, request: Request): Facts {
  const now = Math.floor(request.now);
  const credential = request.method === CONNECTION ? ({ kind: 'none' } as const) : request.credential;
  const verdict = judgeToken(index, service, credential, now);
  const throughGateway = isThroughGateway(index.policy, request);
  return { request, now, throughGateway, ...(verdict.kind === 'valid' && { token: verdict.token }) };
}
