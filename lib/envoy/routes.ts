import { createHash } from 'node:crypto';
import { canonicalJson } from '../plan/json.js';
import { comesByLoadBalancer } from '../plan/names.js';
import type { Plan } from '../plan/plan.js';
import type { Template } from '../plan/refs.js';
import {
  type CompilePoint,
  type Policies,
  partition,
  type RoutePolicies,
  routePolicies,
  seesClient,
  serviceTokenPolicies,
} from '../policy/compile/envoy/index.js';
import type { RevocationDocument } from '../policy/revocation.js';
import { APPLICATION } from './clusters.js';
import { type Delegation, delegationOf } from '../plan/delegation.js';
import { loginOfHost, loginRoutes } from './login-routes.js';
import { onwardPolicies } from './onward.js';
import { FILTERS } from './filter-order.js';
import { noBodyLimit } from './filters/body-limit.js';
import { boundPerRoute } from './filters/bound.js';
import { corsPerService } from './filters/cors.js';
import { decisionPerRoute } from './filters/decision.js';
import { rateLimitPerService } from './filters/rate-limit.js';
import { auditPerRoute, lookPerRoute, rbacPerRoute } from './filters/rbac.js';
import { compilePoint, type PointProfile } from './profile.js';
import { seconds } from './types.js';

/** The name of the one route configuration of a point. */
export const ROUTES = 'inbound';

/**
 * The watched file with a point's rules, as the answer of a route discovery service. Its version is
 * a digest of its content, by which the agent sees in Envoy's metrics that it was taken.
 */
export function routesFile(
  plan: Plan,
  kind: 'gateway' | 'sidecar',
  services: readonly string[],
  revocations: RevocationDocument,
  profile: PointProfile = {},
): Template {
  const point = compilePoint(plan, kind, profile);
  const configuration = {
    '@type': 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration',
    name: ROUTES,
    ignore_port_in_host_matching: true,
    // Without it a route to a cluster that does not exist is taken, and answers 503.
    validate_clusters: true,
    virtual_hosts: services.map((name) => virtualHost(plan, point, name, revocations)),
  };
  const digest = createHash('sha256').update(canonicalJson(configuration)).digest('hex').slice(0, 16);
  return { version_info: digest, resources: [configuration as Template] };
}

function virtualHost(
  plan: Plan,
  { behindEdge, ...here }: CompilePoint,
  name: string,
  revocations: RevocationDocument,
): Template {
  const service = plan.services[name]!;
  // What a load balancer leads in comes past the edge that judges other clients' connections.
  const isJudged = behindEdge && !comesByLoadBalancer(service);
  const point: CompilePoint = { ...here, ...(isJudged && { behindEdge }) };
  const policy = plan.policy.services[name]!;
  const key = point.kind === 'gateway' ? plan.gateway.key : service.sidecar.key;
  const delegation = delegationOf(plan, key, name, revocations);
  // What is too much for this point, its decision service knows.
  const entries = delegation?.isWhole ? [] : revocations.entries;
  const cluster = point.kind === 'gateway' ? service.key : APPLICATION;
  return {
    name,
    domains: [service.authority],
    typed_per_filter_config: {
      [FILTERS.audience]: rbacPerRoute('DENY', serviceTokenPolicies(plan.policy, name, entries)),
      [FILTERS.rateLimit]: rateLimitPerService(service.requestsPerSecond),
      ...(point.kind === 'gateway' && loginOfHost(service)),
      ...(point.kind === 'gateway' && policy.cors && { [FILTERS.cors]: corsPerService(policy.cors) }),
      ...(point.kind === 'gateway' && service.protocol === 'grpc' && { [FILTERS.bodyLimit]: noBodyLimit() }),
    },
    routes: [
      ...(point.kind === 'gateway' ? loginRoutes(service) : []),
      ...partition(policy.rules, delegation?.isLeftOut).map(({ prefix, rules, isLeftOut }) => ({
        name,
        match: prefix.length === 0 ? { prefix: '/' } : { path_separated_prefix: `/${prefix.join('/')}` },
        route: { cluster, ...timeLimits(plan, service.protocol === 'grpc' ? 'grpc' : 'http') },
        typed_per_filter_config:
          delegation && (isLeftOut || delegation.isWhole)
            ? onward(delegation)
            : {
                ...perRoute(routePolicies(point, name, rules, entries)),
                ...(seesClient(point) &&
                  rules.some(({ rule }) =>
                    rule.conditions.some(({ kind }) => kind === 'senderConstrained'),
                  ) && {
                    [FILTERS.bound]: boundPerRoute(),
                  }),
              },
      })),
    ],
  };
}

/** The rules of the route are somebody else's; what refuses without them goes on doing so. */
function onward({ to }: Delegation): { readonly [filter: string]: Template } {
  return {
    [FILTERS.allow]: rbacPerRoute('ALLOW', onwardPolicies(to)),
    ...(to === 'decisionService' && { [FILTERS.decision]: decisionPerRoute() }),
  };
}

/**
 * `timeout` runs from the end of the request, `max_stream_duration` from its beginning, so that a
 * slow upload has an end as well. A gRPC stream has only the limit of every stream.
 */
export function timeLimits(plan: Plan, protocol: 'http' | 'grpc'): { readonly [name: string]: Template } {
  const timeout = answerLimit(plan, protocol);
  return { timeout, ...(protocol === 'http' && { max_stream_duration: { max_stream_duration: timeout } }) };
}

/** How long an answer may take from the end of its request; zero is for as long as it likes. */
export function answerLimit(plan: Plan, protocol: 'http' | 'grpc'): string {
  if (protocol === 'grpc') return seconds(0);
  return seconds(Math.min(plan.firewall.requestTimeoutSeconds, plan.connections.maxStream));
}

/** Without an entry a filter keeps its own policies: none for a deny, and no admission for an allow. */
export function perRoute(policies: RoutePolicies): { readonly [filter: string]: Template } {
  const entries: [string, Template][] = [];
  const add = (filter: string, some: Policies, config: (policies: Policies) => Template) => {
    if (Object.keys(some).length > 0) entries.push([filter, config(some)]);
  };
  add(FILTERS.challenge, policies.challenge, (some) => lookPerRoute('ALLOW', some));
  // Without a policy it still says that none stands.
  if (policies.lasting) entries.push([FILTERS.lasting, lookPerRoute('DENY', policies.lasting)]);
  add(FILTERS.auditDeny, policies.auditDeny, (some) => auditPerRoute('DENY', some));
  add(FILTERS.auditAllow, policies.auditAllow, (some) => auditPerRoute('ALLOW', some));
  add(FILTERS.deny, policies.deny, (some) => rbacPerRoute('DENY', some));
  add(FILTERS.allow, policies.allow, (some) => rbacPerRoute('ALLOW', some));
  return Object.fromEntries(entries);
}
