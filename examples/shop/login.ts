import { allow, http, login, mfa, oidc, user, type ZeroTrustModel } from 'zero-trust-platform';
import shop from './egress.js';

const { people, ...others } = shop.identity!.providers!;

/** The shop with a desk that its people use by a browser: they sign in at the gateway, on one machine and on AWS. */
const model: ZeroTrustModel = {
  ...shop,
  identity: {
    ...shop.identity,
    providers: {
      ...others,
      people: oidc({
        ...people!,
        endpoints: {
          authorization: 'https://login.shop.example/authorize',
          token: 'https://login.shop.example/token',
          endSession: 'https://login.shop.example/sign-out',
        },
      }),
    },
  },
  services: {
    ...shop.services,
    desk: http({
      host: 'desk.shop.example',
      login: login({ provider: 'people', clientId: 'desk-browser' }),
    }),
  },
  access: [
    ...(shop.access ?? []),
    allow(user({ issuer: 'people' }))
      .to('desk', 'GET /', 'GET /tickets/{id}', 'POST /tickets')
      .named('desk'),
    allow(user({ issuer: 'people' }))
      .to('desk', 'POST /refunds')
      .when(mfa())
      .named('desk-refunds'),
  ],
};
export default model;
