import { ZeroTrustError } from '../../lib/diagnostic.js';
import type { SignatureAlgorithm } from '../../lib/model/identity.js';
import type { IssuerNode, LoginNode, Plan } from '../../lib/plan/plan.js';
import type { Issuer, PolicyPrincipal } from '../../lib/policy/policy.js';
import type { ListenerConfig } from './config.js';

/** Everything that the plan says about one issuer, as its tokens need it. */
export interface IssuerProfile {
  readonly name: string;
  readonly node: IssuerNode;
  readonly token: Issuer;
  readonly algorithm: SignatureAlgorithm;
  readonly scopeFormat: ListenerConfig['scopes'];
  /** Services that accept this issuer's tokens, by name. */
  readonly services: ReadonlyMap<string, AcceptingService>;
  /** Scopes that some rule asks for. */
  readonly scopes: readonly string[];
  /** The clients of gateways at this issuer. */
  readonly logins: readonly IssuerLogin[];
}

/** The client by which a gateway signs browsers in to a service. */
export interface IssuerLogin {
  readonly service: string;
  readonly node: LoginNode;
}

export interface AcceptingService {
  readonly name: string;
  readonly spiffeId: string;
  /** What a token for it carries. */
  readonly audience: string;
  /** Whatever it accepts: its own audience, and those that others share with it. */
  readonly accepted: readonly string[];
  /** Services at which some rule lets it act for this issuer's users, by name. */
  readonly delegations: readonly string[];
}

export function issuerProfile(plan: Plan, name: string, listener: ListenerConfig): IssuerProfile {
  const node = plan.issuers[name];
  const token = plan.policy.issuers[name];
  if (!node || !token)
    throw new ZeroTrustError('invalid-plan', `the plan does not say what a token of ${name} is`);
  const services = Object.values(plan.services).flatMap(
    (service) => accepting(plan, name, service.name) ?? [],
  );
  return {
    name,
    node,
    token,
    algorithm: algorithmOf(token, listener),
    scopeFormat: listener.scopes,
    services: new Map(services.map((service) => [service.name, service])),
    scopes: scopesOf(plan, name, token.scopeClaim),
    logins: Object.values(plan.services).flatMap((service) =>
      service.login?.issuer === node.key ? [{ service: service.name, node: service.login }] : [],
    ),
  };
}

/** Two issuers with one `iss` could not be told apart by anybody. */
export function checkDistinct(plan: Plan): void {
  const seen = new Map<string, string>();
  for (const [name, { issuer }] of Object.entries(plan.issuers)) {
    const other = seen.get(issuer);
    if (other !== undefined)
      throw new ZeroTrustError('invalid-plan', `${other} and ${name} have one issuer, ${issuer}`);
    seen.set(issuer, name);
  }
}

function accepting(plan: Plan, issuer: string, name: string): AcceptingService | undefined {
  const service = plan.services[name];
  const accepted = plan.policy.services[name]?.audiences[issuer] ?? [];
  const [first] = accepted;
  if (!service || first === undefined) return undefined;
  // Services that share their audiences accept all of them alike, so the first serves as well as any.
  const audience = accepted.includes(service.audience) ? service.audience : first;
  const { spiffeId } = service.sidecar;
  return { name, spiffeId, audience, accepted, delegations: delegationsOf(plan, issuer, spiffeId) };
}

/**
 * Where a workload may act for the issuer's users. A service that it calls only as itself is not among
 * them: with a token for that one it could be the user there, by way of the gateway.
 */
export function delegationsOf({ policy }: Plan, issuer: string, spiffeId: string): string[] {
  const acts = (principal: PolicyPrincipal) =>
    principal.kind === 'workload' && principal.spiffeId === spiffeId && principal.forUser?.issuer === issuer;
  return Object.entries(policy.services)
    .filter(([, { rules }]) => rules.some((rule) => rule.effect === 'allow' && rule.principals.some(acts)))
    .map(([name]) => name);
}

function algorithmOf({ profile }: Issuer, { algorithm }: ListenerConfig): SignatureAlgorithm {
  const [first] = profile.algorithms;
  const chosen = algorithm ?? (profile.algorithms.includes('ES256') ? 'ES256' : first);
  if (chosen === undefined || !profile.algorithms.includes(chosen)) {
    throw new ZeroTrustError(
      'invalid-config',
      `the issuer signs with ${profile.algorithms.join(', ')}, not ${chosen}`,
    );
  }
  return chosen;
}

/** Scopes that some rule asks of an issuer's users. */
export function scopesOf(plan: Plan, issuer: string, claim: string): string[] {
  const rules = Object.values(plan.policy.services).flatMap((service) => service.rules);
  const tests = rules.flatMap((rule) =>
    rule.principals.flatMap((principal) => {
      const token = principal.kind === 'workload' ? principal.forUser : principal;
      return token && 'issuer' in token && token.issuer === issuer ? token.claims : [];
    }),
  );
  const found = tests.flatMap((test) => {
    const isScope = test.test === 'contains' && test.claim.length === 1 && test.claim[0] === claim;
    return isScope ? [test.value] : [];
  });
  return [...new Set(found)].sort();
}
