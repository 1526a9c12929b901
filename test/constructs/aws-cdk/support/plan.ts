import {
  allow,
  anyone,
  defineZeroTrust,
  githubActions,
  grpc,
  http,
  mfa,
  oidc,
  type Plan,
  resolve,
  senderConstrained,
  sourceNetwork,
  user,
  workload,
  type ZeroTrustModel,
} from '../../../../lib/index.js';

const now = new Date('2026-11-20T12:00:00Z');

export const model = {
  trustDomain: 'shop.example',
  environment: 'prod',
  identity: {
    providers: {
      people: oidc({ issuer: 'https://login.shop.example', jwksUri: 'https://login.shop.example/jwks' }),
    },
    pipelines: { deploy: githubActions({ repository: 'shop/shop', environment: 'prod' }) },
  },
  services: {
    orders: http({ host: 'orders.shop.example', requestsPerSecond: 200 }),
    reports: http({ host: 'reports.shop.example' }),
    stock: http(),
    payments: grpc(),
  },
  access: [
    allow(user({ groups: ['staff'] })).to('orders', 'GET /orders/{id}', 'POST /orders'),
    allow(user({ groups: ['finance'] }))
      .to('reports', 'GET /reports/**')
      .when(mfa()),
    allow(workload('orders')).to('stock', 'GET /stock/{id}'),
  ],
} as const satisfies ZeroTrustModel;

/** A plan for AWS; `change` replaces parts of the model. */
export function planFor(change: Partial<ZeroTrustModel> = {}): Plan {
  return resolve(defineZeroTrust({ ...model, ...change } as ZeroTrustModel as never), { engine: 'aws', now });
}

export const plan = planFor();

/** One route that anyone may take. */
export const publicPlan = planFor({
  access: [...model.access, allow(anyone()).to('orders', 'GET /health')],
});

/** A rule that hangs on the client's address, and one that hangs on its certificate. */
export const networkPlan = planFor({
  access: [...model.access, allow(user()).to('orders', 'GET /audit').when(sourceNetwork('198.51.100.0/24'))],
});
export const certificatePlan = planFor({
  access: [...model.access, allow(user()).to('orders', 'GET /audit').when(senderConstrained('certificate'))],
});

/** A gRPC service that users would reach. */
export const grpcPlan = planFor({
  services: { ...model.services, payments: grpc({ host: 'payments.shop.example' }) },
});

/** Nothing that users reach. */
export const internalPlan = planFor({
  services: { orders: http(), stock: http() },
  access: [allow(workload('orders')).to('stock', 'GET /stock/{id}')],
});

/** A rule that asks for a DPoP proof. */
export const proofPlan = planFor({
  access: [...model.access, allow(user()).to('orders', 'GET /audit').when(senderConstrained('dpop'))],
});
