import type { ClaimTest } from '../../policy.js';
import type { JsonObject } from '../../request.js';
import { JWT_NAMESPACE } from './cel.js';

/** `envoy.config.rbac.v3.Principal`: who. Positive ones never match on what is absent. */
export type Principal = JsonObject;

export const ANYBODY: Principal = { any: true };
export const NOBODY: Principal = { not_id: { any: true } };

export function all(principals: readonly Principal[]): Principal {
  const needed = principals.filter((principal) => principal !== ANYBODY);
  if (needed.length === 0) return ANYBODY;
  return needed.length === 1 ? needed[0]! : { and_ids: { ids: needed } };
}

export function anyOf(principals: readonly Principal[]): Principal {
  if (principals.length === 0) return NOBODY;
  if (principals.includes(ANYBODY)) return ANYBODY;
  return principals.length === 1 ? principals[0]! : { or_ids: { ids: [...principals] } };
}

/** Only for what fails closed when negated: the negation matches on absence. */
export function not(principal: Principal): Principal {
  return principal === NOBODY ? ANYBODY : { not_id: principal };
}

/** The verified peer of this connection has exactly this SPIFFE ID. */
export function peerIs(spiffeId: string): Principal {
  return { authenticated: { principal_name: { exact: spiffeId } } };
}

/** A value that an earlier filter left in the request's metadata. */
export function metadata(namespace: string, path: readonly string[], value: JsonObject): Principal {
  return {
    sourced_metadata: {
      metadata_matcher: { filter: namespace, path: path.map((key) => ({ key })), value },
    },
  };
}

/** A claim of a verified token of that issuer. */
export function claimIs(issuer: string, path: readonly string[], value: JsonObject): Principal {
  return metadata(JWT_NAMESPACE, [issuer, ...path], value);
}

/** The key under which the verified token's header is kept, beside its claims. */
export function headerKey(issuer: string): string {
  return `${issuer}#header`;
}

/** The request carries a verified token of that issuer. */
export function tokenOf(issuer: string, iss: string): Principal {
  return claimIs(issuer, ['iss'], { string_match: { exact: iss } });
}

/** The claim is the string or a list with it. */
export function contains(issuer: string, path: readonly string[], value: string): Principal {
  return matchesString(issuer, path, { exact: value });
}

/** The claim is any number. JSON numbers are finite doubles. */
export function isNumber(issuer: string, path: readonly string[]): Principal {
  return claimIs(issuer, path, {
    double_match: { range: { start: -Number.MAX_VALUE, end: Number.MAX_VALUE } },
  });
}

/** The same test that `passes` makes in JavaScript. */
export function claimPasses(issuer: string, test: ClaimTest): Principal {
  switch (test.test) {
    case 'contains':
      return test.value === '' ? NOBODY : contains(issuer, test.claim, test.value);
    case 'equals':
      return claimIs(
        issuer,
        test.claim,
        typeof test.value === 'boolean'
          ? { bool_match: test.value }
          : { double_match: { exact: test.value } },
      );
    case 'presentAndNot':
      return all([
        matchesString(issuer, test.claim, { safe_regex: { regex: '(?s).+' } }),
        not(contains(issuer, test.claim, test.value)),
      ]);
  }
}

function matchesString(issuer: string, path: readonly string[], match: JsonObject): Principal {
  return anyOf([
    claimIs(issuer, path, { string_match: match }),
    claimIs(issuer, path, { list_match: { one_of: { string_match: match } } }),
  ]);
}
