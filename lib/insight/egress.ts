import type { Plan } from '../plan/plan.js';
import { type Decision, STATUS } from '../policy/decide.js';
import { decideEgress } from '../policy/egress.js';
import { indexPolicy, type PolicyIndex } from '../policy/index-rules.js';
import { hostOf, type Request } from '../policy/request.js';
import type { Call, Explanation } from './explain.js';
import { sentencesOf } from './sentences.js';

const indexes = new WeakMap<Plan, PolicyIndex>();

/** The policy of a plan's egress gateway, laid out once; none where nothing may leave. */
export function egressIndexOf(plan: Plan): PolicyIndex | undefined {
  if (!plan.egress) return undefined;
  const known = indexes.get(plan) ?? indexPolicy(plan.egress.policy, plan.revocation.document);
  indexes.set(plan, known);
  return known;
}

/** Whether a workload's call is one that leaves: to a destination of the plan, and to no service. */
export function leaves(plan: Plan, { workload, authority }: Call): boolean {
  return workload !== undefined && egressIndexOf(plan)?.byAuthority.get(hostOf(authority)) !== undefined;
}

/** What the egress gateway decides, the one point on the way of a call that leaves. */
export function explainEgress(plan: Plan, call: Call): Explanation {
  const { egress } = plan;
  const index = egressIndexOf(plan);
  if (!egress || !index) throw new RangeError('nothing may leave the platform');
  const decision = egressDecision(plan, index, call);
  const { outcome } = decision;
  const request = egressRequest(plan, call);
  const because = [
    // Its policy is one like the platform's, whose services are the destinations.
    ...sentencesOf({ ...plan, policy: egress.policy }, request, decision),
    ...noWay(plan, call),
  ];
  return {
    outcome: outcome === 'allow' ? 'admitted' : 'refused',
    points: [
      {
        point: egress.key,
        reached: true,
        decision,
        ...(outcome !== 'allow' && { status: STATUS[outcome] }),
        because,
      },
    ],
  };
}

/** A call that leaves, as the egress gateway sees it. */
export function egressRequest(plan: Plan, call: Call): Request {
  const { workload, credential: _, ...rest } = call;
  const peer = plan.services[workload ?? '']?.sidecar.spiffeId;
  const destination = egressIndexOf(plan)?.byAuthority.get(hostOf(call.authority));
  return {
    ...rest,
    headers: call.headers ?? [],
    credential: { kind: 'none' },
    ...(peer !== undefined && { peer }),
    point: { kind: 'sidecar', service: destination ?? '' },
  };
}

/** The reference's answer to a call that leaves. */
export function egressDecision(
  plan: Plan,
  index: PolicyIndex,
  { workload = '', method, authority, path, headers = [], now }: Call,
): Decision {
  const peer = plan.services[workload]?.sidecar.spiffeId;
  return decideEgress(index, {
    method,
    authority,
    path,
    headers,
    now,
    ...(peer !== undefined && { peer }),
  });
}

function noWay(plan: Plan, { workload = '', authority }: Call): string[] {
  const host = hostOf(authority);
  if (plan.services[workload]?.sidecar.destinations?.includes(host)) return [];
  return [`Besides, no rule lets ${workload} call ${host}: its sidecar has no listener for it.`];
}
