import { KEY_TUNNEL, spiffeId } from '../plan/names.js';
import type { Plan } from '../plan/plan.js';
import type { Issued } from './certificate.js';
import { AuthorityError } from './error.js';
import { issueWorkload, type SigningAuthority } from './issue.js';
import { type IssuanceLimit, type IssuanceRate, memoryLimit } from './rate-limit.js';

export interface RegistrationOptions {
  /** The key that signs leaves, and its certificate. */
  readonly issuing: SigningAuthority;
  /** @default `defaultRate` of the plan, in memory */
  readonly limit?: IssuanceLimit;
}

/** A leaf, whose it is, and what it is shown with. */
export interface Registered extends Issued {
  /** The point's key in the plan. */
  readonly point: string;
  readonly spiffeId: string;
  /** PEM: the leaf, then the issuing certificate. */
  readonly chain: string;
}

export interface RegistrationAuthority {
  /**
   * Certify the key of a request for the point that the platform attests the caller to be.
   *
   * `point` is what attestation says, such as `services/orders/sidecar`; the SPIFFE ID is looked up
   * in the plan. Throws `AuthorityError`.
   */
  issue(point: string, csr: string | Uint8Array, now?: Date): Promise<Registered>;
}

/**
 * The authority that registers the points of a plan. Whoever can sign can be anyone, so this is the
 * only holder of the issuing key.
 */
export function registrationAuthority(plan: Plan, options: RegistrationOptions): RegistrationAuthority {
  const { issuing, limit = memoryLimit(defaultRate(plan)) } = options;
  const identities = identitiesOf(plan);
  return {
    issue: async (point, csr, now = new Date()) => {
      const spiffeId = identities.get(point);
      if (spiffeId === undefined) {
        throw new AuthorityError(
          'unknown-point',
          `the plan has no point ${JSON.stringify(point.slice(0, 120))}`,
        );
      }
      const wait = await limit.take(spiffeId, now);
      if (wait > 0) {
        throw new AuthorityError(
          'issuance-rate',
          `${spiffeId} asks too often: the next certificate in ${wait} s`,
        );
      }
      const issued = await issueWorkload(plan.certificates, issuing, { csr, spiffeId, now });
      return { ...issued, point, spiffeId, chain: issued.pem + issuing.certificate };
    },
  };
}

/**
 * The SPIFFE ID of every point of a plan, by the point's key. In a cloud the key tunnel is one of them, where it is no part
 * of the egress gateway.
 */
export function identitiesOf(plan: Plan): ReadonlyMap<string, string> {
  const sidecars = Object.values(plan.services).map(({ sidecar }) => sidecar);
  const egress = plan.egress ? [plan.egress] : [];
  const points = [plan.gateway, ...sidecars, ...egress].map(({ key, spiffeId }) => [key, spiffeId] as const);
  return new Map(
    plan.engine === 'aws' && !plan.egress
      ? [...points, [KEY_TUNNEL, spiffeId(plan.trustDomain, plan.namespace, KEY_TUNNEL)]]
      : points,
  );
}

/** Eight times what renewing at half of a leaf's life takes, and ten at once for restarts. */
export function defaultRate(plan: Plan): IssuanceRate {
  return { burst: 10, secondsPerRequest: plan.certificates.workload.lifetimeSeconds / 16 };
}
