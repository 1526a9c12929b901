import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stricterTable } from '../../../lib/policy/compile/abilities/index.js';
import {
  type AudienceFormat,
  compileJwtCheck,
  shownBy,
  stricterThan,
} from '../../../lib/policy/compile/load-balancer-jwt/index.js';
import {
  allow,
  anyone,
  cognito,
  defineZeroTrust,
  entra,
  http,
  login,
  oidc,
  type Provider,
  type RuleLike,
  sourceNetwork,
  user,
  workload,
} from '../../../lib/model/index.js';
import { resolve } from '../../../lib/plan/resolve.js';
import type { Policy } from '../../../lib/policy/index.js';

const PEOPLE = {
  issuer: 'https://people.example',
  jwksUri: 'https://people.example/jwks',
  endpoints: { authorization: 'https://people.example/authorize', token: 'https://people.example/token' },
};
const suppliers = oidc({
  issuer: 'https://suppliers.example',
  jwksUri: 'https://suppliers.example/jwks',
  algorithms: ['RS256'],
});

interface Made {
  readonly people?: Partial<Parameters<typeof oidc>[0]> | Provider;
  readonly others?: Readonly<Record<string, Provider>>;
  readonly access?: readonly RuleLike[];
  readonly service?: Parameters<typeof http>[0];
  readonly format?: AudienceFormat;
  readonly change?: (policy: Policy) => Policy;
}

/** What the check of `orders` comes to. */
function compiled({ people = {}, others = {}, access, service = {}, format, change }: Made = {}) {
  const provider = oidc({ ...PEOPLE, algorithms: ['RS256'], ...(people as object) });
  const model = defineZeroTrust({
    trustDomain: 'shop.example',
    environment: 'test',
    identity: { providers: { people: 'preset' in people ? (people as Provider) : provider, ...others } },
    services: { orders: http({ host: 'orders.example', ...service }), stock: http() },
    access: (access ?? [allow(user({ issuer: 'people' })).to('orders', 'GET /orders/{id}')]) as never,
  });
  const plan = resolve(model, { engine: 'local' });
  const { check, refusals } = compileJwtCheck({
    policy: change ? change(plan.policy) : plan.policy,
    service: 'orders',
    jwksUris: Object.fromEntries(Object.entries(plan.issuers).map(([name, { jwksUri }]) => [name, jwksUri])),
    audience: format ?? 'single-string',
  });
  return { check, refusals, features: refusals.map(({ feature }) => feature), shown: refusals.map(shownBy) };
}

describe('the check', () => {
  test('asks for the audience in any case, in the form that is said', () => {
    expect(compiled().check).toEqual({
      issuer: 'https://people.example',
      jwksEndpoint: 'https://people.example/jwks',
      additionalClaims: [{ name: 'aud', format: 'single-string', values: ['https://orders.example'] }],
    });
    expect(compiled({ format: 'string-array' }).check?.additionalClaims[0].format).toBe('string-array');
  });

  test('of Cognito: the client stands for the audience, and an ID token is none', () => {
    const pool = cognito({ region: 'eu-west-1', userPoolId: 'eu-west-1_Ab', clientIds: { orders: 'web' } });
    expect(compiled({ people: pool }).check).toMatchObject({
      issuer: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab',
      jwksEndpoint: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab/.well-known/jwks.json',
      additionalClaims: [
        { name: 'client_id', format: 'single-string', values: ['web'] },
        { name: 'token_use', format: 'single-string', values: ['access'] },
      ],
    });
  });

  test('of Entra: tenant and version as well', () => {
    const { check } = compiled({ people: entra({ tenantId: 't1', applicationIds: { orders: 'app' } }) });
    expect(check?.additionalClaims.map(({ name, values }) => [name, ...values])).toEqual([
      ['aud', 'app'],
      ['tid', 't1'],
      ['ver', '2.0'],
    ]);
  });

  test('rules of others than clients are nothing to it, and neither are conditions', () => {
    const { check } = compiled({
      access: [
        allow(user({ groups: ['staff'] }))
          .to('orders', 'GET /')
          .when(sourceNetwork('198.51.100.0/24')),
        allow(workload('stock')).to('orders', 'GET /health'),
      ],
    });
    expect(check).toBeDefined();
  });
});

