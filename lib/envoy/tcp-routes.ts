import { createHash } from 'node:crypto';
import { canonicalJson } from '../plan/json.js';
import type { Plan, ServiceNode } from '../plan/plan.js';
import type { Template } from '../plan/refs.js';
import { type CompilePoint, routePolicies } from '../policy/compile/envoy/index.js';
import type { RevocationDocument } from '../policy/revocation.js';
import { APPLICATION } from './clusters.js';
import { FILTERS } from './filter-order.js';
import { rateLimitPerService } from './filters/rate-limit.js';
import { perRoute, ROUTES } from './routes.js';
import { seconds } from './types.js';

/** The watched file of a TCP service's sidecar: one route, for connections, and nothing for any request. */
export function connectionRoutesFile(
  plan: Plan,
  { name, authority, requestsPerSecond, connections }: ServiceNode,
  { entries }: RevocationDocument,
): Template {
  // No connection comes through a gateway.
  const point: CompilePoint = { kind: 'sidecar', policy: { ...plan.policy, gateways: [] } };
  const rules = plan.policy.services[name]!.rules.map((rule) => ({ rule, operations: rule.operations }));
  const { idleSeconds, maxSeconds } = connections!;
  const configuration = {
    '@type': 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration',
    name: ROUTES,
    ignore_port_in_host_matching: true,
    validate_clusters: true,
    virtual_hosts: [
      {
        name,
        domains: [authority],
        typed_per_filter_config: { [FILTERS.rateLimit]: rateLimitPerService(requestsPerSecond) },
        routes: [
          {
            name,
            match: { connect_matcher: {} },
            route: {
              cluster: APPLICATION,
              upgrade_configs: [{ upgrade_type: 'CONNECT', connect_config: {} }],
              timeout: seconds(0),
              idle_timeout: seconds(idleSeconds),
              max_stream_duration: { max_stream_duration: seconds(maxSeconds) },
            },
            typed_per_filter_config: perRoute(routePolicies(point, name, rules, entries)),
          },
        ],
      },
    ],
  };
  const digest = createHash('sha256').update(canonicalJson(configuration)).digest('hex').slice(0, 16);
  return { version_info: digest, resources: [configuration as Template] };
}
