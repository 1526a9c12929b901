import {
  allow,
  anyone,
  deny,
  grpc,
  http,
  login,
  mfa,
  oidc,
  senderConstrained,
  type Service,
  user,
  workload,
  type ZeroTrustModel,
} from '../../../lib/index.js';
import { type Example, people, platform } from './example.js';

const host = 'orders.example';
const edge = 'loadBalancer';
const endpoints = {
  authorization: 'https://people.example/authorize',
  token: 'https://people.example/token',
};

/** A platform with a service `orders`. */
function orders(service: Service, access: ZeroTrustModel['access'] = []): ZeroTrustModel {
  return platform([allow(user()).to('orders', 'GET /'), ...access], {
    providers: { people: oidc({ ...people, endpoints }) },
    services: { orders: service, stock: http() },
  });
}

/** Checks about clients that a load balancer leads in. */
export const loadBalancers: Readonly<Record<string, Example>> = {
  'load-balancer-service': {
    engine: 'aws',
    compliant: [
      orders(http({ host, edge })),
      orders(http({ host, edge, decisionService: 'sidecar' })),
      orders(http({ host, decisionService: 'everyPoint' })),
    ],
    violating: [
      [orders(http({ edge })), 'services.orders.edge'],
      [orders(grpc({ host, edge })), 'services.orders.edge'],
      [
        orders(http({ host, edge, login: login({ provider: 'people', clientId: 'orders' }) })),
        'services.orders.edge',
      ],
      [orders(http({ host, edge, decisionService: 'everyPoint' })), 'services.orders.decisionService'],
    ],
  },
  'load-balancer-proof': {
    engine: 'aws',
    compliant: [orders(http({ host, edge })), bound(http({ host })), ofWorkloads(http({ host, edge }))],
    violating: [[bound(http({ host, edge })), 'access[1].when[1]', 'access[2].unless[0]']],
  },
};

/** Rules for clients that want a token bound to a certificate or a key. */
function bound(service: Service): ZeroTrustModel {
  return orders(service, [
    allow(user()).to('orders', 'GET /a').when(mfa(), senderConstrained('certificate')),
    deny(anyone()).to('orders', 'GET /a').unless(senderConstrained('dpop')),
  ]);
}

/** The certificate of a workload ends at the sidecar, whoever leads clients in. */
function ofWorkloads(service: Service): ZeroTrustModel {
  return orders(service, [
    allow(workload('stock').onBehalfOf(user())).to('orders', 'GET /a').when(senderConstrained('certificate')),
  ]);
}
