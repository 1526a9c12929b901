import { type Call, explain, type PointExplanation } from '../../../lib/insight/explain.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { EMERGENCY } from '../../../lib/policy/compile/envoy/index.js';
import { hostOf, type Request } from '../../../lib/policy/request.js';
import type { LoggedDecision } from '../support/point.js';

/** How many lines of real points were compared with what `ztp explain` says. */
export const compared = { lines: 0 };

/**
 * What `explain` says of the point that a request came to; undefined where it has no such way: another
 * service's host at a sidecar, a peer that is no workload of the plan, or a gateway behind an edge, which a plan
 * of this engine does not have.
 */
export function explained(plan: Plan, request: Request): PointExplanation | undefined {
  const { point, peer, method, authority, path, headers, credential, sourceAddress, now } = request;
  if (point.kind === 'gateway' && point.behindEdge) return undefined;
  const services = Object.values(plan.services);
  const own = services.find((service) => service.authority === hostOf(authority))?.name;
  const workload = services.find(({ sidecar }) => sidecar.spiffeId === peer)?.name;
  if (point.kind === 'sidecar') {
    const isGateway = peer === plan.gateway.spiffeId;
    if (own !== point.service || (workload === undefined && !isGateway)) return undefined;
  }
  const call: Call = {
    method,
    authority,
    path,
    headers,
    credential,
    sourceAddress,
    now,
    ...(point.kind === 'sidecar' && workload !== undefined && { workload }),
    ...(request.certificateThumbprint !== undefined && {
      certificateThumbprint: request.certificateThumbprint,
    }),
  };
  const key = point.kind === 'gateway' ? plan.gateway.key : plan.services[point.service]!.sidecar.key;
  return explain(plan, call).points.find((one) => one.point === key);
}

/** In what a line of a point's decision log differs from what `explain` says of that point. */
export function explanationDifference(
  plan: Plan,
  request: Request,
  logged: LoggedDecision | undefined,
): string | undefined {
  if (!logged) return undefined;
  const said = explained(plan, request);
  if (!said) return undefined;
  compared.lines += 1;
  const { outcome, rule, reason } = said.decision;
  const wanted = [
    outcome === 'allow' || outcome === 'preflight' ? outcome : 'refuse',
    reason === 'emergency deny' ? EMERGENCY : rule,
  ];
  const got = [logged['decision'], logged['rule']];
  const isSame = wanted[0] === got[0] && wanted[1] === got[1];
  return isSame ? undefined : `explain: ${wanted.join(' by ')}; logged: ${got.join(' by ')}`;
}
