import { hasLogin } from '../plan/login.js';
import type { Plan } from '../plan/plan.js';
import type { Template } from '../plan/refs.js';
import { JWT_NAMESPACE } from '../policy/compile/envoy/index.js';
import { DECIDING_RULE } from '../point/decision-headers.js';
import { asksDecisions } from '../plan/delegation.js';
import { FILTERS, METADATA_PREFIX, RBAC_NAMESPACE } from './filter-order.js';
import { and, celFilter, methodIs } from './log-filter.js';
import { extension } from './types.js';

type PointKind = 'gateway' | 'sidecar';
type LoggedDecision = 'allow' | 'refuse' | 'preflight' | 'login';

/**
 * The decision log (`lib/plan/decision-log.schema.json`): a JSON line a request on standard output,
 * never with a token or a query string. Each decision has a logger of its own, so that the word is a
 * literal; and so has an admission that a deny in audit would have refused, because an expression costs
 * the others a twentieth of all that a request costs (`npm run bench -- envoy`).
 */
export function decisionLog(plan: Plan, point: string, kind: PointKind): Template[] {
  const hasLogins = kind === 'gateway' && hasLogin(plan);
  const log = (decision: LoggedDecision, filter: Template, isAudited = true) =>
    logger(plan, point, kind, decision, filter, isAudited);
  // The method first: an expression is dear, and every request is asked.
  const preflight = and(methodIs('OPTIONS'), celFilter("response.code_details == 'cors_response'"));
  const isRefused = celFilter("response.code_details != 'cors_response'");
  // What the rules let through on such a point, its decision service may still refuse.
  const asks = asksDecisions(plan, point);
  // What the login answers by itself is told by loggers of its own.
  const byRules = hasLogins ? [isOfLogin(false)] : [];
  const admitted = [
    rulesSaid('allowed', false),
    ...(asks ? [celFilter(`!(${DECIDED_OTHERWISE})`)] : []),
    ...byRules,
  ];
  return [
    ...(plan.decisionLog.decisions === 'all'
      ? [log('allow', and(...admitted, auditSaid('allowed', true)), false)]
      : []),
    // What a deny in audit would have refused is told in either case: it is what the audit is for.
    log('allow', and(...admitted, auditSaid('denied', false))),
    // The rules refused it, or it was refused before they were asked.
    log('refuse', and(rulesSaid('denied', true), isRefused, ...byRules)),
    ...(hasLogins ? loginLog(plan, point) : []),
    ...(asks ? [log('refuse', celFilter(DECIDED_OTHERWISE))] : []),
    ...(kind === 'gateway' ? [log('preflight', preflight)] : []),
  ];
}

/** Whether the login answers such a request by itself. */
function isOfLogin(is: boolean): Template {
  return engineSaid(`${METADATA_PREFIX.crossSite}shadow`, is ? 'allowed' : 'denied', !is);
}

/**
 * What the login answered. Why it refused is told in words of its own alone: Envoy's have the code of the
 * provider in them, and whatever somebody wrote in its place (measured).
 */
function loginLog(plan: Plan, point: string): Template[] {
  const log = (decision: LoggedDecision, filter: Template, reason?: string) =>
    logger(plan, point, 'gateway', decision, and(isOfLogin(true), filter), decision === 'refuse', reason);
  return [
    log('login', celFilter(ANSWERED_BY_LOGIN)),
    log('refuse', celFilter(`!(${ANSWERED_BY_LOGIN}) && (${JUDGED})`)),
    log('refuse', celFilter(`!(${ANSWERED_BY_LOGIN}) && !(${JUDGED})`), 'login_failed'),
  ];
}

/** Led to the provider, signed in, signed out; or led back to the page. */
const ANSWERED_BY_LOGIN =
  "response.code_details.startsWith('oauth.') || response.code_details == 'direct_response'";
const JUDGED =
  "response.code_details.startsWith('rbac_access_denied') || " +
  "response.code_details.startsWith('jwt_authn_access_denied')";

/** The decision service refused, or no answer of it came. */
const DECIDED_OTHERWISE = "response.code_details.startsWith('ext_authz_')";

