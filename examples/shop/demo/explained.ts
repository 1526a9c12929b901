import { type Plan, readCredential } from 'zero-trust-platform';
import { leaves } from '../../../lib/insight/egress.js';
import { type Call, explain } from '../../../lib/insight/explain.js';
import type { Expected, Presented } from './expected.js';
import type { DemoRequest } from './requests.js';

/**
 * The rule that `ztp explain` names at the point that is expected to answer, `undefined` where no rule decides.
 * Nothing at all where it has no such way: no connection, a session at the gateway (it is told of tokens), a
 * host at another's sidecar, or one outside that nobody may call.
 */
export function explained(
  plan: Plan,
  request: DemoRequest,
  { headers, certificateThumbprint, session }: Presented,
  { outcome, point }: Expected,
): { readonly rule: string | undefined } | undefined {
  const isSession = session !== undefined && point === plan.gateway.key;
  const isAnothers = typeof request.to === 'object' && request.to.sidecar !== request.host;
  if (outcome === 'unreachable' || isSession || isAnothers) return undefined;
  const bearer = session === undefined ? headers : [['authorization', `Bearer ${session}`] as const];
  const call: Call = {
    method: request.method,
    authority: plan.services[request.host]?.authority ?? request.host,
    path: request.path,
    headers,
    credential: readCredential(bearer, () => true),
    sourceAddress: '127.0.0.1',
    now: Math.floor(Date.now() / 1000),
    ...(request.as !== undefined && request.as !== 'gateway' && { workload: request.as }),
    ...(certificateThumbprint && { certificateThumbprint }),
  };
  if (request.to === 'egress' && !leaves(plan, call)) return undefined;
  const said = explain(plan, call).points.find((one) => one.point === point);
  return said && { rule: said.decision.rule };
}
