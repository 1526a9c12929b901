import { calledService } from './called-service.js';
import { nonCanonicalPart, pathOf } from './canonical.js';
import { type Facts, holds } from './condition.js';
import { type PolicyIndex, rulesFor } from './index-rules.js';
import type { IndexedRule } from './path-tree.js';
import { CONNECTION } from './operation.js';
import { type AccessRule, endOf, isStrength, type PolicyCondition, type PolicyPrincipal } from './policy.js';
import { credentialOf, isNavigation, loginOf, loginSays } from './login.js';
import { isAdmitted, isDenied, wouldTakeToken } from './principal.js';
import { possessionFault } from './possession.js';
import { headerValue, type Request } from './request.js';
import { isThroughGateway } from './through-gateway.js';
import { judgeToken } from './token.js';

/** What a point answers, in the order in which the checks are made. See `docs/policy.md`. */
export type Outcome =
  | 'nonCanonical'
  | 'preflight'
  | 'login'
  | 'invalidToken'
  | 'tokenRequired'
  | 'stepUp'
  | 'forbidden'
  | 'allow';

/**
 * The HTTP status of each refusal; `preflight` and `login` are answered by the gateway itself, a `login` that the
 * provider or the browser has spoilt with 401.
 */
export const STATUS: Readonly<Record<Exclude<Outcome, 'allow'>, number>> = {
  nonCanonical: 400,
  preflight: 200,
  login: 302,
  invalidToken: 401,
  tokenRequired: 401,
  stepUp: 401,
  forbidden: 403,
};

/** An allow rule that covers the operation and why it did not admit the request. */
export interface Missing {
  readonly rule: string;
  readonly operation: string;
  /** No principal matched; otherwise the conditions that did not hold. */
  readonly principals?: readonly PolicyPrincipal[];
  readonly conditions?: readonly PolicyCondition[];
}

export interface Decision {
  readonly outcome: Outcome;
  /** Short and stable, for logs; never shown to the caller. */
  readonly reason: string;
  readonly service?: string;
  /** The rule that admitted or refused; none where nothing allows. */
  readonly rule?: string;
  /** The operation of that rule, as written. */
  readonly operation?: string;
  /** The conditions of the deny that did not hold, so that it refused. */
  readonly failed?: readonly PolicyCondition[];
  /** Of a refusal: what any one of the allows would have needed. */
  readonly needed?: readonly Missing[];
  /** The first deny in audit that would have refused. */
  readonly wouldRefuse?: string;
  /** The first allow in audit that would have admitted. */
  readonly wouldAllow?: string;
}

/**
 * The reference semantics: every enforcement point decides this, or is not generated. Pure. At the sidecar of a
 * TCP service a request is a connection, or refused (`decideConnection`).
 */
export function decide(index: PolicyIndex, request: Request): Decision {
  if (standsBeforeTcp(index, request.point)) return judgeConnection(index, request);
  const part = nonCanonicalPart(request.method, request.authority, request.path, request.headers);
  if (part) return { outcome: 'nonCanonical', reason: `non-canonical ${part}` };

  const service = serviceOf(index, request);
  const login = loginOf(index, service, request);
  const said = login && loginSays(request, login.authority);
  if (said === 'login') return { outcome: 'login', reason: 'login path', service };
  if (said) return { outcome: 'forbidden', reason: REFUSED_BY_LOGIN[said], service };
  if (service !== undefined && isPreflight(index, service, request)) {
    return { outcome: 'preflight', reason: 'preflight', service };
  }
  // Points compare whole seconds.
  const now = Math.floor(request.now);
  const verdict = judgeToken(index, service, credentialOf(request, login !== undefined), now);
  if (verdict.kind === 'invalid') return invalidToken(verdict.reason, service);
  const throughGateway = isThroughGateway(index.policy, request);
  const token = verdict.kind === 'valid' ? verdict.token : undefined;
  // The token of a session comes without a proof, as the request does that brings it.
  const facts: Facts = { request, now, throughGateway, token };
  const fault = possessionFault(facts, index.policy.dpop === true);
  if (fault !== undefined) return invalidToken(fault, service);
  if (service === undefined) return { outcome: 'forbidden', reason: 'unknown service' };
  const decision = judgeRules(index, service, facts);
  const isLedToSignIn =
    login && decision.outcome === 'tokenRequired' && isNavigation(request.method, request.headers);
  return isLedToSignIn ? { ...decision, outcome: 'login' } : decision;
}

const REFUSED_BY_LOGIN = { crossSite: 'cross-site', loginPath: 'login path' } as const;

function invalidToken(reason: string, service: string | undefined): Decision {
  return { outcome: 'invalidToken', reason: `token ${reason}`, ...(service && { service }) };
}

function standsBeforeTcp({ services }: PolicyIndex, point: Request['point']): boolean {
  return point.kind === 'sidecar' && services.get(point.service)?.policy.protocol === 'tcp';
}

/** Only who connects, from where and when is looked at: a connection carries no token, no path and no header. */
function judgeConnection(index: PolicyIndex, request: Request): Decision {
  const service = serviceOf(index, request);
  if (service === undefined) return { outcome: 'forbidden', reason: 'unknown service' };
  if (request.method !== CONNECTION) return { outcome: 'forbidden', reason: 'no connection', service };
  const throughGateway = isThroughGateway(index.policy, request);
  const facts = { request: { ...request, path: '/' }, now: Math.floor(request.now), throughGateway };
  return judgeRules(index, service, facts);
}

