import { X509Certificate } from 'node:crypto';
import { certifiedKey } from '../../lib/authority/public-key.js';
import { authorityCertificate, type TrustBundle } from '../../lib/authority/trust-bundle.js';

/** The DER SubjectPublicKeyInfo of every root key that the deployment names. */
export type RootKeys = () => Promise<readonly Uint8Array[]>;

/**
 * Check that a bundle trusts nothing but root keys of the deployment: whoever writes the bucket could else add a root
 * of his own. Each root must be of such a key and signed by it, and each issuing certificate by its root. Throws
 * `TypeError`.
 */
export async function checkRoots({ generations }: TrustBundle, keys: RootKeys): Promise<void> {
  const known = (await keys()).map((key) => Buffer.from(certifiedKey(key).spki));
  for (const { root, issuing } of generations) {
    const { publicKey } = authorityCertificate(root);
    if (!known.some((key) => key.equals(publicKey))) {
      throw new TypeError('the bundle has a root that is of no root key of this deployment');
    }
    const certificate = new X509Certificate(root);
    if (!certificate.verify(certificate.publicKey)) {
      throw new TypeError('the bundle has a root that its own key did not sign');
    }
    if (!new X509Certificate(issuing).verify(certificate.publicKey)) {
      throw new TypeError('the bundle has an issuing certificate that its root did not sign');
    }
  }
}

/** Asked for once in the life of an environment: a key of KMS never has another public key. */
export function once(keys: RootKeys): RootKeys {
  let known: ReturnType<RootKeys> | undefined;
  return () => {
    known ??= keys().catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };
}
