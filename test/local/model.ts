import {
  allow,
  anyone,
  defineZeroTrust,
  deny,
  grpc,
  http,
  mfa,
  oidc,
  type RuleLike,
  ruleOf,
  user,
  workload,
  type ZeroTrustModel,
} from '../../lib/model/index.js';

export const WEB = 'www.shop.example';
export const ORDERS = 'orders.shop.example';

/** A small shop as plain data: users reach `web` and `orders`, `orders` calls `payments`. */
export function shop(...more: readonly RuleLike[]): ZeroTrustModel {
  const model = defineZeroTrust({
    trustDomain: 'shop.example',
    environment: 'test',
    identity: {
      providers: {
        people: oidc({ issuer: 'https://login.shop.example', jwksUri: 'https://login.shop.example/jwks' }),
      },
    },
    services: {
      web: http({ host: WEB }),
      orders: http({ host: ORDERS }),
      payments: grpc(),
    },
    access: [
      allow(anyone()).to('web', 'GET /', 'GET /assets/**'),
      allow(user({ groups: ['staff'] })).to('orders', 'GET /orders/{id}', 'POST /orders'),
      allow(user({ groups: ['staff'] }))
        .to('orders', 'DELETE /orders/{id}')
        .when(mfa()),
      deny(anyone()).to('orders', 'GET /orders/secret'),
      allow(workload('orders')).to('payments', 'rpc shop.Payments/Charge'),
    ],
  });
  return { ...model, access: [...(model.access ?? []), ...more].map(ruleOf) };
}
