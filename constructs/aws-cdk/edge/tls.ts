import type { Construct } from 'constructs';
import { ConstructError } from '../support/error.js';

/** The oldest TLS that a client may speak. */
export type MinimumTls = '1.2' | '1.3';

/**
 * "Supported security policies", API Gateway Developer Guide. With 1.2 only forward-secret suites, and the
 * post-quantum hybrid for clients that know it.
 */
const POLICIES: Readonly<Record<MinimumTls, string>> = {
  '1.2': 'SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09',
  '1.3': 'SecurityPolicy_TLS13_1_3_2025_09',
};

/** What a domain with mutual TLS takes: "You can't enable mutual TLS on a domain name that uses an enhanced security policy". */
const WITH_MUTUAL_TLS = 'TLS_1_2';

/** Requests come by the endpoint that they name (SNI is the host), or not at all. */
export const ENDPOINT_ACCESS = 'STRICT';

/**
 * Throws for what is no version of the two, as whoever writes JavaScript may say it: without a policy AWS takes its oldest.
 */
export function checkMinimumTls(scope: Construct, minimum: MinimumTls, prop = 'minimumTls'): void {
  if (Object.hasOwn(POLICIES, minimum)) return;
  throw new ConstructError(scope, {
    code: 'unknown-tls-version',
    message: 'clients speak TLS 1.2 at least here',
    prop,
    found: JSON.stringify(minimum) ?? 'nothing',
    expected: Object.keys(POLICIES)
      .map((version) => `'${version}'`)
      .join(' or '),
    remedy: "Leave it out for '1.2'; a client that knows neither has to be replaced.",
  });
}

/** Throws for TLS 1.3 together with mutual TLS, which API Gateway does not offer. */
export function securityPolicy(scope: Construct, minimum: MinimumTls, mutualTls: boolean): string {
  checkMinimumTls(scope, minimum);
  if (!mutualTls) return POLICIES[minimum];
  if (minimum === '1.2') return WITH_MUTUAL_TLS;
  throw new ConstructError(scope, {
    code: 'mutual-tls-version',
    message: 'API Gateway offers client certificates with its policy TLS_1_2 alone',
    prop: 'minimumTls',
    found: minimum,
    expected: '1.2',
    remedy: 'Leave minimumTls out, or the client certificates.',
  });
}
