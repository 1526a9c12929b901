import type { Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { WebFirewall } from '../../../../constructs/aws-cdk/firewall/index.js';
import type { GatewayServiceProps } from '../../../../constructs/aws-cdk/gateway/index.js';
import type { LoginOptions } from '../../../../constructs/aws-cdk/login/index.js';
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
        endpoints: {
          authorization: 'https://login.shop.example/authorize',
          token: 'https://tokens.shop.example/token',
        },
      }),
    },
  },
};
const withLogin = {
  desk: http({ host: 'desk.shop.example', login: login({ provider: 'people', clientId: 'desk' }) }),
  books: http({ host: 'books.shop.example', login: login({ provider: 'people', clientId: 'books' }) }),
};
/** Two services with login at a provider whose tokens are at another server than its keys, and one without. */
export const loginPlan = resolve(
  defineZeroTrust({
    ...shop,
    services: { ...withLogin, web: http({ host: 'www.shop.example' }) },
    access: [
      allow(people).to('desk', 'GET /tickets'),
      allow(people).to('books', 'GET /'),
      allow(anyone()).to('web', 'GET /'),
    ],
  }),
  { engine: 'aws' },
);

/** The same without the third. */
export const loginOnlyPlan = resolve(
  defineZeroTrust({
    ...shop,
    services: withLogin,
    access: [allow(people).to('desk', 'GET /tickets'), allow(people).to('books', 'GET /')],
  }),
  { engine: 'aws' },
);

/** What the model does not say of the logins. */
export function loginOptions(stack: Stack): LoginOptions {
  const encryptionKey = new Key(stack, 'ClientsKey', { enableKeyRotation: true });
  return {
    services: {
      desk: {
        clientSecret: new Secret(stack, 'DeskClient', { encryptionKey }),
        certificate: certificate(stack, 'Desk'),
        hostedZone: shopZone(stack),
      },
      books: {
        clientSecret: new Secret(stack, 'BooksClient', { encryptionKey }),
        field: 'secret',
        certificate: certificate(stack, 'Books'),
      },
    },
    firewall: new WebFirewall(stack, 'Firewall'),
  };
}

/** A gateway with both edges. */
export function loginWorld(
  change: (options: LoginOptions, stack: Stack) => Partial<GatewayServiceProps> = () => ({}),
  outdir?: string,
  plan = loginPlan,
) {
  return gatewayBehind(
    plan,
    loginOptions,
    (options, stack) => ({ login: options, ...change(options, stack) }),
    outdir,
  );
}
