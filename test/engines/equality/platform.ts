import type { Rule } from '../../../lib/model/access.js';
import type { Provider } from '../../../lib/model/identity.js';
import type { ZeroTrustModel } from '../../../lib/model/platform.js';
import { cognito, githubActions, grpc, http, oidc } from '../../../lib/model/index.js';
import type { Cors } from '../../../lib/model/service.js';
import { pipelineIssuerKey } from '../../../lib/plan/names.js';
import { issuerKey, TestIssuer } from '../support/issuer.js';

/**
 * The platform whose points are compared with `decide`. Services, issuers and their profiles are
 * fixed, because they are in an Envoy's bootstrap; all that its routes file carries is random.
 */
export interface PolicyParts {
  readonly access: readonly Rule[];
  /** Audiences of services at a provider, by provider. */
  readonly audiences?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly sharedAudience?: Readonly<Record<string, readonly string[]>>;
  /** The audience that a service has by itself. */
  readonly ownAudience?: Readonly<Record<string, string>>;
  readonly cors?: Readonly<Record<string, Cors>>;
}

/** The services, and those of them that a gateway serves. */
export const SERVICES = ['orders', 'web', 'pay', 'inner'] as const;
/** The service behind the sidecar that is tried. */
export const BEHIND_SIDECAR = 'orders';
export const HOSTS: Readonly<Record<string, string>> = {
  orders: 'orders.shop.example',
  web: 'www.shop.example',
  pay: 'pay.shop.example',
  inner: 'inner.dev.shop.example.internal',
};

export const USER_PROVIDERS = ['people', 'partners', 'staff'] as const;
export const PIPELINES = ['deploy', 'release'] as const;

const repository = 'shop/shop';
const pipelines = {
  deploy: githubActions({ repository, ref: 'refs/heads/main' }),
  release: githubActions({ repository, environment: 'production' }),
};
export const PIPELINE_ISSUER = pipelineIssuerKey(pipelines.deploy.issuer);
/** The claims of each pipeline's tokens. */
export const PIPELINE_CLAIMS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  deploy: pipelines.deploy.claims,
  release: pipelines.release.claims,
};

const clientIds = { orders: 'client-orders', web: 'client-web', pay: 'client-pay', inner: 'client-inner' };

/** One issuer of each make: what a claim is called, and what shows what, differs everywhere. */
const providers: Record<(typeof USER_PROVIDERS)[number], Provider> = {
  people: oidc({
    issuer: 'https://people.example',
    jwksUri: 'https://keys.people.example/jwks',
    tokenType: 'at+jwt',
    exchange: 'rfc8693',
    device: { claim: ['device', 'compliant'], value: true },
  }),
  partners: {
    ...cognito({
      region: 'eu-west-1',
      userPoolId: 'eu-west-1_Abc',
      clientIds,
      mfa: { claim: 'factors', value: 2 },
    }),
    exchange: 'rfc8693',
    maxTokenLifetimeSeconds: 3600,
  },
  staff: oidc({
    issuer: 'https://login.staff.example/tenant/v2.0',
    jwksUri: 'https://login.staff.example/tenant/keys',
    algorithms: ['ES256', 'ES384', 'ES512', 'EdDSA', 'PS256', 'RS512'],
    requiredClaims: { ver: '2.0' },
    presentClaims: ['azp'],
    clientClaim: 'azp',
    exchange: 'on-behalf-of',
    groupsClaim: ['realm_access', 'roles'],
    scopeClaim: 'scp',
    mfa: { claim: 'acrs', value: 'c1' },
    authTimeClaim: ['session', 'started'],
    device: { claim: 'device_state', value: 'compliant' },
  }),
};

/** The model with these parts. */
export function modelOf(parts: PolicyParts): ZeroTrustModel {
  const audience = (name: string) => {
    const own = parts.ownAudience?.[name];
    return own === undefined ? {} : { audience: own };
  };
  const cors = (name: string) => {
    const declared = parts.cors?.[name];
    return declared && { cors: declared };
  };
  const provider = (name: (typeof USER_PROVIDERS)[number]): Provider => {
    const audiences = parts.audiences?.[name];
    const sharedAudience = parts.sharedAudience?.[name];
    return { ...providers[name], ...(audiences && { audiences }), ...(sharedAudience && { sharedAudience }) };
  };
  const open = { requestsPerSecond: 1_000_000 };
  return {
    trustDomain: 'shop.example',
    environment: 'dev',
    identity: {
      providers: { people: provider('people'), partners: provider('partners'), staff: provider('staff') },
      pipelines,
    },
    services: {
      orders: http({ host: 'orders.shop.example', ...open, ...audience('orders'), ...cors('orders') }),
      web: http({ host: 'www.shop.example', ...open, ...audience('web'), ...cors('web') }),
      pay: grpc({ host: 'pay.shop.example', ...open, ...audience('pay'), ...cors('pay') }),
      inner: http({ ...open, ...audience('inner') }),
    },
    access: parts.access,
    authority: { leafLifetimeSeconds: 3600 },
  };
}

/** The parts that the Envoys start with: every filter that a policy can need is switched on. */
export const STARTING_PARTS: PolicyParts = {
  access: [
    {
      effect: 'allow',
      service: 'orders',
      operations: ['GET /'],
      principals: [{ kind: 'user' }],
      when: [{ kind: 'senderConstrained', by: 'certificate' }],
    },
  ],
};

/** The issuers with their keys: several each, one of them without an id, one that a profile refuses. */
export function createIssuers(): TestIssuer[] {
  return [
    new TestIssuer('people', providers.people.issuer, [
      issuerKey('ES256', 'people-1'),
      issuerKey('RS256', 'people-2'),
      // Published, and not among the algorithms of the profile.
      issuerKey('ES384', 'people-3'),
      // Published for something else; no random token is signed with it.
      issuerKey('ES256', 'people-4', { use: 'enc' }),
    ]),
    new TestIssuer('partners', providers.partners.issuer, [
      issuerKey('RS256', 'partners-1'),
      issuerKey('ES256', 'partners-2'),
    ]),
    new TestIssuer('staff', providers.staff.issuer, [
      issuerKey('ES256'),
      issuerKey('ES384', 'staff-2'),
      issuerKey('ES512', 'staff-3'),
      issuerKey('EdDSA', 'staff-4'),
      issuerKey('PS256', 'staff-5'),
      issuerKey('RS512', 'staff-6'),
    ]),
    new TestIssuer(PIPELINE_ISSUER, pipelines.deploy.issuer, [issuerKey('RS256', 'ci-1')]),
  ];
}
