import type { IssuerNode, Plan } from '../../plan/plan.js';
import type { Template } from '../../plan/refs.js';
import { headerKey } from '../../policy/compile/envoy/index.js';
import type { Issuer } from '../../policy/policy.js';
import { FILTERS } from '../filter-order.js';
import { extension, seconds } from '../types.js';

const BEARER: Template[] = [{ name: 'Authorization', value_prefix: 'Bearer ' }];
const PROVEN: Template[] = [...BEARER, { name: 'Authorization', value_prefix: 'DPoP ' }];

/** Seconds for one fetch of an issuer's keys. */
const FETCH_TIMEOUT = 2;

/**
 * Verifies signature, issuer and times of a token, if there is one; a bad one is refused on every
 * route. The audience is the service's own, so the token filter of the service's route judges it.
 */
export function jwtFilter(plan: Plan, takesProofs: boolean, tunnelled: boolean): Template {
  const names = Object.keys(plan.issuers);
  const providers = names.map((name) => [
    name,
    {
      ...provider(plan.policy.issuers[name]!, name, takesProofs ? PROVEN : BEARER),
      remote_jwks: keys(plan.issuers[name]!, tunnelled),
    },
  ]);
  const requirements = [...names.map((name) => ({ provider_name: name })), { allow_missing: {} }];
  return {
    name: FILTERS.jwt,
    typed_config: {
      '@type': extension('filters.http.jwt_authn.v3.JwtAuthentication'),
      ...(names.length > 0 && {
        providers: Object.fromEntries(providers) as Template,
        rules: [{ match: { prefix: '/' }, requires: { requires_any: { requirements } } }],
      }),
      strip_failure_response: true,
    },
  };
}

function provider(
  { profile, issuer, scopeClaim }: Issuer,
  name: string,
  headers: Template[],
): { readonly [field: string]: Template } {
  return {
    issuer,
    require_expiration: true,
    clock_skew_seconds: profile.clockSkewSeconds,
    // The next point verifies the same token itself.
    forward: true,
    // Otherwise `?access_token=` counts as well.
    from_headers: headers,
    payload_in_metadata: name,
    header_in_metadata: headerKey(name),
    normalize_payload_in_metadata: { space_delimited_claims: [scopeClaim] },
  };
}

/** Fetched ahead of any request, and first of all before the listener opens. */
function keys(node: IssuerNode, tunnelled: boolean): Template {
  return {
    http_uri: { uri: node.jwksUri, cluster: node.key, timeout: seconds(FETCH_TIMEOUT) },
    cache_duration: seconds(node.keyRefreshSeconds),
    // A tunnel's entrance opens with all other listeners: waiting for what comes through it takes each retry.
    async_fetch: tunnelled ? { fast_listener: true } : {},
    retry_policy: { num_retries: 2 },
  };
}
