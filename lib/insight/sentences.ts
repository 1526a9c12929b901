import type { Plan } from '../plan/plan.js';
import { type CanonicalPart, pathOf } from '../policy/canonical.js';
import type { Decision, Missing, Outcome } from '../policy/decide.js';
import { rulesFor } from '../policy/index-rules.js';
import { CONNECTION } from '../policy/operation.js';
import { type AccessRule, endOf, type PolicyPrincipal } from '../policy/policy.js';
import type { Request } from '../policy/request.js';
import { dateText, describeCondition, describePrincipal, either, instantText } from './describe.js';
import { planIndex } from './plan-index.js';

/** Rules that an explanation for people names before it only counts the rest. */
const MANY = 6;

const CANONICAL: Readonly<Record<CanonicalPart, string>> = {
  target:
    'the path has an empty, `.` or `..` segment, a slash at its end, or a character that no path or query may hold',
  escapes: 'the path has an escape of what needs none, of a delimiter, or in lower-case hex',
  utf8: 'the escapes of the path are not UTF-8, or hide a control character',
  method: 'the method is not one of the fixed list, in upper case',
  authority: 'the host is not a plain name with at most a port',
  header: 'the name of a header has a `_`, which some servers read as `-`',
};

/** A decision in plain sentences: why, and what would have been needed. */
export function sentencesOf(plan: Plan, request: Request, decision: Decision): string[] {
  return [...verdict(plan, request, decision), ...ends(plan, request, decision), ...watched(plan, decision)];
}

function verdict(plan: Plan, request: Request, decision: Decision): string[] {
  switch (decision.outcome) {
    case 'nonCanonical': {
      const part = decision.reason.slice('non-canonical '.length) as CanonicalPart;
      return [`Not a canonical request: ${CANONICAL[part]}.`, 'Nothing is rewritten and then trusted.'];
    }
    case 'preflight':
      return ['The gateway answers the preflight by itself, for an origin that the service declares.'];
    case 'invalidToken':
      return [`The token is not valid here: ${tokenFault(plan, decision)}.`, ...publicToo(plan, decision)];
    case 'allow':
      return [`Rule ${decision.rule} admits it: ${said(plan, decision)}.`, ...proof(plan, request, decision)];
    case 'login':
      if (decision.reason === 'login path') {
        return [
          'The login of the gateway answers it by itself: it leads to the provider, back from it, or signs out.',
        ];
      }
      return ['There is no session, and a browser opens a page: it is led to the sign-in.'];
    case 'tokenRequired':
      return [
        'There is no token, and one could be enough.',
        ...(decision.rule === undefined ? enough : refusal)(plan, request, decision),
      ];
    case 'stepUp':
      return [
        'The token is valid, but its sign-in is not strong enough.',
        ...refusal(plan, request, decision),
      ];
    case 'forbidden':
      return refusal(plan, request, decision);
  }
}

/** What only the point can judge where the client's own connection ends. */
function proof(plan: Plan, { point, peer }: Request, { rule }: Decision): string[] {
  const at = rule === undefined ? undefined : plan.proofCheckedAt[rule];
  const isBehind = point.kind === 'gateway' ? point.behindEdge === true : peer === plan.gateway.spiffeId;
  if (at === undefined || !isBehind) return [];
  return [`What hangs on the client's own connection is judged at the ${at}.`];
}

function refusal(plan: Plan, request: Request, decision: Decision): string[] {
  if (decision.reason === 'unknown service') return ['No service has this host.'];
  if (decision.reason === 'cross-site') {
    return ['It comes by a session and changes something, and no page of this host says that it sent it.'];
  }
  if (decision.reason === 'login path') {
    return ['The path belongs to the login of the gateway, which takes nothing like this there.'];
  }
  if (decision.reason === 'emergency deny') return ['The service is closed by an emergency deny.'];
  if (decision.reason === 'no connection') {
    return ['It is a TCP service: its sidecar takes connections, and no request.'];
  }
  const isConnection = request.method === CONNECTION;
  const lines: string[] = [];
  if (decision.rule !== undefined) {
    lines.push(`Rule ${decision.rule} refuses it: ${said(plan, decision)}.`);
    const failed = (decision.failed ?? []).map(describeCondition);
    if (failed.length > 0) lines.push(`Not established: ${failed.join('; ')}.`);
  } else if ((decision.needed ?? []).length === 0) {
    lines.push(
      `No rule of ${decision.service} lets anyone ${isConnection ? 'connect' : `${request.method} ${pathOf(request.path)}`}.`,
    );
  } else {
    lines.push('No rule admits it.');
  }
  return [...lines, ...enough(plan, request, decision)];
}

