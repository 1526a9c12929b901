import { allow, defineZeroTrust, http, oidc, user, workload } from 'zero-trust-platform';

/** Who may call what in the warehouse. */
export default defineZeroTrust({
  trustDomain: 'warehouse.example',
  environment: 'prod',
  identity: {
    providers: {
      people: oidc({
        issuer: 'https://login.warehouse.example',
        jwksUri: 'https://login.warehouse.example/jwks',
      }),
    },
  },
  services: {
    stock: http({ host: 'stock.warehouse.example' }),
    shipping: http(),
  },
  access: [
    allow(user({ issuer: 'people' })).to('stock', 'GET /items'),
    allow(user({ issuer: 'people', groups: ['clerks'] })).to('stock', 'POST /items'),
    allow(workload('stock')).to('shipping', 'POST /parcels'),
  ],
});
