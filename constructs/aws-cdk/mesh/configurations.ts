import { agentConfiguration } from '../../../gateway/agent/point-configuration.js';
import { KEY_TUNNEL } from '../../../lib/plan/names.js';
import type { Plan } from '../../../lib/plan/plan.js';
import type { PointConfiguration } from '../../../lib/point/configuration.js';

/** The configuration of every point of a plan, by its name: a service, `gateway`, `egress`, `key-tunnel`. */
export function configurationsOf(plan: Plan): Record<string, PointConfiguration> {
  const hasIssuers = Object.keys(plan.issuers).length > 0;
  const keys = hasIssuers ? 'tunnel' : 'direct';
  const services = Object.values(plan.services).map(
    ({ name, sidecar }) => [name, agentConfiguration(plan, sidecar.key, { keys })] as const,
  );
  const { gateway, egress } = plan;
  return {
    ...Object.fromEntries(services),
    ...(gateway.services.length > 0 && {
      [gateway.key]: agentConfiguration(plan, gateway.key, { keys, edge: 'apiGateway' }),
    }),
    ...(egress && { [egress.key]: agentConfiguration(plan, egress.key) }),
    // The egress gateway carries the keys where there is one.
    ...(hasIssuers && !egress && { [KEY_TUNNEL]: agentConfiguration(plan, KEY_TUNNEL) }),
  };
}
