import { hasLogin } from '../../plan/login.js';
import type { Plan } from '../../plan/plan.js';
import type { Template } from '../../plan/refs.js';
import {
  type CompilePoint,
  issuerPolicies,
  takesProofs,
  tokenPolicies,
} from '../../policy/compile/envoy/index.js';
import { FILTERS } from '../filter-order.js';
import { bodyLimitFilter } from './body-limit.js';
import { boundFilter } from './bound.js';
import { canonicalFilter } from './canonical.js';
import { corsFilter } from './cors.js';
import { decisionFilter } from './decision.js';
import { edgeFilter } from './edge.js';
import { jwtFilter } from './jwt-authn.js';
import { loginFilter } from './login.js';
import { rateLimitFilter } from './rate-limit.js';
import { allowFilter, denyFilter, guardFilter, lookFilter, rbacFilter } from './rbac.js';
import { routerFilter } from './router.js';
import { sessionFilter } from './session.js';

/**
 * The filters of a point that judges requests, in the order of `filter-order.ts`; of a listener for some hosts alone, where
 * they are said.
 */
export function httpFilters(
  plan: Plan,
  point: CompilePoint,
  tunnelled: boolean,
  hosts?: readonly string[],
): Template[] {
  const { kind, asksDecisions } = point;
  return [
    canonicalFilter(),
    ...(hosts ? [edgeFilter(hosts)] : []),
    ...(kind === 'gateway' && hasLogin(plan)
      ? [guardFilter(FILTERS.crossSite, 'crossSite'), loginFilter(), sessionFilter()]
      : []),
    ...(kind === 'gateway' ? [corsFilter()] : []),
    jwtFilter(plan, takesProofs(point), tunnelled),
    ...(kind === 'gateway' ? [boundFilter()] : []),
    rbacFilter(FILTERS.token, 'token', tokenPolicies(point), {
      prefix: 'issuer',
      policies: issuerPolicies(plan.policy),
    }),
    denyFilter(FILTERS.audience, 'audience'),
    lookFilter(FILTERS.challenge, 'challenge'),
    lookFilter(FILTERS.lasting, 'lasting'),
    lookFilter(FILTERS.auditDeny, 'auditDeny'),
    lookFilter(FILTERS.auditAllow, 'auditAllow'),
    denyFilter(FILTERS.deny, 'deny'),
    allowFilter(FILTERS.allow, 'allow'),
    ...(asksDecisions ? [decisionFilter(kind)] : []),
    rateLimitFilter(),
    ...(kind === 'gateway' ? [bodyLimitFilter(plan.firewall.maxBodyBytes)] : []),
    routerFilter(),
  ];
}
