import { type KeyObject, X509Certificate } from 'node:crypto';
import type { IssuedAnswer } from '../../lambda/registration/protocol.js';
import { CLOCK_SKEW_SECONDS } from '../../lib/plan/issuers.js';
import { AgentError } from './error.js';

/** A certificate that is this workload's, checked, with its key. */
export interface Leaf {
  readonly serial: string;
  /** PEM: the leaf, then what is between it and a root. */
  readonly chain: string;
  /** PKCS #8 in PEM. */
  readonly privateKey: string;
  /** PEM of every root that counts. */
  readonly roots: string;
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** `serverAuth` and `clientAuth` (RFC 5280, section 4.2.1.12): what every workload's profile has. */
const USES = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'];

/** The certificates of a PEM text. */
export function certificatesOf(pem: string): X509Certificate[] {
  return (pem.match(PEM) ?? []).map((block) => new X509Certificate(block));
}

/**
 * Take an answer of the registration authority. Throws `unusable-certificate` unless it is for this key
 * and this name alone, for both ends of TLS, valid now, and leads to one of the roots: nothing is put in force that peers, or
 * this point, would read in another way.
 */
export function checkedLeaf(
  answer: IssuedAnswer,
  privateKey: KeyObject,
  { spiffeId, point }: { readonly spiffeId: string; readonly point: string },
  now: Date,
): Leaf {
  let chain: X509Certificate[];
  let roots: X509Certificate[];
  try {
    chain = certificatesOf(answer.certificates);
    roots = certificatesOf(answer.roots);
  } catch {
    throw unusable('it is not PEM');
  }
  const [leaf] = chain;
  const last = chain.at(-1);
  if (!leaf || !last) throw unusable('there is no certificate');
  if (!leaf.checkPrivateKey(privateKey)) throw unusable('it is for another key');
  if (leaf.subjectAltName !== `URI:${spiffeId}`) throw unusable(`its name is not ${spiffeId}`);
  if (leaf.ca) throw unusable('it is an authority');
  // AWS Private CA gives a subject of the authority's choice, all others none. Node has no word for none.
  const subject = (leaf.subject as string | undefined) ?? '';
  if (subject !== '' && subject !== `CN=${point}`) throw unusable('its subject is something else');
  const uses = (leaf.keyUsage as readonly string[] | undefined) ?? [];
  if (uses.toSorted().join() !== USES.join()) {
    throw unusable('it is not for servers and clients of TLS, and nothing else');
  }
  const begins = leaf.validFromDate.getTime();
  const expiresAt = leaf.validToDate.getTime();
  if (now.getTime() < begins || now.getTime() >= expiresAt) throw unusable('it is not valid now');
  const linked = chain.every((certificate, at) => at === 0 || isIssuedBy(chain[at - 1]!, certificate));
  if (!linked || !roots.some((root) => isIssuedBy(last, root))) throw unusable('it leads to no root');
  return {
    serial: leaf.serialNumber,
    chain: answer.certificates,
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    roots: answer.roots,
    issuedAt: begins + CLOCK_SKEW_SECONDS * 1000,
    expiresAt,
  };
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function unusable(why: string): AgentError {
  return new AgentError('unusable-certificate', `the certificate of the authority is not taken: ${why}`);
}
