import type { Construct } from 'constructs';
import { ZeroTrustPlatform, type ZeroTrustPlatformProps } from 'zero-trust-platform/cdk8s';
import shop from '../shop/model.js';

/** The shop in a namespace of its own. */
const model = { ...shop, authority: { namespace: 'shop' } };

/** Flux applies the shop's manifests. */
const GUARD = {
  deployers: { users: ['system:serviceaccount:flux-system:kustomize-controller'] },
  proxyImage: `registry.shop.example/proxyv2@sha256:${'1'.repeat(64)}`,
  images: { decision: ['registry.shop.example/platform/decision@*'] },
};

/** The shop on Kubernetes: the same model that `ztp dev` runs on one machine. Its Deployments stay the shop's own. */
export function shopPlatform(
  scope: Construct,
  guard: ZeroTrustPlatformProps['guard'] = GUARD,
): ZeroTrustPlatform {
  return new ZeroTrustPlatform(scope, 'shop', {
    model,
    // The pods of `orders` were there before, with labels of their own.
    services: { orders: { selector: { app: 'orders' }, port: 8081 } },
    // Users come through the ingress gateway of the cluster.
    ingressGateway: {
      namespace: 'istio-ingress',
      serviceAccount: 'ingressgateway',
      selector: { istio: 'ingressgateway' },
      checksClientProofs: {
        reason: 'its own configuration compares certificates and holds back other networks',
        until: '2099-12-31',
      },
    },
    // Tokens, and what Istio cannot say, are judged by the decision service in the mesh.
    decisionService: {
      serviceName: 'decision',
      servicePort: 80,
      port: 8090,
      selector: { 'app.kubernetes.io/name': 'decision' },
    },
    guard,
    certificates: {
      issuer: { name: 'shop-mesh' },
      roots: [{ kind: 'ConfigMap', name: 'shop-mesh-root', key: 'ca.crt' }],
      gatewayIssuer: { name: 'letsencrypt' },
    },
    network: {
      // It fetches the issuers' keys, by the one way out.
      egressGateway: {
        namespace: 'istio-egress',
        selector: { istio: 'egressgateway' },
        ports: [8443],
        callers: ['decision'],
      },
      monitoring: { namespace: 'monitoring', selector: { 'app.kubernetes.io/name': 'prometheus' } },
    },
  });
}
