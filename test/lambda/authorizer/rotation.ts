import { issuerKey, TestIssuer } from '../../engines/support/issuer.js';
import { issuer, NOW, PEOPLE, policy } from '../../policy/fixture.js';
import type { KeyServer } from './key-server.js';
import { authorizerDataOf, ORDERS, restEvent, Testbed, tokenOf } from './testbed.js';

/** An issuer whose key is changed for the next, and a function that knows it. */
export const old = issuerKey('ES256', 'old');
export const next = issuerKey('ES256', 'next');
export const before = new TestIssuer('people', PEOPLE, [old]);
export const both = new TestIssuer('people', PEOPLE, [old, next]);
export const after = new TestIssuer('people', PEOPLE, [next]);

export const tokenBy = (key: typeof old, claims: object = {}, header: object = {}) =>
  tokenOf(claims, header, both, key);
/** For a request of one second and another alike. */
export const LONG = { exp: NOW + 50_000 };

/** A function whose only issuer is the key server, asked by the bundle's own client. */
export function deployedAt(
  server: KeyServer,
  over: { outageSeconds?: number; pinned?: { keys: never[] } } = {},
): Testbed {
  const one = policy(ORDERS, { issuers: { people: issuer(PEOPLE) } });
  const keys = { jwksUri: server.url, refreshSeconds: 60, outageSeconds: 600, ...over };
  const data = authorizerDataOf(one, { issuers: { people: keys } });
  return new Testbed(data, { ca: server.ca, fetchText: undefined as never });
}

export const asks = (bed: Testbed, token: string) => bed.status(restEvent({ token }));
