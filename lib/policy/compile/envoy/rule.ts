import type { AccessRule, PolicyCondition, PolicyPrincipal } from '../../policy.js';
import { endOf, isStrength } from '../../policy.js';
import type { JsonObject } from '../../request.js';
import type { Revocation } from '../../revocation.js';
import * as cel from './cel.js';
import { matchers, notSignedInWithin, shortestAge, signedInWithin } from './condition.js';
import { ANYBODY, all, anyOf, claimPasses, not, type Principal, peerIs, tokenOf } from './matcher.js';
import { permissions, type Permission } from './permission.js';
import { type CompilePoint, issuerOf, throughGateway } from './point.js';

/**
 * `envoy.config.rbac.v3.Policy` under its name. An allow's is the rule's id. A deny's is the id, `#` and
 * the part of the rule: Envoy says `none` where no policy matches, which then is the name of none.
 * `#` sorts before whatever an id can go on with, so that policies sort as their rules do.
 */
export type Policies = Record<string, JsonObject>;

/** A rule with those of its operations that one route can carry. */
export interface RoutedRule {
  readonly rule: AccessRule;
  readonly operations: readonly string[];
}

/** What an allow admits, as policies of an ALLOW filter. */
export function allowPolicies(
  point: CompilePoint,
  { rule, operations }: RoutedRule,
  during?: JsonObject,
): Policies {
  const principals = rule.principals.flatMap((principal) => {
    const who = admitted(point, principal);
    if (!who) return [];
    return [all([who, ...matchers(point, rule.conditions, issuersOf(point, principal))])];
  });
  if (principals.length === 0) return {};
  const seconds = shortestAge(rule.conditions);
  const issuers = [...new Set(rule.principals.flatMap((principal) => issuersOf(point, principal)))];
  const within = seconds === undefined ? undefined : signedInWithin(point, seconds, issuers);
  // No issuer says when anybody signed in: the condition never holds.
  if (seconds !== undefined && !within) return {};
  return policy(rule.id, operations, anyOf(principals), cel.and(during, within));
}

/** What a deny refuses, as policies of a DENY filter: one part for each way in which `unless` fails. */
export function denyPolicies(
  point: CompilePoint,
  { rule, operations }: RoutedRule,
  during?: JsonObject,
): Policies {
  const parts = rule.principals.flatMap((principal, at) => {
    const who = denied(point, principal);
    if (!who) return [];
    return denyParts(point, rule.conditions, who, issuersOf(point, principal)).map((part) =>
      policy(`${rule.id}#${at}${part.suffix}`, operations, part.who, cel.and(during, part.condition)),
    );
  });
  return Object.assign({}, ...parts) as Policies;
}

function denyParts(
  point: CompilePoint,
  conditions: readonly PolicyCondition[],
  who: Principal,
  issuers: readonly string[],
): { suffix: string; who: Principal; condition?: JsonObject }[] {
  if (conditions.length === 0) return [{ suffix: '', who }];
  const matched = matchers(point, conditions, issuers);
  const seconds = shortestAge(conditions);
  return [
    ...(matched.length > 0 ? [{ suffix: '', who: all([who, not(all(matched))]) }] : []),
    ...(seconds === undefined
      ? []
      : notSignedInWithin(point, seconds, issuers).map(({ suffix, when, condition }) => ({
          suffix,
          who: all([who, when]),
          ...(condition && { condition }),
        }))),
  ];
}

/** Requests without a token that an allow would take one from: their refusal is a challenge. */
export function challengePrincipals(point: CompilePoint, rule: AccessRule): Principal[] {
  return rule.principals.flatMap((principal) => {
    if (principal.kind === 'token') return [throughGateway(point)];
    if (principal.kind === 'workload' && principal.forUser && point.kind === 'sidecar') {
      return [peerIs(principal.spiffeId)];
    }
    return [];
  });
}

/** The rule as it would be for somebody who has authenticated as strongly as can be; nothing if it then says nothing. */
export function relaxed(rule: AccessRule): AccessRule | undefined {
  const conditions = rule.conditions.filter((condition) => !isStrength(condition));
  if (rule.effect === 'deny' && conditions.length === 0 && rule.conditions.length > 0) return undefined;
  return { ...rule, conditions };
}

/**
 * When the allow grants anything: not while it is withdrawn, and not from its end on. The instants are compiled in, so
 * it comes back and goes by itself.
 */
export function grantedWhile(rule: AccessRule, revocations: readonly Revocation[]): JsonObject | undefined {
  const withdrawn = revocations.flatMap((entry) =>
    entry.kind === 'rule' && entry.rule === rule.id ? [entry.until] : [],
  );
  const end = endOf(rule);
  return cel.and(
    withdrawn.length === 0 ? undefined : cel.from(Math.max(...withdrawn)),
    end === undefined ? undefined : cel.before(end),
  );
}

export function policy(
  name: string,
  operations: readonly string[],
  who: Principal,
  condition?: JsonObject,
): Policies {
  const allowed: Permission[] = permissions(operations);
  return { [name]: { permissions: allowed, principals: [who], ...(condition && { condition }) } };
}

function admitted(point: CompilePoint, principal: PolicyPrincipal): Principal | undefined {
  switch (principal.kind) {
    case 'anyone':
      return throughGateway(point);
    case 'token':
      return all([throughGateway(point), carries(point, principal)]);
    case 'workload':
      // Workloads meet at sidecars; a gateway knows no peers.
      if (point.kind === 'gateway') return undefined;
      return principal.forUser
        ? all([peerIs(principal.spiffeId), carries(point, principal.forUser)])
        : peerIs(principal.spiffeId);
  }
}

function denied(point: CompilePoint, principal: PolicyPrincipal): Principal | undefined {
  switch (principal.kind) {
    case 'anyone':
      return ANYBODY;
    case 'token':
      return carries(point, principal);
    case 'workload':
      return point.kind === 'gateway' ? undefined : peerIs(principal.spiffeId);
  }
}

type TokenWanted = Extract<PolicyPrincipal, { kind: 'token' }> | { issuer: string; claims: readonly never[] };

function carries(point: CompilePoint, { issuer, claims }: Pick<TokenWanted, 'issuer' | 'claims'>): Principal {
  // The first key of a claim's path is the issuer, so any claim test also says whose token it is.
  if (claims.length === 0) return tokenOf(issuer, issuerOf(point, issuer).issuer);
  return all(claims.map((test) => claimPasses(issuer, test)));
}

/** Whose tokens the conditions of a rule for this principal can be about. */
function issuersOf(point: CompilePoint, principal: PolicyPrincipal): readonly string[] {
  if (principal.kind === 'token') return [principal.issuer];
  if (principal.kind === 'workload' && principal.forUser) return [principal.forUser.issuer];
  return Object.keys(point.policy.issuers);
}
