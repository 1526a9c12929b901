import {
  createPublicKey,
  randomBytes,
  X509Certificate as VerifiedCertificate,
  type webcrypto,
} from 'node:crypto';
import {
  AsnEcSignatureFormatter,
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralNames,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from './x509.js';
import { CLOCK_SKEW_SECONDS } from '../plan/issuers.js';
import type { CertificateProfile } from '../plan/plan.js';
import { AuthorityError } from './error.js';
import type { CertifiedKey } from './public-key.js';
import type { Signer } from './signer.js';

/** A certificate with its times, to the second. */
export interface Issued {
  readonly pem: string;
  /** Hex, 128 random bits (RFC 5280 section 4.1.2.2 wants at most 20 octets, and CAs at least 64 random bits). */
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Everything that a certificate says; nothing in it comes from a request but the key. */
export interface CertificateContent {
  readonly profile: CertificateProfile;
  readonly key: CertifiedKey;
  /** The common name; leaves have none, so that nobody can read an identity from it. */
  readonly commonName?: string;
  readonly names?: JsonGeneralNames;
  /** Of an authority: how many further authorities may follow. Absent: a leaf. */
  readonly pathLength?: number;
  /** The authority that signs. Absent: self-signed. */
  readonly issuer?: X509Certificate;
}

const EXTENDED = {
  serverAuth: ExtendedKeyUsage.serverAuth,
  clientAuth: ExtendedKeyUsage.clientAuth,
} as const;

/**
 * Sign a certificate. Valid from the clock skew before `now`, so that a slow clock accepts it at
 * once, and never longer than its issuer.
 */
export async function signCertificate(
  content: CertificateContent,
  signer: Signer,
  now: Date,
): Promise<Issued> {
  const { issuer, commonName } = content;
  const seconds = Math.floor(now.getTime() / 1000);
  const notBefore = new Date((seconds - CLOCK_SKEW_SECONDS) * 1000);
  const wanted = (seconds + content.profile.lifetimeSeconds) * 1000;
  const notAfter = new Date(issuer ? Math.min(wanted, issuer.notAfter.getTime()) : wanted);
  const subject = commonName === undefined ? undefined : [{ CN: [commonName] }];
  const serial = randomBytes(16).toString('hex');
  const curve = signer.algorithm === 'ES256' ? 'P-256' : 'P-384';
  const algorithm = { name: 'ECDSA', namedCurve: curve, hash: curve === 'P-256' ? 'SHA-256' : 'SHA-384' };
  const certificate = await X509CertificateGenerator.create(
    {
      serialNumber: serial,
      ...(subject && { subject }),
      issuer: issuer?.subjectName ?? subject ?? [],
      notBefore,
      notAfter,
      publicKey: Uint8Array.from(content.key.spki),
      // The generator only hands these two to `sign` below, which knows the real key.
      signingKey: { algorithm } as unknown as webcrypto.CryptoKey,
      signingAlgorithm: algorithm,
      extensions: extensions(content),
    },
    signingBy(signer, algorithm),
  );
  const pem = `${certificate.toString('pem')}\n`;
  const verifier = issuer?.publicKey.rawData ?? content.key.spki;
  if (!isSignedBy(pem, new Uint8Array(verifier))) {
    throw new AuthorityError(
      'issuer-mismatch',
      "the signer does not hold the key of the issuer's certificate",
    );
  }
  return { pem, serial: certificate.serialNumber, notBefore, notAfter };
}

function extensions({ profile, key, names, pathLength, issuer }: CertificateContent): Extension[] {
  const authority = pathLength !== undefined;
  const keyUsage = profile.keyUsage.reduce((flags, usage) => flags | KeyUsageFlags[usage], 0);
  const found: Extension[] = [
    new BasicConstraintsExtension(authority, pathLength, true),
    new KeyUsagesExtension(keyUsage, true),
    new SubjectKeyIdentifierExtension(key.keyIdentifier),
    new AuthorityKeyIdentifierExtension(issuer ? keyIdentifierOf(issuer) : key.keyIdentifier),
  ];
  if (profile.extendedKeyUsage.length > 0) {
    found.push(new ExtendedKeyUsageExtension(profile.extendedKeyUsage.map((usage) => EXTENDED[usage])));
  }
  // Critical, as RFC 5280 section 4.2.1.6 wants where the subject is empty.
  if (names) found.push(new SubjectAlternativeNameExtension(names, !authority));
  return found;
}

function keyIdentifierOf(issuer: X509Certificate): string {
  const extension = issuer.getExtension(SubjectKeyIdentifierExtension);
  if (!extension)
    throw new AuthorityError('issuer-not-authority', "the issuer's certificate has no key identifier");
  return extension.keyId;
}

/** The part of WebCrypto that the generator uses, with the signature made by the signer. */
function signingBy(signer: Signer, algorithm: { name: string; namedCurve: string }): webcrypto.Crypto {
  const sign = async (_algorithm: unknown, _key: unknown, bytes: ArrayBuffer) =>
    new AsnEcSignatureFormatter().toWebSignature(
      algorithm,
      Uint8Array.from(await signer.sign(new Uint8Array(bytes))),
    );
  return { subtle: { sign } } as unknown as webcrypto.Crypto;
}

function isSignedBy(pem: string, spki: Uint8Array): boolean {
  const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  return new VerifiedCertificate(pem).verify(key);
}
