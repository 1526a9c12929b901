import { excerpt } from '../diagnostic.js';
import { isSameServer } from '../plan/login.js';
import { type Check, type Finding, finding } from './support/check.js';
import type { CheckContext } from './support/context.js';

/**
 * A login at a provider of which the model does not say where browsers sign in; or whose token endpoint the
 * gateway could not reach, because there only the servers of keys are reached without an egress rule.
 */
export const loginEndpoints: Check = {
  id: 'login-endpoints',
  severity: 'error',
  optOut: false,
  run: (context) => Object.keys(context.model.services).flatMap((name) => endpointsOf(name, context)),
};

function endpointsOf(name: string, { model, providers, egress }: CheckContext): Finding[] {
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
  if (egress.length === 0 || isSameServer(new URL(endpoints.token), new URL(provider.jwksUri))) return [];
  return [
    finding(
      ['identity', 'providers', login.provider, 'endpoints', 'token'],
      'where the model has `egress`, the gateway reaches an issuer only at the server of its keys',
      {
        found: excerpt(endpoints.token),
        expected: `a URL of ${new URL(provider.jwksUri).host}`,
        remedy: 'name a token endpoint there, or leave `egress` or the login out',
      },
    ),
  ];
}
