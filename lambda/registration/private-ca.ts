import {
  type ACMPCAClient,
  GetCertificateAuthorityCertificateCommand,
  GetCertificateCommand,
  IssueCertificateCommand,
  RequestInProgressException,
} from '@aws-sdk/client-acm-pca';
import { setTimeout as sleep } from 'node:timers/promises';
import { CLOCK_SKEW_SECONDS } from '../../lib/plan/issuers.js';
import type { CertificateProfile } from '../../lib/plan/plan.js';
import { authorityCertificate } from '../../lib/authority/trust-bundle.js';
import { checkLeaf } from './check-leaf.js';
import type { LeafIssuer } from './issuer.js';

/** A template that takes nothing but the key from the request, provided that subject and names are given. */
const TEMPLATE = 'acm-pca:::template/BlankEndEntityCertificate_APIPassthrough/V1';
/** Milliseconds between two looks at a certificate that is being issued, and how many looks. */
const POLL = 200;
const LOOKS = 40;

const EXTENDED = { serverAuth: 'SERVER_AUTH', clientAuth: 'CLIENT_AUTH' } as const;

export interface PrivateCaOptions {
  /** The authority that signs. */
  readonly arn: string;
  /** Authorities that are trusted as well, while one takes over from another. */
  readonly alsoTrusted: readonly string[];
  readonly profile: CertificateProfile;
}

/** Leaves of AWS Private CA. What comes back is checked as if a stranger had sent it. */
export function privateCaIssuer(client: ACMPCAClient, options: PrivateCaOptions): LeafIssuer {
  const { arn, alsoTrusted, profile } = options;
  const partition = arn.split(':')[1] ?? 'aws';
  return {
    issue: async ({ csr, publicKey, spiffeId, point }, now) => {
      const root = await rootOf(client, arn);
      const others = await Promise.all(alsoTrusted.map((other) => rootOf(client, other)));
      const seconds = Math.floor(now.getTime() / 1000);
      const { CertificateArn } = await client.send(
        new IssueCertificateCommand({
          CertificateAuthorityArn: arn,
          Csr: Buffer.from(csr),
          SigningAlgorithm: 'SHA256WITHECDSA',
          TemplateArn: `arn:${partition}:${TEMPLATE}`,
          Validity: { Type: 'ABSOLUTE', Value: seconds + profile.lifetimeSeconds },
          ValidityNotBefore: { Type: 'ABSOLUTE', Value: seconds - CLOCK_SKEW_SECONDS },
          // Both are always given: the template would else take the request's.
          ApiPassthrough: {
            Subject: { CommonName: point },
            Extensions: {
              SubjectAlternativeNames: [{ UniformResourceIdentifier: spiffeId }],
              KeyUsage: { DigitalSignature: true },
              ExtendedKeyUsage: profile.extendedKeyUsage.map((usage) => ({
                ExtendedKeyUsageType: EXTENDED[usage],
              })),
            },
          },
        }),
      );
      const leaf = await certificate(client, arn, CertificateArn ?? '');
      const { serial, notAfter } = checkLeaf(leaf, {
        issuer: root,
        publicKey,
        spiffeId,
        commonName: point,
        profile,
        now,
      });
      return {
        serial,
        notAfter,
        certificates: leaf,
        roots: [...new Set([root, ...others])].join(''),
        issuerNotAfter: authorityCertificate(root).notAfter,
      };
    },
  };
}

async function rootOf(client: ACMPCAClient, arn: string): Promise<string> {
  const found = await client.send(
    new GetCertificateAuthorityCertificateCommand({ CertificateAuthorityArn: arn }),
  );
  if (!found.Certificate || found.CertificateChain) throw new TypeError(`${arn} is not a root authority`);
  return pem(found.Certificate);
}

async function certificate(client: ACMPCAClient, authority: string, arn: string): Promise<string> {
  const asked = new GetCertificateCommand({ CertificateAuthorityArn: authority, CertificateArn: arn });
  for (let look = 0; look < LOOKS; look += 1) {
    try {
      const { Certificate } = await client.send(asked);
      if (Certificate) return pem(Certificate);
    } catch (error) {
      if (!(error instanceof RequestInProgressException)) throw error;
    }
    await sleep(POLL);
  }
  throw new TypeError('the certificate was not issued in time');
}

function pem(text: string): string {
  return `${text.trim()}\n`;
}
