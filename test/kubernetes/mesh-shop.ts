import shop from '../../examples/shop/model.js';
import type { MeshAuthorizationOptions } from '../../lib/kubernetes/mesh-options.js';
import { resolve } from '../../lib/plan/resolve.js';

export const shopPlan = resolve(shop, { engine: 'kubernetes', now: new Date('2026-11-23T12:00:00Z') });

/** The shop in a cluster: one pod a service, users through `edge`, and a decision service. */
export const shopMesh: MeshAuthorizationOptions = {
  services: Object.fromEntries(
    Object.keys(shopPlan.services).map((name) => [name, { selector: { app: name }, port: 8080 }]),
  ),
  ingressGateway: {
    namespace: 'edge',
    serviceAccount: 'edge',
    checksClientProofs: { reason: 'the test is of what is behind it', until: '2100-01-01' },
  },
  decisionService: { selector: { app: 'decision' }, serviceName: 'decision', servicePort: 9000 },
};