/** The service that a request is for, if this point stands before it. */
function serviceOf(index: PolicyIndex, { authority, point }: Request): string | undefined {
  const service = calledService(index, authority);
  if (service === undefined) return undefined;
  // A sidecar stands for its own service only, whatever host a request names.
  const isHere =
    point.kind === 'gateway' ? index.services.get(service)?.policy.public : point.service === service;
  return isHere ? service : undefined;
}

/** A CORS preflight (Fetch standard) of a declared origin, which the gateway answers by itself. */
function isPreflight(index: PolicyIndex, service: string, { point, method, headers }: Request): boolean {
  if (point.kind !== 'gateway' || method !== 'OPTIONS') return false;
  const origins = index.services.get(service)?.policy.cors?.origins ?? [];
  const origin = headerValue(headers, 'origin');
  const asked = headerValue(headers, 'access-control-request-method');
  return origin !== undefined && origins.includes(origin) && asked !== undefined && asked !== '';
}

function judgeRules(index: PolicyIndex, service: string, facts: Facts): Decision {
  const { request, now } = facts;
  const { revocations } = index;
  const covering = rulesFor(index, service, request.method, pathOf(request.path));
  const rules = revocations.withdrawsAny
    ? covering.filter((rule) => rule.effect === 'deny' || !revocations.withdraws(rule.id, now))
    : covering;
  const established: Judge = (condition) => holds(condition, facts);
  // The first of each kind, in the order of their ids.
  let denied: IndexedRule | undefined;
  let allowed: IndexedRule | undefined;
  let wouldRefuse: IndexedRule | undefined;
  let wouldAllow: IndexedRule | undefined;
  for (const rule of rules) {
    if (isOver(rule, now) || !speaks(rule, facts, established)) continue;
    if (rule.effect === 'deny') {
      if (isAudited(rule, now)) wouldRefuse ??= rule;
      else denied ??= rule;
    } else if (isAudited(rule, now)) wouldAllow ??= rule;
    else allowed ??= rule;
  }
  const closed = revocations.closes(service, now);
  if (!closed && !denied && allowed) {
    const { id: rule, operation } = allowed;
    return withAudit(
      { outcome: 'allow', reason: 'allowed', rule, operation, service },
      wouldRefuse,
      wouldAllow,
    );
  }
  const enforced = rules.filter((rule) => !isAudited(rule, now) && !isOver(rule, now));
  const refused: Decision = {
    outcome: refusal(enforced, closed, facts),
    reason: closed ? 'emergency deny' : denied ? 'denied' : 'nothing allows it',
    ...(!closed && denied && { ...deciding(denied), failed: failing(denied, established) }),
    needed: enforced.filter(({ effect }) => effect === 'allow').map((rule) => missing(rule, facts)),
    service,
  };
  return withAudit(refused, wouldRefuse, wouldAllow);
}

/** The decision with what the rules in audit would have made of it. Most requests meet none: nothing is copied. */
function withAudit(decision: Decision, wouldRefuse?: IndexedRule, wouldAllow?: IndexedRule): Decision {
  const told = wouldRefuse ? { ...decision, wouldRefuse: wouldRefuse.id } : decision;
  return wouldAllow ? { ...told, wouldAllow: wouldAllow.id } : told;
}

/** Which refusal it is: by what would help the same caller. */
function refusal(enforced: readonly IndexedRule[], closed: boolean, facts: Facts): Outcome {
  if (!facts.token) {
    const takesToken = enforced.some(
      (rule) =>
        rule.effect === 'allow' && rule.principals.some((principal) => wouldTakeToken(principal, facts)),
    );
    return takesToken ? 'tokenRequired' : 'forbidden';
  }
  const afterStepUp: Judge = (condition) => isStrength(condition) || holds(condition, facts);
  const speaking = enforced.filter((rule) => speaks(rule, facts, afterStepUp));
  const wouldPass = !closed && speaking.length > 0 && speaking.every(({ effect }) => effect === 'allow');
  return wouldPass ? 'stepUp' : 'forbidden';
}

/** Whether a condition counts as holding. */
type Judge = (condition: PolicyCondition) => boolean;

/** Whether an allow admits the request, or a deny refuses it. */
function speaks(rule: AccessRule, facts: Facts, judge: Judge): boolean {
  if (rule.effect === 'allow') {
    return rule.principals.some((principal) => isAdmitted(principal, facts)) && rule.conditions.every(judge);
  }
  const lifted = rule.conditions.length > 0 && rule.conditions.every(judge);
  return !lifted && rule.principals.some((principal) => isDenied(principal, facts));
}

function isAudited(rule: AccessRule, now: number): boolean {
  return rule.auditUntil !== undefined && now < rule.auditUntil;
}

function isOver(rule: AccessRule, now: number): boolean {
  return now >= (endOf(rule) ?? Number.POSITIVE_INFINITY);
}

function deciding({ id, operation }: IndexedRule): { rule: string; operation: string } {
  return { rule: id, operation };
}

function failing(rule: AccessRule, judge: Judge): readonly PolicyCondition[] {
  return rule.conditions.filter((condition) => !judge(condition));
}

function missing(rule: IndexedRule, facts: Facts): Missing {
  const conditions = failing(rule, (condition) => holds(condition, facts));
  const matches = rule.principals.some((principal) => isAdmitted(principal, facts));
  return {
    ...deciding(rule),
    ...(!matches && { principals: rule.principals }),
    ...(conditions.length > 0 && { conditions }),
  };
}
