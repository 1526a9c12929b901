import type { ClaimEvidence, Pipeline, Provider } from '../model/identity.js';
import type { ZeroTrustModel } from '../model/platform.js';
import type { ClaimPath, ClaimValue } from '../model/principal.js';
import type { Engine } from '../model/service.js';
import type { ClaimTest, Issuer, TokenProfile } from '../policy/policy.js';
import { audienceOf, pipelineIssuerKey } from './names.js';
import type { IssuerNode } from './plan.js';
import { directoryNode } from './stand-ins.js';

/** Seconds by which clocks may differ: one value for every point. */
export const CLOCK_SKEW_SECONDS = 30;
/** Seconds after which every point fetches an issuer's keys again. */
const KEY_REFRESH_SECONDS = 60;
/** Bytes of a compact token: with its header's name it fits the 10,240 B of headers of API Gateway. */
const MAX_TOKEN_BYTES = 8192;

const DEFAULT_ALGORITHMS = ['RS256', 'ES256'] as const;

/** Providers whose tokens a point can judge. */
export function tokenProviders(model: ZeroTrustModel): [string, Provider][] {
  return Object.entries(model.identity?.providers ?? {}).filter(
    ([, provider]) => provider.accessToken !== 'opaque',
  );
}

export function pipelines(model: ZeroTrustModel): [string, Pipeline][] {
  return Object.entries(model.identity?.pipelines ?? {});
}

/** What a valid token of each issuer is; pipelines of one issuer share an entry. */
export function issuersOf(model: ZeroTrustModel): Record<string, Issuer> {
  const issuers: Record<string, Issuer> = {};
  for (const [name, provider] of tokenProviders(model)) issuers[name] = userIssuer(provider);
  for (const [, pipeline] of pipelines(model)) {
    issuers[pipelineIssuerKey(pipeline.issuer)] = pipelineIssuer(pipeline);
  }
  return issuers;
}

/** Where each issuer's keys are, and how its tokens are had. */
export function issuerNodes(model: ZeroTrustModel, engine: Engine): Record<string, IssuerNode> {
  const nodes: Record<string, IssuerNode> = {};
  for (const [name, provider] of tokenProviders(model)) {
    // On this machine the development identity provider is the directory, by the texts that stand for it.
    const directory = engine === 'local' ? undefined : directoryNode(name, provider);
    nodes[name] = {
      ...issuerNode(name, 'user', provider),
      groupsClaim: groupsPath(provider),
      ...(provider.exchange && { exchange: provider.exchange }),
      ...(directory && { directory }),
    };
  }
  for (const [name, pipeline] of pipelines(model)) {
    const issuer = pipelineIssuerKey(pipeline.issuer);
    nodes[issuer] = {
      ...issuerNode(issuer, 'pipeline', pipeline),
      pipelines: { ...nodes[issuer]?.pipelines, [name]: pipeline.claims },
    };
  }
  return nodes;
}

function issuerNode(
  name: string,
  kind: IssuerNode['kind'],
  { issuer, jwksUri }: Provider | Pipeline,
): IssuerNode {
  return { key: `issuers/${name}`, kind, issuer, jwksUri, keyRefreshSeconds: KEY_REFRESH_SECONDS };
}

/** The audiences that a service accepts, by issuer; an issuer without one is not accepted there. */
export function audiencesFor(model: ZeroTrustModel, service: string): Record<string, string[]> {
  // A connection carries no token.
  if (model.services[service]?.protocol === 'tcp') return {};
  const found = new Map<string, Set<string>>();
  const add = (issuer: string, audience: string | undefined) => {
    if (audience !== undefined) found.set(issuer, (found.get(issuer) ?? new Set()).add(audience));
  };
  for (const [name, provider] of tokenProviders(model)) {
    const own = (at: string) => (provider.audiences ? provider.audiences[at] : audienceOf(model, at));
    const shared = provider.sharedAudience?.includes(service) ? provider.sharedAudience : [];
    for (const at of [service, ...shared]) add(name, own(at));
  }
  for (const [, pipeline] of pipelines(model)) {
    const own = pipeline.audiences ? pipeline.audiences[service] : audienceOf(model, service);
    add(pipelineIssuerKey(pipeline.issuer), own);
  }
  return Object.fromEntries([...found].map(([issuer, audiences]) => [issuer, [...audiences].sort()]));
}

export function groupsPath(provider: Provider): readonly string[] {
  return claimPath(provider.groupsClaim ?? 'groups');
}

export function scopeClaim(provider: Provider): string {
  return provider.scopeClaim ?? 'scope';
}

export function claimPath(path: ClaimPath): readonly string[] {
  return typeof path === 'string' ? [path] : path;
}

/** A string is also looked for in a list; a boolean or a number must be the value itself. */
export function valueTest(claim: readonly string[], value: ClaimValue): ClaimTest {
  return typeof value === 'string' ? { claim, test: 'contains', value } : { claim, test: 'equals', value };
}

function userIssuer(provider: Provider): Issuer {
  const { mfa = { claim: 'amr', value: 'mfa' }, authTimeClaim = 'auth_time', device = 'none' } = provider;
  return {
    kind: 'user',
    issuer: provider.issuer,
    profile: {
      algorithms: provider.algorithms ?? DEFAULT_ALGORITHMS,
      ...(provider.tokenType !== undefined && { tokenType: provider.tokenType }),
      requiredClaims: provider.requiredClaims ?? {},
      ...(provider.presentClaims?.length && { presentClaims: [...provider.presentClaims].sort() }),
      audienceClaim: provider.audienceClaim ?? 'aud',
      ...(provider.clientClaim !== undefined && { clientClaim: provider.clientClaim }),
      clockSkewSeconds: CLOCK_SKEW_SECONDS,
      maxBytes: MAX_TOKEN_BYTES,
      ...lifetime(provider),
    },
    scopeClaim: scopeClaim(provider),
    ...(mfa !== 'none' && { multiFactor: evidence(mfa) }),
    ...(authTimeClaim !== 'none' && { authTime: claimPath(authTimeClaim) }),
    ...(device !== 'none' && { device: evidence(device) }),
  };
}

function pipelineIssuer(pipeline: Pipeline): Issuer {
  return {
    kind: 'pipeline',
    issuer: pipeline.issuer,
    profile: {
      algorithms: pipeline.algorithms ?? DEFAULT_ALGORITHMS,
      requiredClaims: {},
      audienceClaim: 'aud',
      clockSkewSeconds: CLOCK_SKEW_SECONDS,
      maxBytes: MAX_TOKEN_BYTES,
      ...lifetime(pipeline),
    },
    scopeClaim: 'scope',
  };
}

function lifetime({
  maxTokenLifetimeSeconds: most,
}: Provider | Pipeline): Pick<TokenProfile, 'maxLifetimeSeconds'> {
  return most === undefined ? {} : { maxLifetimeSeconds: most };
}

function evidence({ claim, value }: ClaimEvidence): ClaimTest {
  return valueTest(claimPath(claim), value);
}
