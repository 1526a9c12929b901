import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { CLOCK_SKEW_SECONDS } from '../../lib/plan/issuers.js';
import type { Plan } from '../../lib/plan/plan.js';
import { identitiesOf } from '../../lib/authority/index.js';

/** A leaf that some part of the platform needs. */
export type WantedLeaf =
  | { readonly leaf: 'server'; readonly owner: string; readonly spiffeId: string }
  | { readonly leaf: 'edge'; readonly owner: string; readonly hosts: readonly string[] };

/** Every leaf of a plan: one per point, the gateway's public one, and one per issuer's server. */
export function wantedLeaves(plan: Plan, gatewayHosts: readonly string[]): WantedLeaf[] {
  const servers = [...identitiesOf(plan)].map(
    ([owner, spiffeId]): WantedLeaf => ({ leaf: 'server', owner, spiffeId }),
  );
  const publicHosts = Object.values(plan.services).flatMap((service) =>
    service.public ? service.authority : [],
  );
  const edges = Object.values(plan.issuers).map((issuer): WantedLeaf => {
    const hosts = [issuer.issuer, issuer.jwksUri].map((url) => new URL(url).hostname);
    return { leaf: 'edge', owner: issuer.key, hosts: unique(hosts) };
  });
  const gateway = unique([...publicHosts, ...gatewayHosts]);
  return [...servers, { leaf: 'edge', owner: plan.gateway.key, hosts: gateway }, ...edges];
}

/** Why a leaf on disk must be replaced by another, if it must. */
export type RenewalReason = 'missing' | 'renamed' | 'issuer' | 'half-life';

export function reasonToRenew(
  found: X509Certificate | undefined,
  wanted: WantedLeaf,
  issuing: X509Certificate,
  renewAt: number,
  now: Date,
): RenewalReason | undefined {
  if (!found) return 'missing';
  if (!names(found, wanted)) return 'renamed';
  if (!found.checkIssued(issuing) || !found.verify(issuing.publicKey)) return 'issuer';
  return now.getTime() >= renewAt ? 'half-life' : undefined;
}

/** How far from half of its life a leaf is renewed, as a part of its life. */
const JITTER = 0.05;

/**
 * When a leaf is renewed, in milliseconds: at half of its life, give or take a twentieth, so that
 * leaves issued together are not renewed together. `random` is in [0, 1).
 */
export function renewalTime(certificate: X509Certificate, random: number): number {
  const start = certificate.validFromDate.getTime() + CLOCK_SKEW_SECONDS * 1000;
  const life = certificate.validToDate.getTime() - start;
  return start + life * (0.5 + JITTER * (2 * random - 1));
}

function names(found: X509Certificate, wanted: WantedLeaf): boolean {
  const listed = found.subjectAltName ?? '';
  if (wanted.leaf === 'server') return listed === `URI:${wanted.spiffeId}`;
  const covers = (host: string) =>
    (isIP(host) === 0 ? found.checkHost(host) : found.checkIP(host)) !== undefined;
  return listed.split(', ').length === wanted.hosts.length && wanted.hosts.every(covers);
}

function unique(hosts: readonly string[]): string[] {
  return [...new Set(hosts)];
}
