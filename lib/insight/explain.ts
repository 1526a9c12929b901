import { ZeroTrustError } from '../diagnostic.js';
import { clientEndsAt } from '../plan/names.js';
import type { Plan } from '../plan/plan.js';
import { deciderOf } from '../plan/delegation.js';
import { calledService } from '../policy/called-service.js';
import { ABILITIES, strictnessOf } from '../policy/compile/abilities/index.js';
import { type Decision, decide, type Outcome, STATUS } from '../policy/decide.js';
import type { PolicyIndex } from '../policy/index-rules.js';
import type { Credential, Point, Request } from '../policy/request.js';
import { egressRequest, explainEgress, leaves } from './egress.js';
import { planIndex } from './plan-index.js';
import { sentencesOf } from './sentences.js';

/** One request, and who makes it. */
export interface Call {
  readonly method: string;
  /** As in `Host`, byte for byte. */
  readonly authority: string;
  /** The request target with its query, byte for byte. */
  readonly path: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly credential: Credential;
  /** The token of the session that the cookies are, at a service with login. */
  readonly session?: Credential;
  /** The service whose workload calls, at the other's sidecar. @default a client, through the gateway */
  readonly workload?: string;
  /** The address that the caller's connection comes from. */
  readonly sourceAddress: string;
  /** base64url SHA-256 of the certificate that the client shows the gateway (RFC 8705). */
  readonly certificateThumbprint?: string;
  /** The thumbprint of the key of a good DPoP proof (RFC 9449). */
  readonly provenKey?: string;
  /** Seconds since the epoch. */
  readonly now: number;
}

/** What one point decides. */
export interface PointExplanation {
  /** The key of the point in the plan. */
  readonly point: string;
  /** Whether the request comes this far: a point that refuses is the last. */
  readonly reached: boolean;
  readonly decision: Decision;
  /** What the point answers; absent where it passes the request on. */
  readonly status?: number;
  /**
   * Who decides in place of the point's Envoy, which cannot be told every rule of this route: the decision
   * service beside it, or the sidecar behind it, to which it hands the request on.
   */
  readonly decidedBy?: 'decisionService' | 'sidecar';
  /**
   * What the point asks for beyond the policy and this request does not meet: it refuses what `decide` judges
   * otherwise (`stricter` of the abilities). `decision` is what it does, without a rule.
   */
  readonly stricter?: string;
  /** Why, and what would have been needed: for people, not stable. */
  readonly because: readonly string[];
}

export interface Explanation {
  /** `answered`: the gateway answers by itself, as it does a preflight, and passes nothing on. */
  readonly outcome: 'admitted' | 'refused' | 'answered';
  /** In the order of the way. */
  readonly points: readonly PointExplanation[];
}

/**
 * What each enforcement point on the way of a request decides, and why. A client's request crosses the
 * gateway and then the service's sidecar; a workload's crosses that sidecar alone, or the egress gateway if it leaves. Each point is asked
 * by itself, also one that the request no longer reaches: none relies on another. `only` leaves out what
 * the other points say; the outcome is that of the whole way.
 *
 * Throws `ZeroTrustError` with `unknown-service` if a workload calls what is no service: nothing is on the way.
 */
export function explain(plan: Plan, call: Call, only?: 'gateway' | 'sidecar'): Explanation {
  if (leaves(plan, call)) return explainEgress(plan, call);
  const index = planIndex(plan);
  const service = calledService(index, call.authority);
  if (call.workload !== undefined && service === undefined) throw unknownService(plan, call.authority);

  const points: PointExplanation[] = [];
  let outcome: Explanation['outcome'] = 'admitted';
  for (const { key, request } of requestsOf(plan, call)) {
    if (outcome === 'answered') break;
    const reference = decide(index, request);
    const isByRules = reference.service !== undefined && BY_RULES.includes(reference.outcome);
    const decidedBy = isByRules ? deciderOf(plan, key, reference.service!, request.path) : undefined;
    const isEdge = key !== plan.gateway.key && key === clientEndsAt(plan.engine);
    const stricter =
      isEdge || decidedBy === 'decisionService' ? stricterAt(index, request, reference, isEdge) : undefined;
    const decision = stricter?.decision ?? reference;
    const passes = decision.outcome === 'allow' || decidedBy === 'sidecar';
    const status = decision.outcome === 'allow' || passes ? undefined : STATUS[decision.outcome];
    points.push({
      point: key,
      reached: outcome === 'admitted',
      decision,
      ...(status !== undefined && { status }),
      ...(decidedBy && { decidedBy }),
      ...(stricter && { stricter: stricter.here }),
      because: [
        ...(decidedBy ? [BY[decidedBy]] : []),
        ...(stricter ? [`Stricter here than at other points: ${stricter.here}.`] : []),
        ...(stricter ? [] : sentencesOf(plan, request, decision)),
        ...noWay(plan, call, service),
      ],
    });
    if (decision.outcome === 'preflight') outcome = 'answered';
    else if (!passes) outcome = 'refused';
  }
  const isShown = ({ point }: PointExplanation) =>
    only === undefined || point.endsWith('/sidecar') === (only === 'sidecar');
  return { outcome, points: points.filter(isShown) };
}

