import type { Issuer, Policy } from '../../policy.js';
import { type Revocation, revokedClaim, type TokenRevocation } from '../../revocation.js';
import { presence } from '../../token.js';
import * as cel from './cel.js';
import { boundToKey } from './condition.js';
import {
  ANYBODY,
  all,
  anyOf,
  claimIs,
  claimPasses,
  contains,
  headerKey,
  isNumber,
  not,
  type Principal,
  tokenOf,
} from './matcher.js';
import type { Permission } from './permission.js';
import { type CompilePoint, takesProofs, throughGateway } from './point.js';
import type { Policies } from './rule.js';

/**
 * What makes a token bad beyond what `jwt_authn` looks at, as policies of DENY filters. Their names
 * begin so, which no rule's id can, and the local reply turns it into a 401.
 */
export const BAD_TOKEN = '!token';

const HEADER: Permission = { header: { name: 'authorization', present_match: true } };
/** One token of that scheme, whatever it says. */
function oneToken(scheme: string): Permission {
  const regex = `${scheme} [A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+`;
  return { header: { name: 'authorization', string_match: { safe_regex: { regex } } } };
}

/** Whose verified token the request carries: policies named by the issuers, to be looked at only. */
export function issuerPolicies(policy: Policy): Policies {
  return Object.fromEntries(
    Object.entries(policy.issuers).map(([name, { issuer }]) => [
      name,
      { permissions: [HEADER], principals: [tokenOf(name, issuer)] },
    ]),
  );
}

/** What is no token at all, byte for byte: nobody behind this reads another one from the same header. */
export function tokenForm(withProofs: boolean): Policies {
  const good = oneToken(withProofs ? '(?:Bearer|DPoP)' : 'Bearer');
  return {
    [`${BAD_TOKEN}-form`]: {
      permissions: [{ and_rules: { rules: [HEADER, { not_rule: good }] } }],
      principals: [ANYBODY],
    },
  };
}

/** For every request, whatever service it is for. */
export function tokenPolicies(point: CompilePoint): Policies {
  const { policy } = point;
  const issuers = Object.entries(policy.issuers);
  const profiles = issuers.flatMap(([name, issuer]) => badToken(name, issuer));
  const sizes = issuers.map(([, issuer]) => issuer.profile.maxBytes);
  const lifetimes = issuers.flatMap(([name, { profile }]) =>
    profile.maxLifetimeSeconds === undefined
      ? []
      : [cel.livesTooLong(name, profile.maxLifetimeSeconds, profile.clockSkewSeconds)],
  );
  return {
    ...tokenForm(takesProofs(point)),
    // `jwt_authn` without a provider looks at no token, so nobody else would refuse it.
    ...(issuers.length === 0 && {
      [`${BAD_TOKEN}-issuer`]: { permissions: [HEADER], principals: [ANYBODY] },
    }),
    ...(profiles.length > 0 && {
      [`${BAD_TOKEN}-profile`]: { permissions: [HEADER], principals: [anyOf(profiles)] },
      [`${BAD_TOKEN}-size`]: {
        permissions: [HEADER],
        principals: [ANYBODY],
        condition: cel.authorizationLongerThan('Bearer '.length + Math.min(...sizes)),
      },
    }),
    // An expression fails for the tokens of another issuer, and for one without `iat`, which the profile refuses.
    ...(lifetimes.length > 0 && {
      [`${BAD_TOKEN}-lifetime`]: {
        permissions: [HEADER],
        principals: [ANYBODY],
        condition: cel.or(...lifetimes),
      },
    }),
    ...(policy.dpop && issuers.length > 0 && possessionPolicies(point, Math.min(...sizes))),
  };
}

/** A token that is bound to a key comes as `DPoP`, and from where its proof was judged; any other as `Bearer`. */
function possessionPolicies(point: CompilePoint, maxBytes: number): Policies {
  const bound = boundToKey(Object.keys(point.policy.issuers));
  return {
    [`${BAD_TOKEN}-bearer`]: { permissions: [oneToken('Bearer')], principals: [bound] },
    ...(takesProofs(point) && {
      [`${BAD_TOKEN}-proof`]: {
        permissions: [oneToken('DPoP')],
        principals: [anyOf([not(bound), not(throughGateway(point))])],
      },
      [`${BAD_TOKEN}-proof-size`]: {
        permissions: [oneToken('DPoP')],
        principals: [ANYBODY],
        condition: cel.authorizationLongerThan('DPoP '.length + maxBytes),
      },
    }),
  };
}

/** For requests to one service: the token's audience, and whether it was revoked. */
export function serviceTokenPolicies(
  policy: Policy,
  service: string,
  revocations: readonly Revocation[],
): Policies {
  const audiences = Object.entries(policy.issuers).map(([name, issuer]) => {
    const accepted = policy.services[service]?.audiences[name] ?? [];
    const path = [issuer.profile.audienceClaim];
    return all([
      tokenOf(name, issuer.issuer),
      not(anyOf(accepted.map((audience) => contains(name, path, audience)))),
    ]);
  });
  return {
    ...(audiences.length > 0 && {
      [`${BAD_TOKEN}-audience`]: { permissions: [HEADER], principals: [anyOf(audiences)] },
    }),
    ...revoked(policy, revocations),
  };
}

function badToken(name: string, { profile, issuer }: Issuer): Principal[] {
  const header = headerKey(name);
  const bad: Principal[] = [
    not(anyOf(profile.algorithms.map((exact) => claimIs(header, ['alg'], { string_match: { exact } })))),
    claimIs(header, ['crit'], { present_match: true }),
  ];
  if (profile.tokenType !== undefined) {
    const typ = { string_match: { exact: profile.tokenType, ignore_case: true } };
    bad.push(not(claimIs(header, ['typ'], typ)));
  }
  if (profile.maxLifetimeSeconds !== undefined) bad.push(not(isNumber(name, ['iat'])));
  for (const [claim, exact] of Object.entries(profile.requiredClaims)) {
    bad.push(not(claimIs(name, [claim], { string_match: { exact } })));
  }
  for (const claim of profile.presentClaims ?? []) bad.push(not(claimPasses(name, presence(claim))));
  return [all([tokenOf(name, issuer), anyOf(bad)])];
}

/** One policy for each end: from then on its entries mean nothing, without a new configuration. */
function revoked(policy: Policy, revocations: readonly Revocation[]): Policies {
  const entries = revocations.flatMap((entry) => {
    if (entry.kind === 'service' || entry.kind === 'rule') return [];
    const issuer = Object.hasOwn(policy.issuers, entry.issuer) ? policy.issuers[entry.issuer] : undefined;
    return issuer ? [{ until: entry.until, token: revokedToken(entry, issuer) }] : [];
  });
  const byEnd = Map.groupBy(entries, ({ until }) => until);
  return Object.fromEntries(
    [...byEnd].map(([until, ending]) => [
      `${BAD_TOKEN}-revoked#${until}`,
      {
        permissions: [HEADER],
        principals: [anyOf(ending.map(({ token }) => token))],
        condition: cel.before(until),
      },
    ]),
  );
}

function revokedToken(entry: TokenRevocation, { profile }: Issuer): Principal {
  const claim = claimIs(entry.issuer, [revokedClaim(entry.kind, profile)], {
    string_match: { exact: entry.value },
  });
  if (entry.kind !== 'subject' || entry.before === undefined) return claim;
  const later = { double_match: { range: { start: entry.before, end: Number.MAX_VALUE } } };
  return all([claim, not(claimIs(entry.issuer, ['iat'], later))]);
}
