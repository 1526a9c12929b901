import { createPrivateKey } from 'node:crypto';
import { z } from 'zod';
import { AgentError } from './error.js';
import { certificatesOf } from './leaf.js';
import { secretValue } from './secret-value.js';

/** What a gateway shows to API Gateway. */
export interface EdgeCertificate {
  readonly serial: string;
  /** PEM: the certificate and its chain. */
  readonly chain: string;
  /** PKCS #8 in PEM. */
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** The secret's value, as JSON: PEM of the certificate with its chain, and of its key, not encrypted. */
const SECRET = z.object({ certificate: z.string(), privateKey: z.string() });

/** Read the certificate from Secrets Manager. Throws `unusable-edge-certificate`, which never quotes it. */
export async function fetchEdgeCertificate(
  secretArn: string,
  region: string,
  now: Date,
): Promise<EdgeCertificate> {
  return edgeCertificate(await secretValue(secretArn, region), now);
}

/** Take a secret's text. */
export function edgeCertificate(text: string, now: Date): EdgeCertificate {
  try {
    const { certificate, privateKey } = SECRET.parse(JSON.parse(text));
    const [leaf] = certificatesOf(certificate);
    const key = createPrivateKey(privateKey);
    const expiresAt = leaf?.validToDate.getTime() ?? 0;
    if (!leaf?.checkPrivateKey(key) || expiresAt <= now.getTime()) throw new TypeError();
    const pkcs8 = key.export({ type: 'pkcs8', format: 'pem' }).toString();
    return { serial: leaf.serialNumber, chain: certificate, key: pkcs8, expiresAt };
  } catch {
    throw new AgentError(
      'unusable-edge-certificate',
      'the secret is not { certificate, privateKey } in PEM, of one key and not expired',
    );
  }
}
