import { type Check, finding } from './support/check.js';
import { userOf, userPath } from './support/context.js';

/** A rule for users whose provider gives out opaque access tokens, which no point can judge. */
export const opaqueToken: Check = {
  id: 'opaque-token',
  severity: 'error',
  optOut: false,
  run: ({ principals, providers }) =>
    principals.flatMap((located) => {
      const user = userOf(located.principal);
      if (!user) return [];
      const meant = [...providers].filter(([name]) => user.issuer === undefined || user.issuer === name);
      if (meant.length === 0 || meant.some(([, { accessToken }]) => accessToken !== 'opaque')) return [];
      const names = meant.map(([name]) => `"${name}"`).join(', ');
      const message = `the access tokens of ${names} are opaque, so no point can judge them`;
      const remedy = 'put a broker such as Cognito before the provider, and name the broker';
      return [finding(userPath(located), message, { expected: 'a provider with signed JWTs', remedy })];
    }),
};
