import { decisionData } from '../../lambda/authorizer/data.js';
import type { PointProfile } from '../../lib/envoy/index.js';
import { asksDecisions, maxRevocations } from '../../lib/plan/delegation.js';
import type { Plan } from '../../lib/plan/plan.js';
import type { Template } from '../../lib/plan/refs.js';
import { type PointConfiguration, pointConfiguration } from '../../lib/point/configuration.js';

/** What an agent needs to be one point of a plan, the decision service beside its Envoy included. */
export function agentConfiguration(
  plan: Plan,
  point: string,
  profile: PointProfile = {},
): PointConfiguration {
  if (!asksDecisions(plan, point)) return pointConfiguration(plan, point, profile);
  const policy = decisionData(plan, point) as unknown as Template;
  return {
    ...pointConfiguration(plan, point, { ...profile, decision: 'socket' }),
    decision: { policy, maxRevocations: maxRevocations(plan) },
  };
}
