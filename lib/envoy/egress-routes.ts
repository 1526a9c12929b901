import { createHash } from 'node:crypto';
import { canonicalJson } from '../plan/json.js';
import type { DestinationNode, EgressNode, Plan } from '../plan/plan.js';
import type { Template } from '../plan/refs.js';
import { type CompilePoint, partition, routePolicies } from '../policy/compile/envoy/index.js';
import type { RevocationDocument } from '../policy/revocation.js';
import { FILTERS } from './filter-order.js';
import type { PointProfile } from './profile.js';
import { rateLimitPerService } from './filters/rate-limit.js';
import { perRoute, ROUTES, timeLimits } from './routes.js';

/** What tells a stranger how the platform looks inside: addresses, names of requests. */
const INSIDE_HEADERS = [
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-request-id',
  'x-envoy-external-address',
  'x-envoy-internal',
];

/** What sidecars of Istio add besides: who the workload is, and where it was bound for. */
const ISTIO_HEADERS = [
  'x-envoy-attempt-count',
  'x-envoy-decorator-operation',
  'x-envoy-peer-metadata',
  'x-envoy-peer-metadata-id',
];

/** The watched file of the egress gateway: a virtual host for each destination, and none for any other. */
export function egressRoutesFile(
  plan: Plan,
  egress: EgressNode,
  revocations: RevocationDocument,
  { behindIstio = false }: PointProfile = {},
): Template {
  const configuration = {
    '@type': 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration',
    name: ROUTES,
    ignore_port_in_host_matching: true,
    validate_clusters: true,
    request_headers_to_remove: behindIstio ? [...INSIDE_HEADERS, ...ISTIO_HEADERS] : INSIDE_HEADERS,
    virtual_hosts: Object.values(egress.destinations).map((node) =>
      virtualHost(plan, egress, node, revocations),
    ),
  };
  const digest = createHash('sha256').update(canonicalJson(configuration)).digest('hex').slice(0, 16);
  return { version_info: digest, resources: [configuration as Template] };
}

function virtualHost(
  plan: Plan,
  egress: EgressNode,
  { key, host, authority, requestsPerSecond }: DestinationNode,
  { entries }: RevocationDocument,
): Template {
  // Its callers are workloads, as a sidecar's are.
  const point: CompilePoint = { kind: 'sidecar', policy: egress.policy };
  const { rules } = egress.policy.services[host]!;
  return {
    name: host,
    domains: [host],
    typed_per_filter_config: { [FILTERS.rateLimit]: rateLimitPerService(requestsPerSecond) },
    routes: partition(rules).map(({ prefix, rules: own }) => ({
      name: host,
      match: prefix.length === 0 ? { prefix: '/' } : { path_separated_prefix: `/${prefix.join('/')}` },
      // The host was judged without its port.
      route: { cluster: key, host_rewrite_literal: authority, ...timeLimits(plan, 'http') },
      typed_per_filter_config: perRoute(routePolicies(point, host, own, entries)),
    })),
  };
}
