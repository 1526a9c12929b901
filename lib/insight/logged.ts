import type { DecisionLogEntry } from '../plan/decision-log.js';
import type { Plan } from '../plan/plan.js';
import { requestsNear } from '../policy/compile/nearby.js';
import { CONNECTION } from '../policy/operation.js';
import type { AccessRule } from '../policy/policy.js';
import type { Credential, JsonObject, Request } from '../policy/request.js';
import { profileClaims } from '../policy/token.js';
import { type Call, type Explanation, explain } from './explain.js';
import { claimsToken } from './token.js';

/** A line of the decision log, explained by the model as it is now. */
export interface ExplainedLine {
  readonly call: Call;
  readonly explanation: Explanation;
  /** Claims that the log does not have and that the rule it names needs; they are assumed. */
  readonly assumed: JsonObject;
  /** The model decides at that point as the line says: the same way, and by the same rule. */
  readonly agrees: boolean;
}

/** Requests that are tried until one is decided as the line says. */
const TRIES = 2_000;
/** Seconds that the token of a line is taken to live. */
const LIFETIME = 300;
/** In no range that a rule is likely to name (RFC 5737). */
const NOWHERE = '192.0.2.1';

/**
 * The request of a line. The log has no claims, no address, no certificate and no proof: of those who could have made it,
 * the first whom the model decides about as the line says; else one with nothing but the line's own subject.
 * Throws `RangeError` if the line is of a service that the plan does not have.
 */
export function explainLogged(plan: Plan, line: DecisionLogEntry): ExplainedLine {
  const service = line.service === undefined ? undefined : plan.policy.services[line.service];
  if (!service || line.service === undefined) throw new RangeError('the plan has no such service');
  const rule = service.rules.find(({ id }) => id === line.rule);
  let tries = 0;
  for (const request of candidates(plan, line, rule)) {
    if (++tries > TRIES) break;
    const found = explained(plan, line, service.authority, request);
    if (found.agrees) return found;
  }
  return explained(plan, line, service.authority, undefined);
}

type Caller = Pick<Request, 'credential' | 'sourceAddress' | 'certificateThumbprint' | 'provenKey'>;

function* candidates(plan: Plan, line: DecisionLogEntry, rule?: AccessRule): Generator<Caller | undefined> {
  yield undefined;
  const rules = rule ? [rule] : plan.policy.services[line.service!]!.rules;
  const kind = line.point.includes('/sidecar') ? 'sidecar' : 'gateway';
  for (const one of rules) yield* requestsNear(plan.policy, line.service!, one, [kind], nowOf(line));
}

function explained(
  plan: Plan,
  line: DecisionLogEntry,
  authority: string,
  caller: Caller | undefined,
): ExplainedLine {
  const credential = credentialOf(plan, line, caller);
  const workload = Object.values(plan.services).find(({ sidecar }) => sidecar.spiffeId === line.peer)?.name;
  const call: Call = {
    method: line.method ?? (line.operation === 'tcp' ? CONNECTION : 'GET'),
    authority,
    path: line.path ?? '/',
    credential: credential.token,
    ...(workload !== undefined && { workload }),
    sourceAddress: caller?.sourceAddress ?? NOWHERE,
    ...(caller?.certificateThumbprint !== undefined && {
      certificateThumbprint: caller.certificateThumbprint,
    }),
    ...(caller?.provenKey !== undefined && { provenKey: caller.provenKey }),
    now: nowOf(line),
  };
  const explanation = explain(plan, call);
  // A decision service decides for the point that it stands beside.
  const key = line.point.replace(/\/decision$/, '');
  const point = explanation.points.find(
    (one) => one.point === key || (line.point === 'decision' && one.point === 'gateway'),
  );
  const outcome = point?.decision.outcome;
  const decided = outcome === 'allow' || outcome === 'preflight' ? outcome : 'refuse';
  // A gateway that hands on names no rule: whatever comes by the route it admits.
  const isHandedOn = point?.decidedBy === 'sidecar' && line.decision === 'allow';
  const isSame =
    isHandedOn ||
    (decided === line.decision && (line.rule === undefined || line.rule === point?.decision.rule));
  return { call, explanation, assumed: credential.assumed, agrees: point !== undefined && isSame };
}

/** A token of the line's issuer for its subject, with what the caller's has besides; none without an issuer. */
function credentialOf(
  plan: Plan,
  line: DecisionLogEntry,
  caller: Caller | undefined,
): { token: Credential; assumed: JsonObject } {
  const { issuer, subject, service } = line;
  const known = issuer === undefined ? undefined : plan.policy.issuers[issuer];
  if (issuer === undefined || !known) return { token: { kind: 'none' }, assumed: {} };
  const claims = caller?.credential.kind === 'jwt' ? caller.credential.claims : {};
  const isTheirs = claims['iss'] === known.issuer;
  const { profile } = known;
  const audience = plan.policy.services[service!]!.audiences[issuer]?.[0] ?? '';
  const own = {
    iss: known.issuer,
    ...profileClaims(profile),
    [profile.audienceClaim]: audience,
    iat: nowOf(line),
    exp: nowOf(line) + LIFETIME,
    ...(subject !== undefined && { sub: subject }),
  };
  const assumed = isTheirs
    ? Object.fromEntries(
        Object.entries(claims).filter(([name]) => !Object.hasOwn(own, name) && name !== 'sub'),
      )
    : {};
  const token = claimsToken(plan, { ...assumed, ...own });
  const isProven = isTheirs && caller?.credential.kind === 'jwt' && caller.credential.scheme === 'DPoP';
  return { token: isProven && token.kind === 'jwt' ? { ...token, scheme: 'DPoP' } : token, assumed };
}

function nowOf({ time }: DecisionLogEntry): number {
  return Math.floor(Date.parse(time) / 1000);
}
