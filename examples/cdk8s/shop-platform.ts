import type { Construct } from 'constructs';
import { ZeroTrustPlatform } from 'zero-trust-platform/cdk8s';
import shop from '../shop/model.js';

/** The shop in a namespace of its own. */
const model = { ...shop, authority: { namespace: 'shop' } };

/** The shop on Kubernetes: the same model that `ztp dev` runs on one machine. Its Deployments stay the shop's own. */
export function shopPlatform(scope: Construct): ZeroTrustPlatform {
  return new ZeroTrustPlatform(scope, 'shop', {
    model,
    // The pods of `orders` were there before, with labels of their own.
    services: { orders: { selector: { app: 'orders' }, port: 8081 } },
    guard: { deployers: { users: ['system:serviceaccount:flux-system:kustomize-controller'] } },
    certificates: {
      issuer: { name: 'shop-mesh' },
      roots: [{ kind: 'ConfigMap', name: 'shop-mesh-root', key: 'ca.crt' }],
      gatewayIssuer: { name: 'letsencrypt' },
    },
    network: {
      monitoring: { namespace: 'monitoring', selector: { 'app.kubernetes.io/name': 'prometheus' } },
    },
  });
}
