import { codedError } from '../../coded-error.js';
import { answerLimit } from '../../envoy/routes.js';
import type { Plan, ServiceNode } from '../../plan/plan.js';
import type { CorsPolicy } from '../../policy/policy.js';
import type {
  BackendReference,
  BackendTrafficPolicy,
  BackendTrafficPolicySpec,
  GRPCRoute,
  HTTPRoute,
  HTTPRouteFilter,
  HTTPRouteMatch,
  HTTPRouteRule,
  ParentReference,
} from '../kinds/index.js';
import { ENVOY_GATEWAY, GATEWAY_API, LISTENER } from './gateway.js';
import { INGRESS, type IngressPlace } from './place.js';

/** The port of every Service. */
export type ServicePorts = Readonly<
  Record<string, { readonly serviceName: string; readonly servicePort: number }>
>;

const EVERY_PATH: HTTPRouteMatch['path'] = { type: 'PathPrefix', value: '/' };
/** By the definition of an HTTPRoute. */
const MAX_MATCHES = 64;

/** What no service's host names comes here, is judged like all else, and goes no further. */
export const NO_SERVICE = 'no-service';

type RouteObject = BackendTrafficPolicy | GRPCRoute | HTTPRoute | HTTPRouteFilter;

/** A route for each public service, by its one host, and one for every other host. */
export function routeObjects(plan: Plan, place: IngressPlace, ports: ServicePorts): RouteObject[] {
  const metadata = (name: string) => ({ name, namespace: plan.namespace });
  const parentRefs: ParentReference[] = [
    { group: GATEWAY_API, kind: 'Gateway', name: INGRESS, namespace: place.namespace, sectionName: LISTENER },
  ];
  return [
    ...plan.gateway.services.flatMap((name): RouteObject[] => {
      const service = plan.services[name]!;
      const cors = plan.policy.services[name]!.cors;
      const { serviceName, servicePort } = ports[name]!;
      const backendRefs: BackendReference[] = [
        { group: '', kind: 'Service', name: serviceName, port: servicePort, weight: 1 },
      ];
      const place = { parentRefs, hostnames: [service.authority] };
      const isGrpc = service.protocol === 'grpc';
      return [
        isGrpc
          ? {
              apiVersion: `${GATEWAY_API}/v1`,
              kind: 'GRPCRoute',
              metadata: metadata(name),
              spec: { ...place, rules: [{ backendRefs }] },
            }
          : {
              apiVersion: `${GATEWAY_API}/v1`,
              kind: 'HTTPRoute',
              metadata: metadata(name),
              spec: { ...place, rules: httpRules(plan, cors, backendRefs) },
            },
        trafficPolicy(plan, service, isGrpc ? 'GRPCRoute' : 'HTTPRoute'),
      ];
    }),
    {
      apiVersion: `${GATEWAY_API}/v1`,
      kind: 'HTTPRoute',
      metadata: metadata(NO_SERVICE),
      spec: {
        parentRefs,
        rules: [
          {
            matches: [{ path: EVERY_PATH }],
            filters: [
              {
                type: 'ExtensionRef',
                extensionRef: { group: ENVOY_GATEWAY, kind: 'HTTPRouteFilter', name: NO_SERVICE },
              },
            ],
          },
        ],
      },
    },
    {
      apiVersion: `${ENVOY_GATEWAY}/v1alpha1`,
      kind: 'HTTPRouteFilter',
      metadata: metadata(NO_SERVICE),
      spec: { directResponse: { statusCode: 403 } },
    },
  ];
}

/**
 * What a page of a declared origin asks has a rule of its own: Envoy Gateway's filter would answer a preflight of any other
 * origin as well, where the reference asks the rules.
 */
function httpRules(
  plan: Plan,
  cors: CorsPolicy | undefined,
  backendRefs: readonly BackendReference[],
): HTTPRouteRule[] {
  const plain: HTTPRouteRule = {
    matches: [{ path: EVERY_PATH }],
    backendRefs,
    timeouts: { request: answerLimit(plan, 'http') },
  };
  if (!cors) return [plain];
  if (cors.origins.length > MAX_MATCHES) {
    throw codedError('too-many-origins', 'cors.origins', 'a rule of an HTTPRoute has no place for all', {
      found: String(cors.origins.length),
      expected: `at most ${MAX_MATCHES}`,
    });
  }
  return [
    {
      ...plain,
      matches: cors.origins.map((value) => ({
        path: EVERY_PATH,
        headers: [{ type: 'Exact', name: 'origin', value }],
      })),
      filters: [
        {
          type: 'CORS',
          cors: {
            allowOrigins: cors.origins,
            allowMethods: cors.methods,
            allowHeaders: cors.headers,
            maxAge: cors.maxAge,
            // Tokens travel in a header that scripts set; cookies are never credentials here.
            allowCredentials: false,
          },
        },
      ],
    },
    plain,
  ];
}

/** What of a service is limited for everybody together. It holds nothing that decides. */
function trafficPolicy(plan: Plan, service: ServiceNode, kind: string): BackendTrafficPolicy {
  const { name, requestsPerSecond } = service;
  const isGrpc = kind === 'GRPCRoute';
  return {
    apiVersion: `${ENVOY_GATEWAY}/v1alpha1`,
    kind: 'BackendTrafficPolicy',
    metadata: { name, namespace: plan.namespace },
    spec: {
      targetRefs: [{ group: GATEWAY_API, kind, name }],
      rateLimit: {
        type: 'Local',
        local: { rules: [{ limit: { requests: requestsPerSecond, unit: 'Second' } }] },
      },
      // A gRPC stream has no end to wait for.
      ...(isGrpc
        ? ({ timeout: { http: { requestTimeout: '0s' } } } satisfies Partial<BackendTrafficPolicySpec>)
        : ({
            requestBuffer: { limit: String(plan.firewall.maxBodyBytes) },
          } satisfies Partial<BackendTrafficPolicySpec>)),
    },
  };
}