function logger(
  plan: Plan,
  point: string,
  kind: PointKind,
  decision: LoggedDecision,
  filter: Template,
  isAudited: boolean,
  reason = '%RESPONSE_CODE_DETAILS%',
): Template {
  return jsonLog(
    {
      ...logHead(plan, point, decision),
      reason,
      ...(decision === 'allow' && { rule: admittingRule(asksDecisions(plan, point)) }),
      ...(decision === 'refuse' && { rule: ruleOfPart('deny.enforced') }),
      // A preflight is answered before a token or a rule is looked at.
      ...(decision !== 'preflight' && {
        ...(isAudited && { wouldRefuse: ruleOfPart('audit-deny.shadow') }),
        wouldAllow: policyName('audit-allow.shadow'),
        issuer: policyName('issuer.shadow'),
        ...subject(Object.keys(plan.issuers)),
      }),
      service: '%ROUTE_NAME%',
      method: '%REQ(:METHOD)%',
      path: '%PATH(NQ)%',
      // A gateway believes no client's certificate, so it has no peer to name.
      ...(kind === 'sidecar' && { peer: '%DOWNSTREAM_PEER_URI_SAN%' }),
      traceparent: '%REQ(TRACEPARENT):128%',
      duration: '%DURATION%',
    },
    {
      filter,
      ...(decision !== 'preflight' && isAudited && { formatters: [STRING_FUNCTIONS] }),
    },
  );
}

/** For `split` in an expression. */
export const STRING_FUNCTIONS: Template = {
  name: 'envoy.formatter.cel',
  typed_config: {
    '@type': extension('formatter.cel.v3.Cel'),
    cel_config: { enable_string_functions: true },
  },
};

export function policyName(key: string): string {
  return `%DYNAMIC_METADATA(${RBAC_NAMESPACE}:${key}_effective_policy_id)%`;
}

/** The rule that admitted: by the decision service, where it was asked. */
function admittingRule(asks: boolean): string {
  if (!asks) return policyName('allow.enforced');
  const operators = [
    { command: 'DYNAMIC_METADATA', param: `${FILTERS.decision}:${DECIDING_RULE}` },
    { command: 'DYNAMIC_METADATA', param: `${RBAC_NAMESPACE}:allow.enforced_effective_policy_id` },
  ];
  return `%COALESCE(${JSON.stringify({ operators })})%`;
}

/** The rule's id, without the part of the rule that follows it in the policy's name. */
export function ruleOfPart(key: string): string {
  return `%CEL(metadata.filter_metadata['${RBAC_NAMESPACE}']['${key}_effective_policy_id'].split('#')[0])%`;
}

/** At most one issuer's token is valid: the first `sub` there is. */
function subject(issuers: readonly string[]): { [name: string]: string } {
  if (issuers.length === 0) return {};
  const operators = issuers.map((issuer) => ({
    command: 'DYNAMIC_METADATA',
    param: `${JWT_NAMESPACE}:${issuer}:sub`,
  }));
  return { subject: `%COALESCE(${JSON.stringify({ operators })})%` };
}

/** What the rules said; `ifNotAsked` where an earlier filter had answered. */
export function rulesSaid(result: 'allowed' | 'denied', ifNotAsked: boolean): Template {
  return engineSaid(`${METADATA_PREFIX.allow}enforced`, result, ifNotAsked);
}

/** What the denies in audit would have said; `ifNotAsked` where the route has none. */
function auditSaid(result: 'allowed' | 'denied', ifNotAsked: boolean): Template {
  return engineSaid(`${METADATA_PREFIX.auditDeny}shadow`, result, ifNotAsked);
}

function engineSaid(engine: string, result: 'allowed' | 'denied', ifNotAsked: boolean): Template {
  return {
    metadata_filter: {
      // `invert` of the matcher is ignored here (measured).
      matcher: {
        filter: RBAC_NAMESPACE,
        path: [{ key: `${engine}_engine_result` }],
        value: { string_match: { exact: result } },
      },
      match_if_key_not_found: ifNotAsked,
    },
  };
}

/** With what every line of the decision log begins, whatever point and protocol it is of. */
export function logHead(plan: Plan, point: string, decision: string): { readonly [name: string]: Template } {
  return {
    version: plan.decisionLog.version,
    time: '%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%',
    point,
    decision,
    status: '%RESPONSE_CODE%',
  };
}

/** A line of JSON on standard output for each request, or each connection, that the filter takes. */
export function jsonLog(
  fields: { readonly [name: string]: Template },
  { filter, ...format }: { readonly filter?: Template; readonly formatters?: Template } = {},
): Template {
  return {
    name: 'envoy.access_loggers.stdout',
    ...(filter !== undefined && { filter }),
    typed_config: {
      '@type': extension('access_loggers.stream.v3.StdoutAccessLog'),
      log_format: { omit_empty_values: true, json_format: fields, ...format },
    },
  };
}
