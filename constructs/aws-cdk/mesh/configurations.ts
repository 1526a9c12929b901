import { KEY_TUNNEL } from '../../../lib/plan/names.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { type PointConfiguration, pointConfiguration } from '../../../lib/point/configuration.js';

/** The configuration of every point of a plan, by its name: a service, `gateway`, `key-tunnel`. */
export function configurationsOf(plan: Plan): Record<string, PointConfiguration> {
  const hasIssuers = Object.keys(plan.issuers).length > 0;
  const keys = hasIssuers ? 'tunnel' : 'direct';
  const services = Object.values(plan.services).map(
    ({ name, sidecar }) => [name, pointConfiguration(plan, sidecar.key, { keys })] as const,
  );
  const { gateway } = plan;
  return {
    ...Object.fromEntries(services),
    ...(gateway.services.length > 0 && {
      [gateway.key]: pointConfiguration(plan, gateway.key, { keys, edge: 'apiGateway' }),
    }),
    ...(hasIssuers && { [KEY_TUNNEL]: pointConfiguration(plan, KEY_TUNNEL) }),
  };
}
