import { isIP } from 'node:net';
import {
  BasicConstraintsExtension,
  type JsonGeneralNames,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509Certificate,
} from './x509.js';
import type { CertificateProfiles } from '../plan/plan.js';
import { type Issued, signCertificate } from './certificate.js';
import { AuthorityError } from './error.js';
import { type CertifiedKey, certifiedKey } from './public-key.js';
import { requestedKey } from './request.js';
import type { Signer } from './signer.js';
import { checkSpiffeId } from './spiffe-id.js';

/** A key that signs, and the certificate (PEM) that says so. */
export interface SigningAuthority {
  readonly signer: Signer;
  readonly certificate: string;
}

/** The key of a leaf: a DER SubjectPublicKeyInfo, or a PKCS #10 request of which only the key counts. */
export type LeafKey = { readonly publicKey: Uint8Array } | { readonly csr: string | Uint8Array };

/** A root: self-signed, it signs issuing certificates and nothing else. `name` is for people. */
export async function issueRoot(
  profiles: CertificateProfiles,
  { signer, name, now }: { readonly signer: Signer; readonly name: string; readonly now: Date },
): Promise<Issued> {
  const key = certifiedKey(await signer.publicKey());
  const commonName = authorityName(name, 'root', key);
  return signCertificate({ profile: profiles.root, key, commonName, pathLength: 1 }, signer, now);
}

/** An issuing certificate: it signs leaves, and no further authority. Only the public key is asked of `issuing`. */
export async function issueIssuing(
  profiles: CertificateProfiles,
  root: SigningAuthority,
  { issuing, name, now }: { readonly issuing: Signer; readonly name: string; readonly now: Date },
): Promise<Issued> {
  const issuer = authority(root.certificate, 'root', now);
  const key = certifiedKey(await issuing.publicKey());
  const commonName = authorityName(name, 'issuing', key);
  return signCertificate(
    { profile: profiles.issuing, key, commonName, pathLength: 0, issuer },
    root.signer,
    now,
  );
}

/**
 * A workload's leaf with exactly one name, the SPIFFE ID. The caller has it from the plan, never from
 * the request: `registrationAuthority` does that.
 */
export async function issueWorkload(
  profiles: CertificateProfiles,
  issuing: SigningAuthority,
  { spiffeId, now, ...leaf }: LeafKey & { readonly spiffeId: string; readonly now: Date },
): Promise<Issued> {
  checkSpiffeId(spiffeId);
  return issueLeaf(profiles.workload, issuing, leaf, [{ type: 'url', value: spiffeId }], now);
}

/** A server's leaf for public hosts (DNS names, or addresses on one machine); never accepted in the mesh. */
export async function issueEdge(
  profiles: CertificateProfiles,
  issuing: SigningAuthority,
  { hosts, now, ...leaf }: LeafKey & { readonly hosts: readonly string[]; readonly now: Date },
): Promise<Issued> {
  if (hosts.length === 0) throw new AuthorityError('malformed-host', 'an edge certificate needs a host');
  return issueLeaf(profiles.edge, issuing, leaf, [...new Set(hosts)].map(hostName), now);
}

async function issueLeaf(
  profile: CertificateProfiles['workload'],
  { signer, certificate }: SigningAuthority,
  leaf: LeafKey,
  names: JsonGeneralNames,
  now: Date,
): Promise<Issued> {
  const issuer = authority(certificate, 'issuing', now);
  const key = 'csr' in leaf ? await requestedKey(leaf.csr) : certifiedKey(leaf.publicKey);
  return signCertificate({ profile, key, names, issuer }, signer, now);
}

/** A certificate that may sign now: a root has room for one more authority below it, an issuing one for none. */
function authority(pem: string, kind: 'root' | 'issuing', now: Date): X509Certificate {
  const certificate = new X509Certificate(pem);
  const constraints = certificate.getExtension(BasicConstraintsExtension);
  const usages = certificate.getExtension(KeyUsagesExtension)?.usages ?? 0;
  const pathLength = kind === 'root' ? 1 : 0;
  const signs = (usages & KeyUsageFlags.keyCertSign) !== 0;
  if (!constraints?.ca || constraints.pathLength !== pathLength || !signs) {
    throw new AuthorityError(
      'issuer-not-authority',
      `the signer's certificate is not ${article(kind)} certificate`,
    );
  }
  if (now < certificate.notBefore || now >= certificate.notAfter) {
    throw new AuthorityError(
      'issuer-not-valid',
      `the ${kind} certificate is valid from ${certificate.notBefore.toISOString()} to ${certificate.notAfter.toISOString()}`,
    );
  }
  return certificate;
}

function article(kind: 'root' | 'issuing'): string {
  return kind === 'root' ? 'a root' : 'an issuing';
}

/** Characters of a common name (RFC 5280, ub-common-name). */
const MAX_COMMON_NAME = 64;

/** Two keys never share a name: a chain then has only one reading while roots overlap. */
function authorityName(name: string, kind: string, key: CertifiedKey): string {
  const suffix = ` ${kind} ${key.keyIdentifier.slice(0, 8)}`;
  return `${name.slice(0, MAX_COMMON_NAME - suffix.length)}${suffix}`;
}

const HOST = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

function hostName(host: string): JsonGeneralNames[number] {
  if (isIP(host) !== 0) return { type: 'ip', value: host };
  if (!HOST.test(host)) {
    throw new AuthorityError(
      'malformed-host',
      `${JSON.stringify(host.slice(0, 120))} is not a host name in lower case`,
    );
  }
  return { type: 'dns', value: host };
}
