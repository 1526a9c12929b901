import type { Diagnostic } from '../../diagnostic.js';
import { decide, type Outcome } from '../decide.js';
import { indexPolicy } from '../index-rules.js';
import type { AccessRule, Policy } from '../policy.js';
import type { Request } from '../request.js';
import type { Abilities, TargetName } from './abilities/index.js';
import { type Gap, gapsOf } from './gap.js';
import { requestsNear } from './nearby.js';

/** The code of the diagnostic, which an opt-out gives a condition up by. */
export const NOT_EXPRESSIBLE = 'not-expressible';

/** Requests that are tried before a gap is reported without one. */
const TRIES = 8_000;

/** A request on which a point and the reference would differ. */
export interface Counterexample {
  readonly request: Request;
  readonly reference: Outcome;
  /** What the point would answer if the rule were compiled as nearly as it can be. */
  readonly point: Outcome;
}

/** A rule that is not compiled for a target, and why. */
export interface Refusal extends Gap {
  readonly target: TargetName;
  /** Absent only where none was found: the rule is refused even so. */
  readonly counterexample?: Counterexample;
}

export interface RefusalOptions {
  /** Seconds since the epoch at which the counterexamples happen. @default the first second of 2030 */
  readonly now?: number;
}

/** A fixed instant, so that the same policy has the same diagnostics. */
const FIRST_OF_2030 = 1_893_456_000;

/**
 * Everything that a policy says and a target cannot, each with a request that would show it. A policy with
 * any is not compiled for the target: a point is never looser nor stricter than `decide`.
 */
export function refusals(
  abilities: Abilities,
  policy: Policy,
  { now = FIRST_OF_2030 }: RefusalOptions = {},
): Refusal[] {
  return gapsOf(abilities, policy).map((gap) => refusalOf(abilities, policy, gap, now));
}

/** One gap with a request that would show it. */
export function refusalOf(
  abilities: Abilities,
  policy: Policy,
  gap: Gap,
  now: number = FIRST_OF_2030,
): Refusal {
  const counterexample = counterexampleOf(policy, gap, now);
  return { target: abilities.target, ...gap, ...(counterexample && { counterexample }) };
}

/** The plainest request found on which the rest of the policy with the coarse rule decides otherwise. */
function counterexampleOf(
  policy: Policy,
  { service, rule, coarse, feature, points, refusesTokens }: Gap,
  now: number,
): Counterexample | undefined {
  const own = policy.services[service]!;
  const rules = own.rules.flatMap((one) => (one.id !== rule.id ? [one] : coarse ? [coarse] : []));
  const exact = indexPolicy(policy);
  // Without an audience no token is good.
  const near = { ...own, rules, ...(refusesTokens && { audiences: {} }) };
  const nearest = indexPolicy({ ...policy, services: { ...policy.services, [service]: near } });
  const at = instantFor(feature, rule, now);
  let second: Counterexample | undefined;
  let tries = 0;
  for (const request of requestsNear(policy, service, rule, points, at, refusesTokens)) {
    if (++tries > TRIES) break;
    const found = {
      request,
      reference: decide(exact, request).outcome,
      point: decide(nearest, request).outcome,
    };
    if (found.reference === found.point) continue;
    if (found.reference === 'allow' || found.point === 'allow') return found;
    // Two refusals that differ in what they ask for; one that admits says more.
    second ??= found;
  }
  return second;
}

/** When it shows: an audit while it lasts, an end from then on, and whatever else a rule says while it is in force. */
function instantFor(feature: string, rule: AccessRule, now: number): number {
  const { auditUntil = now, until = Number.POSITIVE_INFINITY } = rule;
  if (feature === 'audit until') return Math.min(auditUntil, until) - 1;
  if (feature === 'allow until') return Math.max(auditUntil, until);
  return instantOf(rule, now);
}

/** An instant at which a rule is in force. */
export function instantOf({ auditUntil, until = Number.POSITIVE_INFINITY }: AccessRule, now: number): number {
  return Math.min(Math.max(now, auditUntil ?? now), until - 1);
}

/** The diagnostic of a refusal. `path` is the rule's as its user wrote it. */
export function refusalDiagnostic(refusal: Refusal, path: string): Diagnostic {
  const { target, rule, feature, why, counterexample, coarse } = refusal;
  const { reference, point, request } = counterexample ?? {};
  const would = coarse ? 'say something else' : 'be left out';
  return {
    code: NOT_EXPRESSIBLE,
    severity: 'error',
    path,
    message: `the rule ${rule.id} cannot be said exactly at ${target} (${feature}: ${why}); it would ${would} there`,
    found: request
      ? `${requestLine(request)}: the reference says ${reference}, ${target} would say ${point}`
      : 'no request that shows it, among those near the rule',
    expected: 'the outcome of the reference at every point',
    remedy: choices(refusal, path).join('; or '),
  };
}

/** What can be done about it, the strongest first; `path` is the rule's. */
export function choices(
  { target, feature, service, coarse, rule, points }: Refusal,
  path = 'access',
): string[] {
  const at = rule.conditions.findIndex(({ kind }) => kind === feature);
  const list = rule.effect === 'allow' ? 'when' : 'unless';
  const atEnvoy = [
    `delegate ${service} to the decision service (\`decisionService: 'everyPoint'\` of the service)`,
    // What the gateway cannot say and the sidecar can, hangs on the client, whom the gateway alone sees.
    ...(points.includes('gateway') && points.includes('sidecar')
      ? [
          `move the rule to the sidecar, which every path to ${service} crosses (\`decisionService: 'sidecar'\`)`,
        ]
      : []),
  ];
  // The authorizer decides as the reference does: what it cannot say does not come through the edge before it.
  const atEdge = [
    `speak HTTP where clients come, and let that service call ${service}`,
    `give ${service} no \`host\` there, so that workloads alone call it`,
  ];
  const elsewhere = [
    `delegate ${service} to the decision service`,
    `move the rule to a point other than ${target} that every path to ${service} crosses`,
  ];
  // A decision service decides requests, never connections.
  const inMesh = rule.operations.includes('tcp')
    ? ['write the rule without it', 'leave the service out of the mesh']
    : ['name the decision service of the mesh (`decisionService` of the options)'];
  if (target === 'istio' || target === 'envoy-gateway' || (target === 'istio-ambient' && feature !== 'tcp'))
    return inMesh;
  if (target === 'istio-ambient') return ["have sidecars (`mode: 'sidecar'` of the options)"];
  return [
    ...(target === 'envoy' ? atEnvoy : target === 'authorizer' ? atEdge : elsewhere),
    ...(at >= 0 && coarse
      ? [
          `drop ${feature} by an opt-out from not-expressible at ${path}.${list}[${at}] with a reason and an end, which the report shows`,
        ]
      : []),
    ...(at < 0 ? ['write the rule without it'] : []),
  ];
}

/** A request in a line: never a whole token, but what it says beyond being a good one. */
export function requestLine({ method, path, point, peer, credential, sourceAddress, now }: Request): string {
  const where = point.kind === 'gateway' ? 'the gateway' : `the sidecar of ${point.service}`;
  const from = peer === undefined ? sourceAddress : `${peer} at ${sourceAddress}`;
  const carried =
    credential.kind === 'jwt' ? `with a good token ${JSON.stringify(credential.claims)}` : 'without a token';
  return `${method} ${path} at ${where} from ${from}, ${carried}, at ${new Date(now * 1000).toISOString()}`;
}
