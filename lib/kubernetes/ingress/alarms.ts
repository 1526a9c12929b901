import { createHash } from 'node:crypto';
import type { Plan } from '../../plan/plan.js';
import { alarm, increase, rises } from '../alarm.js';
import type { AlertingRule } from '../kinds/index.js';
import { INGRESS } from './place.js';

/** Characters of a gateway's namespace and name that Envoy Gateway 1.9 keeps in the names of its pods. */
const NAME_LENGTH = 48;

/**
 * Of the gateway that is made, by its Envoys' own metrics: it asks before all others, so whatever it refuses no sidecar ever
 * counts. Envoy names what the gateway leads to after the route: `httproute/<namespace>/<service>/rule/0`.
 */
export function ingressAlarms(
  { namespace }: Plan,
  gatewayNamespace: string,
  refusedPercent: number,
): AlertingRule[] {
  const routes = `{envoy_cluster_name=~"(http|grpc)route/${namespace}/.+"}`;
  const by = 'envoy_cluster_name';
  const denied = increase(`envoy_cluster_ext_authz_denied${routes}`, by);
  // Those that passed are there from the beginning, as 0; refusals only after the first.
  const judged = `(${denied} + ${increase(`envoy_cluster_upstream_rq_total${routes}`, by)})`;
  const pods = `{pod=~"${podPrefix(gatewayNamespace)}-.+"}`;
  const rejected = ['envoy_listener_manager_lds', 'envoy_cluster_manager_cds', 'envoy_http_rds'].map(
    (name) => `${increase(`${name}_update_rejected${pods}`, 'pod')} > 0`,
  );
  return [
    alarm(
      'GatewayRefusedRatio',
      `100 * ${denied} / ${judged} >= ${refusedPercent} and ${judged} >= 100`,
      'warning',
      'Of the requests of users to {{ $labels.envoy_cluster_name }} many are refused at the gateway.',
    ),
    alarm(
      'GatewayDecisionUnavailable',
      rises(`envoy_cluster_ext_authz_error${routes}`, by),
      'critical',
      'Requests of users to {{ $labels.envoy_cluster_name }} could not be judged, and were refused.',
    ),
    alarm(
      'GatewayConfigurationRejected',
      rejected.join(' or '),
      'critical',
      'The gateway {{ $labels.pod }} refuses the configuration of Envoy Gateway: policies that are applied are not in force.',
    ),
  ];
}

/** As Envoy Gateway calls the Deployment of a Gateway. */
function podPrefix(gatewayNamespace: string): string {
  const name = `${gatewayNamespace}/${INGRESS}`;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8);
  const short = name.replace('/', '-').slice(0, NAME_LENGTH).replace(/-$/, '');
  return `envoy-${short}-${hash}`;
}
