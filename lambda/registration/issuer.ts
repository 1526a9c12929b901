import type { Signer } from '../../lib/authority/signer.js';
import {
  authorityCertificate,
  parseTrustBundle,
  signingGeneration,
  trustedRoots,
} from '../../lib/authority/trust-bundle.js';
import { issueWorkload } from '../../lib/authority/issue.js';
import type { CertificateProfiles } from '../../lib/plan/plan.js';
import type { IssuanceStore } from './issuance-store.js';
import { knownBundle, once, type RootKeys } from './known-roots.js';

/** What is to be certified. */
export interface Wanted {
  readonly csr: string;
  /** The DER SubjectPublicKeyInfo of the CSR, after its proof was checked. */
  readonly publicKey: Uint8Array;
  readonly spiffeId: string;
  /** The point's key in the plan. */
  readonly point: string;
}

export interface IssuedLeaf {
  /** Hex. */
  readonly serial: string;
  readonly notAfter: Date;
  /** PEM: the leaf, then the certificates between it and a root. */
  readonly certificates: string;
  /** PEM of every root that counts now. */
  readonly roots: string;
  /** When the certificate that signed ends: it must be renewed before. */
  readonly issuerNotAfter: Date;
}

/** Whatever signs leaves. */
export interface LeafIssuer {
  issue(wanted: Wanted, now: Date): Promise<IssuedLeaf>;
}

export interface SignerIssuerOptions {
  readonly platform: string;
  readonly profiles: CertificateProfiles;
  readonly signer: Signer;
  readonly store: IssuanceStore;
  /** What the bundle may trust. */
  readonly rootKeys: RootKeys;
}

/** Leaves made here and signed by a key that this function alone may use. */
export function signerIssuer(options: SignerIssuerOptions): LeafIssuer {
  const { platform, profiles, signer, store, rootKeys } = options;
  const issuingKey = once(() => signer.publicKey());
  return {
    issue: async ({ publicKey, spiffeId }, now) => {
      const bundle = await knownBundle(parseTrustBundle(await store.bundle(), platform), rootKeys, now);
      const { issuing } = signingGeneration(bundle, now, await issuingKey());
      const leaf = await issueWorkload(
        profiles,
        { signer, certificate: issuing },
        { publicKey, spiffeId, now },
      );
      return {
        serial: leaf.serial,
        notAfter: leaf.notAfter,
        certificates: leaf.pem + issuing,
        roots: trustedRoots(bundle, profiles.workload.lifetimeSeconds, now),
        issuerNotAfter: authorityCertificate(issuing).notAfter,
      };
    },
  };
}
