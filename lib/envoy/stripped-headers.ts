import type { Template } from '../plan/refs.js';
import { extension } from './types.js';

type PointKind = 'gateway' | 'sidecar' | 'egress';

/** By which a sidecar tells its application who the peer is. */
const PEER_HEADER = 'x-forwarded-client-cert';

/** Headers by which some proxy, or a platform's, tells an application who calls; a client's own are dropped. */
const IDENTITY_HEADERS = [
  // RFC 9440 and RFC 7239: what a proxy says of a client's certificate and address.
  'client-cert',
  'client-cert-chain',
  'forwarded',
  // A client's address, as nginx and others, Cloudflare, Akamai, Fastly, Azure and App Engine say it.
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'cf-connecting-ip',
  'true-client-ip',
  'fastly-client-ip',
  'x-azure-clientip',
  'x-azure-socketip',
  'x-appengine-*',
  // A client's certificate: ingress-nginx, HAProxy, Traefik, Azure App Service, AWS load balancers.
  'ssl-client-*',
  'x-ssl-client-*',
  'x-client-cert',
  'x-client-dn',
  'x-client-verify',
  'x-forwarded-tls-client-cert*',
  'x-arr-clientcert',
  'x-amzn-mtls-*',
  // What CGI, WSGI and servlets call the user, Authelia too.
  'remote-*',
  // Kubernetes' authenticating proxy.
  'x-remote-*',
  // oauth2-proxy.
  'x-forwarded-user',
  'x-forwarded-email',
  'x-forwarded-groups',
  'x-forwarded-preferred-username',
  'x-forwarded-access-token',
  'x-auth-request-*',
  // Grafana, Gitea.
  'x-webauth-*',
  // authentik.
  'x-authentik-*',
  // Kong and APISIX.
  'x-consumer-*',
  'x-credential-identifier',
  'x-authenticated-*',
  'x-userinfo',
  // Pomerium, Cloudflare Access, Tailscale.
  'x-pomerium-*',
  'cf-access-*',
  'tailscale-*',
  // AWS, Google, Azure.
  'x-amzn-oidc-*',
  'x-goog-iap-*',
  'x-goog-authenticated-*',
  'x-endpoint-api-userinfo',
  'x-apigateway-api-userinfo',
  'x-ms-client-principal*',
  'x-ms-token-*',
  // What applications of a company like to call it.
  'x-user',
  'x-user-id',
  'x-user-name',
  'x-user-email',
  'x-user-groups',
  'x-user-role',
  'x-user-roles',
  'x-username',
  'x-jwt-payload',
  'x-jwt-claims',
];

/** Headers by which some frameworks take another host, path or method than the one that was judged. */
const OVERRIDES = [
  'x-original-*',
  'x-rewrite-url',
  'x-forwarded-host',
  'x-forwarded-server',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-path',
  'x-forwarded-uri',
  'x-forwarded-method',
  'x-host',
  'x-http-host-override',
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
  'x-http-path-override',
  'x-envoy-original-*',
  'x-waws-unencoded-url',
  // By which Next.js knows its own requests, and once believed it (CVE-2025-29927).
  'x-middleware-subrequest',
  // Which CGI makes `HTTP_PROXY` of (CVE-2016-5385).
  'proxy',
];

/**
 * What every point drops before it looks at a request: a workload that calls a sidecar is a client like any
 * other. A name that ends with `*` stands for all that begin so. The peer's header at a sidecar is its own,
 * written anew for every request.
 */
export const STRIPPED_HEADERS: Readonly<Record<PointKind, readonly string[]>> = {
  gateway: [PEER_HEADER, ...IDENTITY_HEADERS, ...OVERRIDES],
  sidecar: [...IDENTITY_HEADERS, ...OVERRIDES],
  egress: [PEER_HEADER, ...IDENTITY_HEADERS, ...OVERRIDES],
};

/**
 * Drops them by one expression, asked of each header that is there. By a list of names each would be looked
 * for in every request, which cost a thirteenth of a bare Envoy.
 */
export function strippedHeaders(kind: PointKind, more: readonly string[] = []): Template {
  const regex = [...STRIPPED_HEADERS[kind], ...more].map((name) => name.replace('*', '.*')).join('|');
  return [
    {
      name: 'envoy.http.early_header_mutation.header_mutation',
      typed_config: {
        '@type': extension('http.early_header_mutation.header_mutation.v3.HeaderMutation'),
        mutations: [{ remove_on_match: { key_matcher: { safe_regex: { regex } } } }],
      },
    },
  ];
}
