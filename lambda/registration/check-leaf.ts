import { createPublicKey, X509Certificate } from 'node:crypto';
import { CLOCK_SKEW_SECONDS } from '../../lib/plan/issuers.js';
import type { CertificateProfile } from '../../lib/plan/plan.js';
import {
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509Certificate as ParsedCertificate,
} from '../../lib/authority/x509.js';

export interface ExpectedLeaf {
  /** PEM of the certificate that must have signed it. */
  readonly issuer: string;
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  readonly spiffeId: string;
  /** What was asked for as its subject's common name. */
  readonly commonName: string;
  readonly profile: CertificateProfile;
  readonly now: Date;
}

/** Check a leaf that another authority made, and read its serial and end. Throws `TypeError` if it says more or less. */
export function checkLeaf(leaf: string, expected: ExpectedLeaf): { serial: string; notAfter: Date } {
  const certificate = new X509Certificate(leaf);
  const key = createPublicKey({ key: Buffer.from(expected.publicKey), format: 'der', type: 'spki' });
  const latest = expected.now.getTime() + (expected.profile.lifetimeSeconds + CLOCK_SKEW_SECONDS) * 1000;
  const parsed = new ParsedCertificate(leaf);
  const usages = parsed.getExtension(KeyUsagesExtension)?.usages;
  const extended = parsed.getExtension(ExtendedKeyUsageExtension)?.usages.map(String) ?? [];
  const wanted = expected.profile.extendedKeyUsage.map((usage) => String(ExtendedKeyUsage[usage]));
  const holds: Readonly<Record<string, boolean>> = {
    name: certificate.subjectAltName === `URI:${expected.spiffeId}`,
    key: certificate.publicKey.equals(key),
    authority: !certificate.ca,
    usage: usages === KeyUsageFlags.digitalSignature,
    'extended usage': extended.toSorted().join() === wanted.toSorted().join(),
    subject: certificate.subject === `CN=${expected.commonName}`,
    lifetime: certificate.validToDate.getTime() <= latest,
    signature: certificate.verify(new X509Certificate(expected.issuer).publicKey),
  };
  const broken = Object.keys(holds).filter((name) => !holds[name]);
  if (broken.length > 0) throw new TypeError(`the issued leaf has another ${broken.join(', ')}`);
  return { serial: certificate.serialNumber.toLowerCase(), notAfter: certificate.validToDate };
}
