import type { Stack } from 'aws-cdk-lib';
import { WebFirewall } from '../../../../constructs/aws-cdk/firewall/index.js';
import type { GatewayServiceProps } from '../../../../constructs/aws-cdk/gateway/index.js';
import type { LoadBalancerOptions } from '../../../../constructs/aws-cdk/load-balancer/index.js';
import { allow, anyone, defineZeroTrust, http, login, oidc, user } from '../../../../lib/model/index.js';
import { resolve } from '../../../../lib/plan/resolve.js';
import { certificate, gatewayBehind, shopZone } from '../gateway/behind.js';

const people = user({ issuer: 'people' });
const shop = {
  trustDomain: 'shop.example',
  environment: 'test',
  identity: {
    providers: {
      people: oidc({
        issuer: 'https://login.shop.example',
        jwksUri: 'https://keys.shop.example/jwks',
        algorithms: ['RS256'],
        endpoints: {
          authorization: 'https://login.shop.example/authorize',
          token: 'https://login.shop.example/token',
        },
      }),
    },
  },
};
const led = {
  orders: http({ host: 'orders.shop.example', edge: 'loadBalancer' }),
  stock: http({ host: 'stock.shop.example', edge: 'loadBalancer' }),
};

/** Two services to which the load balancer leads clients, and one behind a REST API. */
export const ledPlan = resolve(
  defineZeroTrust({
    ...shop,
    services: { ...led, web: http({ host: 'www.shop.example' }) },
    access: [
      allow(people).to('orders', 'GET /orders/{id}'),
      allow(people).to('stock', 'GET /'),
      allow(anyone()).to('web', 'GET /'),
    ],
  }),
  { engine: 'aws' },
);

/** Browsers sign in to the desk, and clients come to the others by the same load balancer. */
export const mixedPlan = resolve(
  defineZeroTrust({
    ...shop,
    services: {
      ...led,
      desk: http({ host: 'desk.shop.example', login: login({ provider: 'people', clientId: 'desk' }) }),
    },
    access: [
      allow(people).to('orders', 'GET /orders/{id}'),
      allow(people).to('stock', 'GET /'),
      allow(people).to('desk', 'GET /'),
    ],
  }),
  { engine: 'aws' },
);

/** What the model does not say of the hosts. */
export function ledOptions(stack: Stack): LoadBalancerOptions {
  return {
    services: {
      orders: { certificate: certificate(stack, 'Orders'), hostedZone: shopZone(stack) },
      stock: { certificate: certificate(stack, 'Stock') },
    },
    firewall: new WebFirewall(stack, 'Firewall'),
  };
}

/** A gateway with the load balancer before it. */
export function ledWorld(
  change: (options: LoadBalancerOptions, stack: Stack) => Partial<GatewayServiceProps> = () => ({}),
  plan = ledPlan,
) {
  return gatewayBehind(plan, ledOptions, (options, stack) => ({
    loadBalancer: options,
    ...change(options, stack),
  }));
}
