import {
  allow,
  allowOut,
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

const host = 'desk.example';
const endpoints = {
  authorization: 'https://people.example/authorize',
  token: 'https://people.example/token',
};
const signedIn = login({ provider: 'people', clientId: 'desk' });
const out = [allowOut(workload('desk')).to('https://api.example')];

/** A platform with a service `desk`, and with its provider as said. */
function desk(
  service: Service,
  provider: object = { endpoints },
  more: Partial<ZeroTrustModel> = {},
): ZeroTrustModel {
  return platform([allow(user()).to('desk', 'GET /')], {
    ...more,
    providers: { people: oidc({ ...people, ...provider } as Parameters<typeof oidc>[0]) },
    services: { desk: service },
  });
}

/** Checks about browsers that sign in at the gateway. */
export const logins: Readonly<Record<string, Example>> = {
  'login-service': {
    compliant: [desk(http({ host, login: signedIn })), desk(http({ host, decisionService: 'everyPoint' }))],
    violating: [
      [desk(http({ login: signedIn })), 'services.desk.login'],
      [desk(grpc({ host, login: signedIn })), 'services.desk.login'],
      [desk(http({ host, login: signedIn, decisionService: 'sidecar' })), 'services.desk.decisionService'],
    ],
  },
  'login-endpoints': {
    compliant: [
      desk(http({ host, login: signedIn })),
      desk(http({ host }), {}),
      desk(http({ host, login: signedIn }), {
        endpoints: { ...endpoints, token: 'https://other.example/token' },
      }),
      desk(http({ host, login: signedIn }), { endpoints }, { egress: out }),
      desk(
        http({ host, login: signedIn }),
        { endpoints: { ...endpoints, token: 'https://other.example/token' } },
        { egress: out },
      ),
      desk(http({ host, login: signedIn }), {
        endpoints: { ...endpoints, token: 'https://people.example:8443/token' },
      }),
    ],
    violating: [
      [desk(http({ host, login: signedIn }), {}), 'services.desk.login.provider'],
      [
        desk(
          http({ host, login: signedIn }),
          { endpoints: { ...endpoints, token: 'https://people.example:8443/token' } },
          { egress: out },
        ),
        'identity.providers.people.endpoints.token',
      ],
    ],
  },
  'login-client': {
    compliant: [
      desk(http({ host, login: signedIn })),
      desk(http({ host, login: signedIn }), {
        endpoints,
        audienceClaim: 'client_id',
        audiences: { desk: 'desk' },
      }),
    ],
    violating: [
      [
        desk(http({ host, login: signedIn }), { endpoints, accessToken: 'opaque' }),
        'services.desk.login.provider',
      ],
      [desk(http({ host, login: signedIn }), { endpoints, audiences: {} }), 'services.desk.login.provider'],
      [
        desk(http({ host, login: signedIn }), {
          endpoints,
          audienceClaim: 'client_id',
          audiences: { desk: 'another' },
        }),
        'services.desk.login.clientId',
      ],
    ],
  },
  'login-proof': {
    engine: 'aws',
    compliant: [desk(http({ host, login: signedIn })), bound(http({ host }))],
    violating: [[bound(http({ host, login: signedIn })), 'access[0].when[1]', 'access[1].unless[0]']],
  },
  'reserved-path': {
    compliant: [
      reserved('GET /.well-known/x', 'GET /**', 'GET /{name}/callback', 'GET /a/.ztp'),
      { ...reserved('GET /.ztp/callback'), services: { desk: http({ host }) } },
    ],
    violating: [
      [
        reserved('GET /', 'GET /.ztp/callback', 'POST /.ztp/**', 'GET /.ztp'),
        'access[0].operations[1]',
        'access[0].operations[2]',
        'access[0].operations[3]',
      ],
    ],
  },
};

/** Rules for clients that want a token bound to a certificate or a key. */
function bound(service: Service): ZeroTrustModel {
  return {
    ...desk(service),
    access: [
      allow(user()).to('desk', 'GET /').when(mfa(), senderConstrained('certificate')),
      deny(anyone()).to('desk', 'GET /').unless(senderConstrained('dpop')),
    ],
  };
}

function reserved(
  ...operations: readonly [`GET ${string}`, ...(`GET ${string}` | `POST ${string}`)[]]
): ZeroTrustModel {
  return {
    ...desk(http({ host, login: signedIn })),
    access: [allow(user()).to('desk', ...(operations as ['GET /']))],
  };
}
