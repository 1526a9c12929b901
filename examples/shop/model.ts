import {
  allow,
  anyone,
  claim,
  defineZeroTrust,
  deny,
  githubActions,
  grpc,
  http,
  mfa,
  oidc,
  pipeline,
  rpc,
  senderConstrained,
  signedInWithin,
  sourceNetwork,
  user,
  workload,
} from 'zero-trust-platform';

/** A person of the shop, and one who works in a group. */
const employee = user({ issuer: 'people' });
const staff = user({ issuer: 'people', groups: ['staff'] });
const finance = user({ issuer: 'people', groups: ['staff', 'finance'] });

/**
 * A shop: pages for everyone, orders, payments that only other services reach, refunds and reports;
 * the shop's own people, its partners' people, and the pipeline that deploys it.
 */
export default defineZeroTrust({
  trustDomain: 'shop.example',
  environment: 'dev',

  identity: {
    providers: {
      people: oidc({
        issuer: 'https://login.shop.example',
        jwksUri: 'https://login.shop.example/jwks',
        // A service that acts for a user asks for a token of its callee's audience (RFC 8693).
        exchange: 'rfc8693',
      }),
      partners: oidc({
        issuer: 'https://id.partners.example',
        jwksUri: 'https://id.partners.example/jwks',
        // Complete: whatever is not here accepts no partner at all.
        audiences: { orders: 'https://orders.shop.example', reports: 'https://reports.shop.example' },
        groupsClaim: ['realm', 'roles'],
        // What they say about the sign-in is not something to rely on.
        mfa: 'none',
        authTimeClaim: 'none',
      }),
    },
    pipelines: {
      deploy: githubActions({ repository: 'shop/shop', ref: 'refs/heads/main' }),
    },
  },

  services: {
    web: http({ host: 'www.shop.example' }),
    orders: http({ host: 'orders.shop.example', cors: { origins: ['https://www.shop.example'] } }),
    payments: grpc(),
    refunds: http({ host: 'refunds.shop.example' }),
    reports: http({ host: 'reports.shop.example' }),
  },

  access: [
    // The shop window is public, and says so.
    allow(anyone()).to('web', 'GET /', 'HEAD /', 'GET /products/{id}').named('window'),
    allow(anyone()).to('web', 'GET /assets/**', 'HEAD /assets/**').named('assets'),
    allow(staff).to('web', 'GET /admin/**').named('admin'),

    // Orders: groups, scopes and claims, of one issuer or of both.
    allow(employee).to('orders', 'GET /orders/{id}').named('see-order'),
    allow(staff).to('orders', 'GET /orders', 'HEAD /orders').named('list-orders'),
    allow(user({ scopes: ['orders:write'] }))
      .to('orders', 'POST /orders')
      .named('place-order'),
    allow(user({ issuer: 'partners', groups: ['carrier'], claims: { contract: 'gold' } }))
      .to('orders', 'GET /orders/{id}/shipment')
      .named('track-shipment'),
    allow(staff, user({ issuer: 'partners', groups: ['carrier'] }))
      .to('orders', 'DELETE /orders/{id}')
      .named('cancel-order'),
    deny(user({ issuer: 'partners' }))
      .to('orders', 'DELETE /**')
      .named('partners-cancel-nothing'),

    // Money: a recent sign-in with two factors, or a token that only its owner can use.
    allow(finance)
      .to('refunds', 'POST /refunds/{order}')
      .when(mfa(), signedInWithin({ minutes: 15 }))
      .named('refund'),
    allow(finance).to('refunds', 'POST /payouts').when(senderConstrained('certificate')).named('payout'),
    allow(staff).to('refunds', 'GET /refunds', 'GET /refunds/{order}').named('see-refunds'),
    deny(anyone())
      .to('refunds', 'POST /**')
      .unless(claim('employment').presentAndNot('contractor'))
      .named('no-contractors'),

    // Reports: by where the request comes from, and by what the token says.
    allow(staff)
      .to('reports', 'GET /reports/daily')
      .when(sourceNetwork('127.0.0.0/8', '::1/128'))
      .named('daily'),
    allow(staff).to('reports', 'GET /reports/board').when(sourceNetwork('198.51.100.0/24')).named('board'),
    allow(employee)
      .to('reports', 'GET /reports/finance')
      .when(claim('department').equals('finance'))
      .named('books'),
    allow(employee)
      .to('reports', 'GET /reports/regions/{region}')
      .when(claim('region').presentAndNot('restricted'))
      .named('regions'),

    // Watched until their dates, and enforced from then on without a deployment.
    allow(user({ issuer: 'partners' }))
      .to('reports', 'GET /reports/partners')
      .named('partner-report')
      .audited({ until: '2030-01-01T00:00:00Z', reason: 'the contract starts with the year' }),
    deny(anyone())
      .to('reports', 'GET /reports/daily')
      .unless(mfa())
      .named('daily-with-two-factors')
      .audited({ until: '2030-01-01T00:00:00Z', reason: 'who still signs in with one factor?' }),

    // Services, known by their certificates, and one that acts for the user it serves.
    allow(workload('web')).to('orders', 'GET /orders/{id}').named('web-sees-order'),
    allow(workload('reports')).to('orders', 'GET /export/**').named('reports-export'),
    allow(workload('orders').onBehalfOf(employee))
      .to('payments', rpc('shop.Payments/Charge'))
      .named('charge'),
    allow(workload('refunds')).to('payments', rpc('shop.Payments/Refund')).named('pay-back'),

    // The pipeline notes what it released.
    allow(pipeline('deploy')).to('reports', 'POST /releases').named('note-release'),
  ],
});
