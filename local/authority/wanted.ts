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
    const hosts = [issuer.issuer, issuer.jwksUri, ...signInUrls(plan, issuer.key)].map(
      (url) => new URL(url).hostname,
    );
    return { leaf: 'edge', owner: issuer.key, hosts: unique(hosts) };
  });
  const gateway = unique([...publicHosts, ...gatewayHosts]);
  return [...servers, { leaf: 'edge', owner: plan.gateway.key, hosts: gateway }, ...edges];
}

/** Where browsers sign in at an issuer. */
export function signInUrls({ services }: Plan, issuer: string): string[] {
  return Object.values(services).flatMap(({ login }) => {
    if (login?.issuer !== issuer) return [];
    const { authorizationEndpoint, tokenEndpoint, endSessionEndpoint } = login;
    return [authorizationEndpoint, tokenEndpoint, ...(endSessionEndpoint ? [endSessionEndpoint] : [])];
  });
}

/** Why a leaf on disk must be replaced by another, if it must. */
export type RenewalReason = 'missing' | 'renamed' | 'lifetime' | 'issuer' | 'half-life';

export function reasonToRenew(
  found: X509Certificate | undefined,
  wanted: WantedLeaf,
  { issuing, lifetimeSeconds, renewAt, now }: RenewalRule,
): RenewalReason | undefined {
  if (!found) return 'missing';
  if (!names(found, wanted)) return 'renamed';
  if (lifeOf(found).life > lifetimeSeconds * 1000) return 'lifetime';
  if (!found.checkIssued(issuing) || !found.verify(issuing.publicKey)) return 'issuer';
  return now.getTime() >= renewAt ? 'half-life' : undefined;
}

export interface RenewalRule {
  /** The certificate that signs leaves now. */
  readonly issuing: X509Certificate;
  /** What the plan allows now: a leaf from before may live too long. */
  readonly lifetimeSeconds: number;
  /** Milliseconds since the epoch. */
  readonly renewAt: number;
  readonly now: Date;
}

/** How far from half of its life a leaf is renewed, as a part of its life. */
const JITTER = 0.05;

/**
 * When a leaf is renewed, in milliseconds: at half of its life, give or take a twentieth, so that
 * leaves issued together are not renewed together. `random` is in [0, 1).
 */
export function renewalTime(certificate: X509Certificate, random: number): number {
  const { start, life } = lifeOf(certificate);
  return start + life * (0.5 + JITTER * (2 * random - 1));
}

/** When a leaf was issued and how long it lives, in milliseconds. */
function lifeOf(certificate: X509Certificate): { start: number; life: number } {
  const start = certificate.validFromDate.getTime() + CLOCK_SKEW_SECONDS * 1000;
  return { start, life: certificate.validToDate.getTime() - start };
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
