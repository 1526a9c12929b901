import { excerpt } from '../diagnostic.js';
import { audiencesFor } from '../plan/issuers.js';
import { type Check, type Finding, finding } from './support/check.js';
import type { CheckContext } from './support/context.js';

/** A login whose tokens its own service would refuse: opaque ones, those of another audience, those of another client. */
export const loginClient: Check = {
  id: 'login-client',
  severity: 'error',
  optOut: false,
  run: (context) => Object.keys(context.model.services).flatMap((name) => clientOf(name, context)),
};

function clientOf(name: string, { model, providers }: CheckContext): Finding[] {
  const login = model.services[name]!.login;
  const provider = login && providers.get(login.provider);
  if (!login || !provider) return [];
  const path = ['services', name, 'login'];
  if (provider.accessToken === 'opaque') {
    const message = `the access tokens of "${login.provider}" are opaque, so no point can judge what a session holds`;
    const remedy = 'put a broker such as Cognito before the provider, and name the broker';
    return [finding([...path, 'provider'], message, { expected: 'a provider with signed JWTs', remedy })];
  }
  const accepted = audiencesFor(model, name)[login.provider];
  if (!accepted) {
    const message = `the provider "${login.provider}" has no audience for "${name}"`;
    return [finding([...path, 'provider'], message, { remedy: `add "${name}" to its \`audiences\`` })];
  }
  if (provider.audienceClaim !== 'client_id' || accepted.includes(login.clientId)) return [];
  return [
    finding([...path, 'clientId'], 'the service does not accept the tokens of this client', {
      found: excerpt(login.clientId),
      expected: accepted.join(', '),
      remedy: 'name the client that the provider has for the service',
    }),
  ];
}