/** What any one of the allows would have needed; nothing if one of them did admit. */
function enough(plan: Plan, request: Request, decision: Decision): string[] {
  const all = decision.needed ?? [];
  if (all.some(({ principals, conditions }) => !principals && !conditions)) return [];
  const reachable = ({ principals }: Missing) =>
    !principals || principals.some((principal) => comesThisWay(principal, plan, request));
  const needed = all.some(reachable) ? all.filter(reachable) : all;
  if (needed.length === 0) return [];
  const what = needed.length === 1 ? 'this would be' : 'any one of these would be';
  const head = decision.rule === undefined ? `${what} enough:` : `and without that rule, ${what} needed:`;
  const shown = needed.slice(0, MANY).map((missing) => `- ${missing.rule}: ${lacking(plan, missing)}`);
  const rest = needed.length - shown.length;
  return [capital(head), ...shown, ...(rest > 0 ? [`- and ${rest} more`] : [])];
}

/** A client cannot become a workload, nor a workload a client: what the other would need is no help. */
function comesThisWay(principal: PolicyPrincipal, plan: Plan, { point, peer }: Request): boolean {
  const isClient = point.kind === 'gateway' || (peer !== undefined && plan.policy.gateways.includes(peer));
  if (principal.kind !== 'workload') return isClient;
  return !isClient && peer === principal.spiffeId;
}

function lacking(plan: Plan, { principals, conditions }: Missing): string {
  const who = principals && either(principals.map((principal) => describePrincipal(principal, plan)));
  return [...(who === undefined ? [] : [who]), ...(conditions ?? []).map(describeCondition)].join('; ');
}

/** The rule that decided, as it is written. */
function said(plan: Plan, decision: Decision): string {
  const rule = ruleOf(plan, decision.rule);
  if (!rule) return decision.operation ?? '';
  const who = either(rule.principals.map((principal) => describePrincipal(principal, plan, rule.effect)));
  const conditions = rule.conditions.map(describeCondition).join(' and ');
  const link = rule.effect === 'allow' ? ', with ' : ', unless there is ';
  return `${decision.operation} for ${who}${conditions ? `${link}${conditions}` : ''}`;
}

/** Outcomes of a request that a rule, now over, may have admitted. */
const ENDED: readonly Outcome[] = ['forbidden', 'stepUp', 'tokenRequired', 'login'];

/** Until when it is admitted, or which rules are over that were about it. */
function ends(plan: Plan, request: Request, { outcome, service = '', rule }: Decision): string[] {
  if (outcome === 'allow') {
    const own = ruleOf(plan, rule);
    const end = own && endOf(own);
    return end === undefined ? [] : [`It does until ${instantText(end)}, and nothing from then on.`];
  }
  if (!ENDED.includes(outcome)) return [];
  const isOver = (one: AccessRule) => (endOf(one) ?? Number.POSITIVE_INFINITY) <= request.now;
  if (!plan.policy.services[service]?.rules.some(isOver)) return [];
  return rulesFor(planIndex(plan), service, request.method, pathOf(request.path))
    .filter(isOver)
    .map((one) => `Rule ${one.id} is over: it admits nothing since ${instantText(endOf(one)!)}.`);
}

/** Rules in audit: they decide nothing, and only until their date. */
function watched(plan: Plan, { wouldAllow, wouldRefuse }: Decision): string[] {
  const when = (id: string) => {
    const rule = ruleOf(plan, id);
    const from = rule?.auditUntil === undefined ? 'its date' : dateText(rule.auditUntil);
    const end = rule && endOf(rule);
    return `from ${from} on${end === undefined ? '' : `, until ${instantText(end)}`}`;
  };
  return [
    ...(wouldRefuse === undefined
      ? []
      : [`In audit: rule ${wouldRefuse} refuses this ${when(wouldRefuse)}.`]),
    ...(wouldAllow === undefined ? [] : [`In audit: rule ${wouldAllow} admits this ${when(wouldAllow)}.`]),
  ];
}

function tokenFault(plan: Plan, decision: Decision): string {
  const reason = decision.reason.slice('token '.length);
  if (reason === 'issuer') {
    const known = Object.values(plan.policy.issuers).map(({ issuer }) => issuer);
    if (known.length === 0) return 'the model has no provider and no pipeline';
    return `its issuer is none of ${known.join(', ')}`;
  }
  if (reason === 'audience') {
    const accepted = Object.values(plan.policy.services[decision.service ?? '']?.audiences ?? {}).flat();
    return `its audience is not one that ${decision.service} accepts (${[...new Set(accepted)].join(', ') || 'none'})`;
  }
  return reason;
}

/** A bad token is refused where none would be needed, too. */
function publicToo(plan: Plan, decision: Decision): string[] {
  const rules = plan.policy.services[decision.service ?? '']?.rules ?? [];
  const isPublic = rules.some(
    (rule) => rule.principals.some(({ kind }) => kind === 'anyone') && rule.effect === 'allow',
  );
  return isPublic ? ['A bad token is refused on a public route as well: leave it out there.'] : [];
}

function ruleOf(plan: Plan, id: string | undefined): AccessRule | undefined {
  return Object.values(plan.policy.services)
    .flatMap((service) => service.rules)
    .find((rule) => rule.id === id);
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
