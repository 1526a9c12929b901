import { boundKey } from '../../lib/policy/claim.js';
import {
  type AccessRule,
  type ClaimTest,
  type Credential,
  type Decision,
  decide,
  type Issuer,
  indexPolicy,
  type JsonObject,
  type Policy,
  type PolicyCondition,
  type PolicyPrincipal,
  type Request,
  type Revocation,
  type ServicePolicy,
} from '../../lib/policy/index.js';

/** The clock of every test: seconds since the epoch. */
export const NOW = 1_900_000_000;

export const GATEWAY = workloadId('gateway');

export function workloadId(service: string): string {
  return `spiffe://local.dev.shop.test/ns/default/sa/${service}`;
}

export function issuer(
  iss: string,
  over: Partial<Issuer> = {},
  profile: Partial<Issuer['profile']> = {},
): Issuer {
  return {
    kind: 'user',
    issuer: iss,
    profile: {
      algorithms: ['ES256', 'RS256'],
      requiredClaims: {},
      audienceClaim: 'aud',
      clockSkewSeconds: 30,
      maxBytes: 8192,
      ...profile,
    },
    scopeClaim: 'scope',
    multiFactor: has('amr', 'mfa'),
    authTime: ['auth_time'],
    device: { claim: ['device', 'compliant'], test: 'equals', value: true },
    ...over,
  };
}

export const PEOPLE = 'https://people.test';
export const PARTNERS = 'https://partners.test';
export const BUILDS = 'https://builds.test';

export function service(
  name: string,
  rules: readonly AccessRule[],
  over: Partial<ServicePolicy> = {},
): ServicePolicy {
  const audience = `https://${name}.shop.test`;
  return {
    protocol: 'http',
    authority: `${name}.shop.test`,
    public: true,
    spiffeId: workloadId(name),
    audiences: { people: [audience], partners: [audience], builds: [audience] },
    rules,
    ...over,
  };
}

/** `orders` with these rules; `payments` and the inner `ledger` with whatever is said. */
export function policy(rules: readonly AccessRule[], over: Partial<Policy> = {}): Policy {
  return {
    gateways: [GATEWAY],
    issuers: {
      people: issuer(PEOPLE),
      partners: issuer(PARTNERS),
      builds: issuer(BUILDS, { kind: 'pipeline' }),
    },
    services: { orders: service('orders', rules), payments: service('payments', []) },
    ...over,
  };
}

export function has(claim: string | readonly string[], value: string): ClaimTest {
  return { claim: typeof claim === 'string' ? [claim] : claim, test: 'contains', value };
}

export const anyone: PolicyPrincipal = { kind: 'anyone' };

export function user(name: string, ...claims: readonly ClaimTest[]): PolicyPrincipal {
  return { kind: 'token', issuer: name, claims };
}

export function workload(
  name: string,
  forUser?: { issuer: string; claims: readonly ClaimTest[] },
): PolicyPrincipal {
  return { kind: 'workload', spiffeId: workloadId(name), ...(forUser && { forUser }) };
}

export const mfa: PolicyCondition = { kind: 'multiFactor' };
export const device: PolicyCondition = { kind: 'compliantDevice' };
export const bound: PolicyCondition = { kind: 'senderConstrained' };
export const proven: PolicyCondition = { kind: 'dpop' };
export const office: PolicyCondition = { kind: 'sourceNetwork', ranges: ['10.0.0.0/8', '2001:db8::/32'] };

export function signedIn(seconds: number): PolicyCondition {
  return { kind: 'signedInWithin', seconds };
}

export function claim(test: ClaimTest): PolicyCondition {
  return { kind: 'claim', test };
}

interface RuleParts extends Partial<AccessRule> {
  readonly operations: AccessRule['operations'];
}

function rule(effect: AccessRule['effect'], id: string, parts: RuleParts): AccessRule {
  return { id, effect, principals: [anyone], conditions: [], ...parts };
}

export function allow(id: string, parts: RuleParts): AccessRule {
  return rule('allow', id, parts);
}

export function deny(id: string, parts: RuleParts): AccessRule {
  return rule('deny', id, parts);
}

export const NO_TOKEN: Credential = { kind: 'none' };

type Jwt = Extract<Credential, { kind: 'jwt' }>;

/**
 * A token that `people` signed for `orders`, but for what is said; a claim that is undefined is not there.
 * One that is bound to a key comes as such a token must.
 */
export function token(
  claims: { readonly [name: string]: unknown } = {},
  over: { header?: { readonly [name: string]: unknown }; bytes?: number; signature?: Jwt['signature'] } = {},
): Jwt {
  const all = {
    iss: PEOPLE,
    aud: 'https://orders.shop.test',
    sub: 'alice',
    exp: NOW + 300,
    ...claims,
  };
  return {
    kind: 'jwt',
    ...(boundKey(defined(all)) !== undefined && { scheme: 'DPoP' }),
    header: defined({ alg: 'ES256', kid: 'k1', typ: 'JWT', ...over.header }),
    claims: defined(all),
    bytes: over.bytes ?? 600,
    signature: over.signature ?? 'valid',
  };
}

function defined(values: { readonly [name: string]: unknown }): JsonObject {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as JsonObject;
}

/** A request for `orders` that a client without a token makes at the gateway, but for what is said. */
export function request(over: Partial<Request> = {}): Request {
  return {
    point: { kind: 'gateway' },
    method: 'GET',
    authority: 'orders.shop.test',
    path: '/orders',
    headers: [],
    credential: NO_TOKEN,
    sourceAddress: '203.0.113.7',
    now: NOW,
    ...over,
  };
}

/** The same request at the sidecar of a service, from whoever is said. */
export function atSidecar(peer: string | undefined, over: Partial<Request> = {}, name = 'orders'): Request {
  return request({
    point: { kind: 'sidecar', service: name },
    ...(peer !== undefined && { peer }),
    authority: `${name}.shop.test`,
    sourceAddress: '127.0.0.9',
    ...over,
  });
}

/** The decision about a request under these rules of `orders`. */
export function decided(
  rules: readonly AccessRule[],
  asked: Request,
  entries: readonly Revocation[] = [],
): Decision {
  return decide(indexPolicy(policy(rules), { version: 1, entries }), asked);
}

/** Only its outcome. */
export function outcome(
  rules: readonly AccessRule[],
  asked: Request,
  entries: readonly Revocation[] = [],
): Decision['outcome'] {
  return decided(rules, asked, entries).outcome;
}
