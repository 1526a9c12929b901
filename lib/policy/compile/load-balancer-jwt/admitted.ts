import { decide } from '../../decide.js';
import { indexPolicy } from '../../index-rules.js';
import { LOGIN_PATHS } from '../../login.js';
import type { Policy } from '../../policy.js';
import type { Credential, Request } from '../../request.js';
import { requestsNear } from '../nearby.js';
import { instantOf } from '../refusal.js';

/** Requests that are tried for one rule. */
const TRIES = 2_000;
/** A fixed instant, so that the same policy is refused with the same words: the first second of 2030. */
const NOW = 1_893_456_000;
/** RFC 9449: the thumbprint of a key. */
const THUMBPRINT = 'A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0';

type Token = Extract<Credential, { kind: 'jwt' }>;

/** The first request that the gateway admits after the change; a change to `undefined` leaves it out. */
export function admittedRequest(
  policy: Policy,
  service: string,
  change: (request: Request) => Request | undefined = (request) => request,
): Request | undefined {
  const index = indexPolicy(policy);
  for (const rule of policy.services[service]!.rules) {
    if (rule.effect === 'deny') continue;
    let tries = 0;
    for (const near of requestsNear(policy, service, rule, ['gateway'], instantOf(rule, NOW))) {
      if (++tries > TRIES) break;
      const request = change(near);
      if (request && decide(index, request).outcome === 'allow') return request;
    }
  }
  return undefined;
}

/** The request with another token; none where it has none. */
export function withToken(
  change: (token: Token) => Token | undefined,
): (request: Request) => Request | undefined {
  return (request) => {
    const { credential } = request;
    const token = credential.kind === 'jwt' ? change(credential) : undefined;
    return token && { ...request, credential: token };
  };
}

/** The request by a token that is bound to a key, with a proof by it. */
export function withProof(request: Request): Request | undefined {
  const bound = withToken((token) => ({
    ...token,
    scheme: 'DPoP',
    claims: { ...token.claims, cnf: { jkt: THUMBPRINT } },
  }))(request);
  return bound && { ...bound, provenKey: THUMBPRINT };
}

/** A preflight of the first origin; what pages of other origins may do is the same for every path. */
export function preflightRequest({ services }: Policy, service: string): Request | undefined {
  const { authority, cors } = services[service]!;
  const [origin] = cors?.origins ?? [];
  if (origin === undefined) return undefined;
  return {
    ...bareRequest(authority),
    method: 'OPTIONS',
    headers: [
      ['origin', origin],
      ['access-control-request-method', 'GET'],
    ],
  };
}

/** A browser that goes to the sign-in. */
export function signInRequest(authority: string): Request {
  return { ...bareRequest(authority), path: LOGIN_PATHS.signIn, headers: [['accept', 'text/html']] };
}

function bareRequest(authority: string): Request {
  return {
    point: { kind: 'gateway' },
    method: 'GET',
    path: '/',
    authority,
    headers: [],
    credential: { kind: 'none' },
    // TEST-NET-3 (RFC 5737).
    sourceAddress: '203.0.113.7',
    now: NOW,
  };
}
