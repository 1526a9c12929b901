import type { Provider } from '../model/identity.js';
import type { ZeroTrustModel } from '../model/platform.js';
import { audiencesFor } from './issuers.js';
import { audienceOf } from './names.js';
import type { LoginNode, Plan } from './plan.js';

/** Whether browsers sign in to any service. */
export function hasLogin({ services }: Pick<Plan, 'services'>): boolean {
  return Object.values(services).some(({ login }) => login !== undefined);
}

/** Parts of a URL by which a server is known. */
type Server = Pick<URL, 'hostname' | 'port'>;

/** How browsers sign in to a service of a model that has been checked; undefined where they do not. */
export function loginNode(model: ZeroTrustModel, name: string): LoginNode | undefined {
  const login = model.services[name]?.login;
  if (!login) return undefined;
  const provider = model.identity!.providers![login.provider]!;
  const { authorization, token, endSession } = provider.endpoints!;
  const audience = audienceAt(model, name, login.provider);
  const resource = login.resource ?? resourceOf(provider, audience);
  const issuer = `issuers/${login.provider}`;
  return {
    key: `services/${name}/login`,
    issuer,
    clientId: login.clientId,
    authorizationEndpoint: authorization,
    tokenEndpoint: token,
    ...(endSession !== undefined && { endSessionEndpoint: endSession }),
    tokenServer: isSameServer(new URL(token), new URL(provider.jwksUri)) ? issuer : `${issuer}/token`,
    scopes: login.scopes ?? ['openid', ...(provider.preset === 'entra' ? [`${audience}/.default`] : [])],
    ...(resource !== undefined && resource !== 'none' && { resource }),
  };
}

/** What a token of the provider for the service carries; undefined where it has none for it. */
function audienceAt(model: ZeroTrustModel, service: string, provider: string): string | undefined {
  const { audiences } = model.identity!.providers![provider]!;
  const own = audiences ? audiences[service] : audienceOf(model, service);
  return own ?? audiencesFor(model, service)[provider]?.[0];
}

export function isSameServer(one: Server, other: Server): boolean {
  return one.hostname === other.hostname && one.port === other.port;
}

function resourceOf({ preset, audienceClaim }: Provider, audience: string | undefined): string | undefined {
  const goesByResource = preset !== 'entra' && audienceClaim !== 'client_id';
  return goesByResource && audience?.startsWith('https://') ? audience : undefined;
}
