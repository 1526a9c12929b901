import {
  allow,
  cognito,
  defineZeroTrust,
  entra,
  githubActions,
  oidc,
  type Plan,
  pipeline,
  resolve,
  user,
  workload,
} from '../../lib/index.js';

export const TENANT = '11111111-2222-3333-4444-555555555555';

/** A model with an issuer of each kind, and a workload that acts for users of two of them. */
export const issuersModel = defineZeroTrust({
  trustDomain: 'shop.example',
  environment: 'dev',
  identity: {
    providers: {
      people: oidc({
        issuer: 'https://id.shop.example',
        jwksUri: 'https://keys.shop.example/people.json',
        tokenType: 'at+jwt',
        exchange: 'rfc8693',
        groupsClaim: ['realm', 'groups'],
        device: { claim: 'compliant', value: true },
      }),
      customers: cognito({
        region: 'eu-west-1',
        userPoolId: 'eu-west-1_Abc',
        clientIds: { orders: 'client-orders' },
      }),
      staff: entra({
        tenantId: TENANT,
        applicationIds: { orders: 'app-orders', payments: 'app-payments' },
        mfaAuthenticationContext: 'c1',
      }),
    },
    pipelines: { deploy: githubActions({ repository: 'shop/orders', ref: 'refs/heads/main' }) },
  },
  services: {
    orders: { protocol: 'http', host: 'orders.shop.example' },
    payments: { protocol: 'http' },
    reports: { protocol: 'http' },
  },
  access: [
    allow(user({ scopes: ['orders.read'] })).to('orders', 'GET /orders'),
    allow(pipeline('deploy')).to('orders', 'POST /deploy'),
    allow(
      workload('orders').onBehalfOf(user({ issuer: 'people' })),
      workload('orders').onBehalfOf(user({ issuer: 'staff' })),
    ).to('payments', 'POST /charges'),
    // As itself only: no user's token is for that.
    allow(workload('payments')).to('orders', 'POST /settled'),
  ],
});

export function issuersPlan(): Plan {
  return resolve(issuersModel, { engine: 'local' });
}
