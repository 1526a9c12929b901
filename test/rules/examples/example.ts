import {
  type Engine,
  githubActions,
  grpc,
  http,
  oidc,
  type Pipeline,
  type Provider,
  type RuleLike,
  type Service,
  type ZeroTrustModel,
} from '../../../lib/index.js';

/** What a check finds, model by model. */
export interface Example {
  /** @default 'local' */
  readonly engine?: Engine;
  /** Models in which it finds nothing. */
  readonly compliant: readonly ZeroTrustModel[];
  /** Models, each with every path at which it finds something. */
  readonly violating: readonly (readonly [ZeroTrustModel, ...string[]])[];
}

type Parts = Partial<Omit<ZeroTrustModel, 'identity' | 'services' | 'access'>> & {
  readonly providers?: Readonly<Record<string, Provider>>;
  readonly pipelines?: Readonly<Record<string, Pipeline>>;
  readonly services?: Readonly<Record<string, Service>>;
};

/** Shows a second factor, the sign-in's time and the device, and exchanges tokens. */
export const people: Provider = oidc({
  issuer: 'https://people.example',
  jwksUri: 'https://people.example/jwks',
  device: { claim: 'device', value: 'compliant' },
  exchange: 'rfc8693',
});

/** Shows nothing, and exchanges nothing. */
export const partners: Provider = oidc({
  issuer: 'https://partners.example',
  jwksUri: 'https://partners.example/jwks',
  mfa: 'none',
  authTimeClaim: 'none',
});

export const deploy: Pipeline = githubActions({ repository: 'shop/shop', ref: 'refs/heads/main' });

export const services = {
  web: http({ host: 'www.shop.example' }),
  orders: http({ host: 'orders.shop.example' }),
  stock: http(),
  payments: grpc(),
};

/** A platform with these rules, and with the parts instead of the usual ones. */
export function platform(access: readonly RuleLike[], parts: Parts = {}): ZeroTrustModel {
  const { providers = { people, partners }, pipelines = { deploy }, ...rest } = parts;
  return {
    trustDomain: 'shop.example',
    environment: 'prod',
    identity: { providers, pipelines },
    services,
    access,
    ...rest,
  };
}
