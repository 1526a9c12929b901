import { createHash, generateKeyPairSync } from 'node:crypto';
import { X509CertificateGenerator } from '../../../lib/authority/x509.js';

/** What API Gateway says who it is by. */
export interface ApiGateway {
  readonly cert: string;
  readonly key: string;
  /** As Envoy takes it. */
  readonly hash: string;
}

/** A certificate that no authority signed, as API Gateway makes them, and its hash as Envoy takes it. */
export async function clientCertificate(from = Date.now() - 60_000): Promise<ApiGateway> {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=ApiGateway, O=Amazon',
    notBefore: new Date(from),
    notAfter: new Date(from + 120_000),
    keys: {
      publicKey: pair.publicKey.toCryptoKey(algorithm, true, ['verify']),
      privateKey: pair.privateKey.toCryptoKey(algorithm, false, ['sign']),
    },
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
  });
  const key = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const hash = createHash('sha256').update(new Uint8Array(certificate.rawData)).digest('hex');
  return { cert: certificate.toString('pem'), key, hash };
}
