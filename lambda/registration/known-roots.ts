import { X509Certificate } from 'node:crypto';
import { certifiedKey } from '../../lib/authority/public-key.js';
import { authorityCertificate, type TrustBundle } from '../../lib/authority/trust-bundle.js';

/** The DER SubjectPublicKeyInfo of every root key that the deployment names. */
export type RootKeys = () => Promise<readonly Uint8Array[]>;

/**
 * What of a bundle this deployment may trust: roots that are of its own root keys and signed by them, with issuing
 * certificates that those signed. Whoever writes the bucket could else add a root of his own.
 *
 * A root of another key that does not sign yet is left out: it is that of a deployment which has written it and not yet
 * replaced who reads it, or was rolled back. Anything else throws `TypeError`.
 */
export async function knownBundle(bundle: TrustBundle, keys: RootKeys, now: Date): Promise<TrustBundle> {
  const known = (await keys()).map((key) => Buffer.from(certifiedKey(key).spki));
  const generations = bundle.generations.filter(({ root, issuing, activeFrom }) => {
    const { publicKey } = authorityCertificate(root);
    if (!known.some((key) => key.equals(publicKey))) {
      if (new Date(activeFrom) > now) return false;
      throw new TypeError('the bundle has a root that is of no root key of this deployment');
    }
    const certificate = new X509Certificate(root);
    if (!certificate.verify(certificate.publicKey)) {
      throw new TypeError('the bundle has a root that its own key did not sign');
    }
    if (!new X509Certificate(issuing).verify(certificate.publicKey)) {
      throw new TypeError('the bundle has an issuing certificate that its root did not sign');
    }
    return true;
  });
  return generations.length === bundle.generations.length ? bundle : { ...bundle, generations };
}

/** Asked for once in the life of an environment: a key of KMS never has another public key. */
export function once<Value>(ask: () => Promise<Value>): () => Promise<Value> {
  let known: Promise<Value> | undefined;
  return () => {
    known ??= ask().catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };
}
