import type { ZeroTrustPlatformProps } from '../../constructs/cdk8s/index.js';
import {
  allow,
  defineZeroTrust,
  deny,
  http,
  oidc,
  sourceNetwork,
  user,
  workload,
} from '../../lib/model/index.js';
import { resolve } from '../../lib/plan/resolve.js';
import { DEPLOYER, IMAGES, PROXY } from './guard-cases/index.js';

/** A small shop without sidecars: users reach `web`, and only it calls `orders`, which calls `payments`. */
const model = defineZeroTrust({
  trustDomain: 'shop.example',
  environment: 'dev',
  authority: { namespace: 'shop' },
  identity: {
    providers: {
      staff: oidc({
        issuer: 'https://login.shop.example',
        jwksUri: 'https://login.shop.example/keys',
      }),
    },
  },
  services: { web: http({ host: 'www.shop.example' }), orders: http(), payments: http() },
  access: [
    allow(user()).to('web', 'GET /', 'GET /orders/{id}'),
    allow(workload('web')).to('orders', 'GET /orders/{id}'),
    allow(workload('orders')).to('payments', 'POST /payments/**').when(sourceNetwork('10.0.0.0/8')),
    deny(workload('orders')).to('payments', 'POST /payments/refunds'),
  ],
});

export const ambientShop: ZeroTrustPlatformProps = {
  mode: 'ambient',
  model,
  services: { orders: { selector: { app: 'orders' }, port: 8081, servicePort: 8000 } },
  ingressGateway: {
    namespace: 'istio-ingress',
    serviceAccount: 'ingressgateway',
    selector: { istio: 'ingressgateway' },
  },
  decisionService: { image: IMAGES[0]!, apiServer: { networks: ['10.0.0.1/32'], port: 6443 } },
  guard: { deployers: { users: [DEPLOYER] }, proxyImage: PROXY },
  network: {
    egressGateway: {
      namespace: 'istio-egress',
      selector: { istio: 'egressgateway' },
      ports: [8443],
      callers: ['decision'],
    },
    monitoring: { namespace: 'monitoring', selector: { app: 'prometheus' } },
  },
};

export const ambientPlan = resolve(model, { engine: 'kubernetes' });
