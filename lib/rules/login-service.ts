import { excerpt } from '../diagnostic.js';
import { type Check, type Finding, finding } from './support/check.js';
import type { CheckContext } from './support/context.js';

/** A login for a service that no browser can use so: without a public host, of another protocol, or with a decision service. */
export const loginService: Check = {
  id: 'login-service',
  severity: 'error',
  optOut: false,
  run: ({ model }) => Object.keys(model.services).flatMap((name) => serviceOf(name, model)),
};

function serviceOf(name: string, model: CheckContext['model']): Finding[] {
  const { login, host, protocol, decisionService } = model.services[name]!;
  if (!login) return [];
  const report = (key: string, message: string, detail: Partial<Finding>) => [
    finding(['services', name, key], message, detail),
  ];
  if (host === undefined) {
    return report('login', 'the service has no public host, so no browser reaches it', {
      remedy: 'give it a `host`, or leave `login` out',
    });
  }
  if (protocol !== 'http') {
    return report('login', 'browsers sign in to HTTP services alone', {
      found: excerpt(protocol),
      expected: '`http(…)`',
      remedy: 'leave `login` out',
    });
  }
  if (decisionService === undefined) return [];
  return report(
    'decisionService',
    'a service whose browsers sign in at the gateway has no decision service as yet',
    {
      found: excerpt(decisionService),
      remedy: 'leave out one of the two',
    },
  );
}