/** What the rules decide; the rest every Envoy refuses by itself. */
const BY_RULES: readonly Outcome[] = ['allow', 'forbidden', 'stepUp', 'tokenRequired'];

const BY = {
  decisionService: 'Its Envoy cannot be told a rule of this route, and asks the decision service beside it:',
  sidecar: 'Its Envoy cannot be told a rule of this route, and hands on to the sidecar, which decides:',
} as const;

/** What the authorizer's code refuses and `decide` does not; the edge of an engine is a REST API. */
function stricterAt(
  index: PolicyIndex,
  request: Request,
  reference: Decision,
  isEdge: boolean,
): { readonly here: string; readonly decision: Decision } | undefined {
  const found = strictnessOf(
    ABILITIES.authorizer,
    index,
    request,
    reference,
    isEdge ? 'REST API' : undefined,
  );
  if (!found) return undefined;
  const { here, outcome } = found;
  const { service } = reference;
  return {
    here,
    decision: { outcome, reason: `stricter: ${here}`, ...(service !== undefined && { service }) },
  };
}

/** The request as each point on its way sees it, by the point's key. */
export function requestsOf(plan: Plan, call: Call): { readonly key: string; readonly request: Request }[] {
  if (plan.egress && leaves(plan, call))
    return [{ key: plan.egress.key, request: egressRequest(plan, call) }];
  const service = calledService(planIndex(plan), call.authority);
  return wayOf(plan, call, service).map(({ key, point, peer }) => ({
    key,
    request: requestAt(call, point, peer),
  }));
}

interface Stop {
  readonly key: string;
  readonly point: Point;
  /** The SPIFFE ID of whoever connects to the point. */
  readonly peer?: string;
}

function wayOf(plan: Plan, call: Call, service: string | undefined): Stop[] {
  const sidecar = (peer: string | undefined): Stop[] =>
    service === undefined
      ? []
      : [
          {
            key: `services/${service}/sidecar`,
            point: { kind: 'sidecar', service },
            ...(peer !== undefined && { peer }),
          },
        ];
  if (call.workload !== undefined) return sidecar(plan.services[call.workload]?.sidecar.spiffeId);
  const first = clientEndsAt(plan.engine, service === undefined ? undefined : plan.services[service]);
  const behindEdge = first !== plan.gateway.key;
  return [
    ...(behindEdge ? [{ key: first, point: { kind: 'gateway' } } as const] : []),
    { key: plan.gateway.key, point: { kind: 'gateway', ...(behindEdge && { behindEdge }) } },
    ...sidecar(plan.gateway.spiffeId),
  ];
}

/** What stands in the way before any rule: a listener or a route that the plan does not have. */
function noWay(plan: Plan, { workload }: Call, service: string | undefined): string[] {
  const node = service === undefined ? undefined : plan.services[service];
  if (!node) return [];
  if (workload === undefined) {
    if (node.protocol === 'tcp')
      return [`Besides, ${node.name} is a TCP service: only workloads connect to it.`];
    return node.public
      ? []
      : [`Besides, ${node.name} has no public host: no route of the gateway leads to it.`];
  }
  if (plan.services[workload]?.sidecar.upstreams.includes(node.name)) return [];
  return [`Besides, no rule lets ${workload} call ${node.name}: its sidecar has no listener for it.`];
}

/** The client's own certificate and proof are seen where its connection ends, and nowhere behind. */
function requestAt(call: Call, point: Point, peer: string | undefined): Request {
  const { certificateThumbprint, provenKey } = call;
  return {
    point,
    ...(peer !== undefined && { peer }),
    method: call.method,
    authority: call.authority,
    path: call.path,
    headers: call.headers ?? [],
    ...credentialAt(call, point),
    sourceAddress: call.sourceAddress,
    ...(point.kind === 'gateway' && certificateThumbprint !== undefined && { certificateThumbprint }),
    ...(point.kind === 'gateway' && provenKey !== undefined && { provenKey }),
    now: call.now,
  };
}

/** Behind the gateway a session is the token that it holds. */
function credentialAt({ credential, session }: Call, point: Point): Pick<Request, 'credential' | 'session'> {
  if (!session || credential.kind !== 'none') return { credential };
  return point.kind === 'gateway' ? { credential, session } : { credential: session };
}

function unknownService(plan: Plan, authority: string): ZeroTrustError {
  const message = `no service has the authority "${authority}"`;
  const authorities = Object.values(plan.services).map((service) => service.authority);
  return new ZeroTrustError('unknown-service', message, [
    {
      code: 'unknown-service',
      severity: 'error',
      path: '',
      message,
      found: authority,
      expected: authorities.join(', '),
      remedy: 'ask for a service of the model, by its own authority',
    },
  ]);
}
