import { excerpt } from '../diagnostic.js';
import { type Check, type Finding, finding } from './support/check.js';
import type { CheckContext } from './support/context.js';

/**
 * A login at a provider of which the model does not say where browsers sign in; or whose token endpoint the tunnel to
 * issuers could not tell from another server.
 */
export const loginEndpoints: Check = {
  id: 'login-endpoints',
  severity: 'error',
  optOut: false,
  run: (context) => Object.keys(context.model.services).flatMap((name) => endpointsOf(name, context)),
};

function endpointsOf(name: string, { model, providers, egress, engine }: CheckContext): Finding[] {
  const login = model.services[name]!.login;
  const provider = login && providers.get(login.provider);
  if (!login || !provider) return [];
  const { endpoints } = provider;
  if (!endpoints) {
    return [
      finding(
        ['services', name, 'login', 'provider'],
        `of "${login.provider}" it is not said where browsers sign in`,
        {
          expected: 'a provider with `endpoints`',
          remedy:
            'add its `endpoints`: what its metadata calls authorization, token and end-session endpoint',
        },
      ),
    ];
  }
  const isTunnelled = egress.length > 0 || engine === 'aws';
  const { hostname, port } = new URL(endpoints.token);
  const another = serversOf({ model }).find((server) => server.hostname === hostname && server.port !== port);
  if (!isTunnelled || !another) return [];
  return [
    finding(
      ['identity', 'providers', login.provider, 'endpoints', 'token'],
      'what goes through the tunnel to issuers is told apart by the host alone, and another port of this one is reached too',
      {
        found: excerpt(endpoints.token),
        expected: `a URL of ${another.host}`,
        remedy: 'serve keys and tokens of one host at one port',
      },
    ),
  ];
}

/** Where providers have their keys, and exchange codes for a login. */
function serversOf({ model }: Pick<CheckContext, 'model'>): URL[] {
  const all = model.identity?.providers ?? {};
  const logins = Object.values(model.services).flatMap(({ login }) => login?.provider ?? []);
  const tokens = logins.flatMap((name) => all[name]?.endpoints?.token ?? []);
  return [...Object.values(all).map(({ jwksUri }) => jwksUri), ...tokens].map((url) => new URL(url));
}