const staff = allow(user({ issuer: 'people' })).to('orders', 'GET /orders/{id}');

/** What the model says, what then is refused, and the request that shows it. */
const REFUSED: readonly (readonly [what: string, made: Made, feature: string, shown: RegExp | undefined])[] =
  [
    [
      'a public operation',
      { access: [staff, allow(anyone()).to('orders', 'GET /menu')] },
      'public operation',
      /^GET \/menu at the gateway from \S+, without a token, .*: the gateway says allow, the load balancer 401$/,
    ],
    [
      'pages of another origin',
      { service: { cors: { origins: ['https://shop.example'] } } },
      'preflight',
      /^OPTIONS \/ at the gateway .* without a token, .*: the gateway says preflight/,
    ],
    [
      'users of a second issuer',
      { others: { suppliers }, access: [staff, allow(user({ issuer: 'suppliers' })).to('orders', 'GET /p')] },
      'second issuer',
      /^GET \/p .* with a good token {"iss":"https:\/\/suppliers\.example".*: the gateway says allow/,
    ],
    [
      'an issuer that may sign otherwise',
      { people: { algorithms: ['RS256', 'ES256'] } },
      'algorithm',
      /^GET \/orders\/x .* with a good token .*, signed by ES256: the gateway says allow/,
    ],
    [
      'tokens for another service that are shared',
      {
        people: { audiences: { orders: 'o', stock: 's' }, sharedAudience: ['orders', 'stock'] },
      },
      'second audience',
      /"aud":"s".*: the gateway says allow/,
    ],
    [
      'browsers that sign in',
      { service: { login: login({ provider: 'people', clientId: 'orders' }) } },
      'login',
      /^GET \/\.ztp\/sign-in .* without a token, .*: the gateway says login/,
    ],
    [
      'tokens that are bound to a key',
      { change: (policy) => ({ ...policy, dpop: true }) },
      'proof',
      /"cnf":{"jkt":.*: the gateway says allow/,
    ],
    [
      'nobody with a token',
      { access: [allow(workload('stock')).to('orders', 'GET /')] },
      'no token',
      undefined,
    ],
    [
      'more claims than it takes',
      {
        people: {
          requiredClaims: Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`c${at}`, 'x'])),
        },
      },
      'limit',
      undefined,
    ],
    ['a claim at which it looks itself', { people: { requiredClaims: { nbf: 'x' } } }, 'limit', undefined],
    ['the audience twice', { people: { requiredClaims: { aud: 'x' } } }, 'limit', undefined],
    ['a long value', { people: { requiredClaims: { tenant: 'x'.repeat(257) } } }, 'limit', undefined],
    [
      'a long address of keys',
      { people: { jwksUri: `https://people.example/${'x'.repeat(240)}` } },
      'limit',
      undefined,
    ],
  ];

test.each(REFUSED)('is refused for %s', (_, made, feature, shown) => {
  const found = compiled(made);
  expect(found.check).toBeUndefined();
  expect(found.features).toEqual([feature]);
  if (shown) expect(found.shown[0]).toMatch(shown);
  else expect(found.shown[0]).toBeUndefined();
  expect(found.refusals[0]!.remedy).not.toBe('');
});

test('what an opposite would be is none: each of these with its cause taken away has a check', () => {
  expect(compiled({ others: { suppliers } }).check).toBeDefined();
  expect(compiled({ access: [staff, allow(user()).to('orders', 'GET /menu')] }).check).toBeDefined();
  expect(
    compiled({ people: { audiences: { orders: 'o', stock: 's' } } }).check?.additionalClaims[0].values,
  ).toEqual(['o']);
});

test('all reasons are told at once', () => {
  const { features } = compiled({
    people: { algorithms: ['ES256'] },
    service: { cors: { origins: ['https://shop.example'] } },
    access: [staff, allow(anyone()).to('orders', 'GET /menu')],
  });
  expect(features).toEqual(['public operation', 'preflight', 'algorithm']);
});

test('docs/aws/edge.md says in what it is stricter than `decide`, as it declares', () => {
  const page = readFileSync(join(__dirname, '../../../docs/aws/edge.md'), 'utf8');
  for (const format of ['single-string', 'string-array'] as const) {
    expect(page).toContain(`${stricterTable([{ stricter: stricterThan(format) }])}\n`);
  }
});
