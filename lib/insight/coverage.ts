import type { Plan } from '../plan/plan.js';
import { pathOf } from '../policy/canonical.js';
import { type Facts, holds } from '../policy/condition.js';
import type { Decision } from '../policy/decide.js';
import { indexPolicy, type PolicyIndex, rulesFor } from '../policy/index-rules.js';
import { isAdmitted, isDenied } from '../policy/principal.js';
import type { Request } from '../policy/request.js';
import { isThroughGateway } from '../policy/through-gateway.js';
import { judgeToken } from '../policy/token.js';
import { describeCondition } from './describe.js';

/** What the tests of a model have met of its rules. */
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
  readonly #index: PolicyIndex;
  readonly #decided = new Set<string>();
  readonly #sides = new Set<string>();

  constructor(private readonly plan: Plan) {
    this.#index = indexPolicy(plan.policy, plan.revocation.document);
  }

  /** One decision of a point, and the request as it saw it. */
  add(request: Request, decision: Decision): void {
    for (const id of [decision.rule, decision.wouldAllow, decision.wouldRefuse]) {
      if (id !== undefined) this.#decided.add(id);
    }
    const facts = this.#factsOf(request, decision.service);
    if (!facts || decision.service === undefined) return;
    for (const rule of rulesFor(this.#index, decision.service, request.method, pathOf(request.path))) {
      const speaks = rule.effect === 'allow' ? isAdmitted : isDenied;
      if (!rule.principals.some((principal) => speaks(principal, facts))) continue;
      rule.conditions.forEach((condition, at) => {
        this.#sides.add(`${rule.id} ${at} ${holds(condition, facts)}`);
      });
    }
  }

  report(): CoverageReport {
    const rules = Object.values(this.plan.policy.services).flatMap((service) => service.rules);
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

  /** What rules look at; undefined where no rule is asked. */
  #factsOf(request: Request, service: string | undefined): Facts | undefined {
    const now = Math.floor(request.now);
    const verdict = judgeToken(this.#index, service, request.credential, now);
    if (verdict.kind === 'invalid') return undefined;
    const throughGateway = isThroughGateway(this.plan.policy, request);
    return { request, now, throughGateway, ...(verdict.kind === 'valid' && { token: verdict.token }) };
  }
}
