import { readFileSync } from 'node:fs';
import type { ClientMetadata } from 'oidc-provider';
import { ZeroTrustError } from '../../lib/diagnostic.js';
import { LOGIN_PATHS } from '../../lib/policy/login.js';
import type { LoginConfig } from './config.js';
import { EXCHANGE_GRANT, ON_BEHALF_OF_GRANT } from './exchange.js';
import type { GrantType } from './grants.js';
import type { IssuerProfile } from './issuer.js';

/** The public client of people at a command line or in a browser; no service can have a dot in its name. */
export const DEVELOPMENT_CLIENT = 'ztp.development';

/**
 * Public clients: people, and each service as an actor, without secrets to steal or to believe in. And the
 * confidential client of each gateway's login, whose browsers come back to exactly its own hosts.
 */
export function clients(
  issuer: IssuerProfile,
  grants: readonly GrantType[],
  redirectUris: readonly string[],
  logins: Readonly<Record<string, LoginConfig>>,
): ClientMetadata[] {
  const isExchange = ({ name }: GrantType) => name === EXCHANGE_GRANT || name === ON_BEHALF_OF_GRANT;
  const browsers = issuer.node.kind === 'user';
  const people: ClientMetadata = {
    client_id: DEVELOPMENT_CLIENT,
    token_endpoint_auth_method: 'none',
    // A native application may come back to any port (RFC 8252 section 7.3).
    application_type: 'native',
    grant_types: [
      ...(browsers ? ['authorization_code'] : []),
      ...grants.filter((type) => !isExchange(type)).map(({ name }) => name),
    ],
    response_types: browsers ? ['code'] : [],
    redirect_uris: browsers
      ? ['http://127.0.0.1/callback', 'http://localhost/callback', ...redirectUris]
      : [],
  };
  const exchanges = grants.filter(isExchange).map(({ name }) => name);
  const ids =
    exchanges.length === 0 ? [] : [...issuer.services.values()].flatMap((item) => [item.name, item.audience]);
  const actors = [...new Set(ids)].map((id): ClientMetadata => {
    return {
      client_id: id,
      token_endpoint_auth_method: 'none',
      grant_types: exchanges,
      response_types: [],
      redirect_uris: [],
    };
  });
  const byClient = Map.groupBy(issuer.logins, ({ node }) => node.clientId);
  const gateways = [...byClient].map(([clientId, all]) =>
    gateway(
      clientId,
      all.flatMap(({ service }) => logins[service] ?? []),
    ),
  );
  return [people, ...actors.filter(({ client_id }) => !byClient.has(client_id)), ...gateways];
}

/** One client may sign in to several services. */
function gateway(clientId: string, logins: readonly LoginConfig[]): ClientMetadata {
  const [first] = logins;
  if (!first) throw new ZeroTrustError('invalid-config', `logins: nothing is said of the client ${clientId}`);
  const origins = logins.flatMap((login) => login.origins);
  return {
    client_id: clientId,
    client_secret: readFileSync(first.secret, 'utf8'),
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['authorization_code'],
    response_types: ['code'],
    redirect_uris: origins.map((origin) => `${origin}${LOGIN_PATHS.callback}`),
    post_logout_redirect_uris: origins.map((origin) => `${origin}/`),
  };
}
