import type { Construct } from 'constructs';
import { type ApiServer, ZeroTrustPlatform, type ZeroTrustPlatformProps } from 'zero-trust-platform/cdk8s';
import { ruleOf, type ZeroTrustModel } from 'zero-trust-platform';
import shop from '../shop/egress.js';

/**
 * The shop in a namespace of its own, with its ways out and its database. Istio has no clock, and nobody can be asked about
 * a connection: so the rule of the database that is only tried is left out.
 */
const model: ZeroTrustModel = {
  ...shop,
  authority: { namespace: 'shop' },
  access: (shop.access ?? []).filter((rule) => ruleOf(rule).name !== 'ledger-for-reports'),
};

/** Flux applies the shop's manifests. */
export const GUARD = {
  deployers: { users: ['system:serviceaccount:flux-system:shop-deployer'] }, // one that Flux impersonates for this alone
  proxyImage: `registry.shop.example/proxyv2@sha256:${'1'.repeat(64)}`,
};

/** Where the cluster's API server listens, which says what is revoked. */
const API_SERVER: ApiServer = { networks: ['10.20.0.10/32'], port: 6443 };

/** The shop on Kubernetes: the same model that `ztp dev` runs on one machine. Its Deployments stay the shop's own. */
export function shopPlatform(
  scope: Construct,
  guard: ZeroTrustPlatformProps['guard'] = GUARD,
  apiServer = API_SERVER,
): ZeroTrustPlatform {
  return new ZeroTrustPlatform(scope, 'shop', {
    model,
    // The pods of `orders` were there before, with labels of their own.
    services: { orders: { selector: { app: 'orders' }, port: 8081 }, ledger: { port: 5432 } },
    // Users come through a gateway of Envoy Gateway, which has the decision service judge each request.
    ingress: { issuer: { name: 'shop-mesh' } },
    // Tokens, and what Istio cannot say, are judged by the decision service.
    decisionService: {
      image: `registry.shop.example/platform/decision@sha256:${'2'.repeat(64)}`,
      apiServer,
    },
    // What the model lets out leaves through Envoy alone.
    egress: { image: `registry.shop.example/envoy@sha256:${'2'.repeat(64)}` },
    guard,
    certificates: {
      issuer: { name: 'shop-mesh' },
      roots: [{ kind: 'ConfigMap', name: 'shop-mesh-root', key: 'ca.crt' }],
      gatewayIssuer: { name: 'letsencrypt' },
      // The egress gateway has its certificate from csi-driver-spiffe, whose approver judges what this issuer is asked.
      driverIssuer: { name: 'shop-mesh-pods' },
    },
    network: {
      monitoring: { namespace: 'monitoring', selector: { 'app.kubernetes.io/name': 'prometheus' } },
    },
  });
}
