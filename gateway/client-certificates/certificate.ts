import { createHash, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { awsCall } from '../aws/call.js';

export interface ClientCertificate {
  /** SHA-256 of the DER in hex, as Envoy pins it. */
  readonly hash: string;
  /** Whole days until it ends; negative after that. */
  readonly daysLeft: number;
}

/** The answer of `GetClientCertificate` (API Gateway's REST API), as far as it is read. */
const ANSWER = z.object({ pemEncodedCertificate: z.string() });
const ID = /^[a-z0-9]{1,32}$/;

export async function readClientCertificate(
  id: string,
  region: string,
  now: Date,
): Promise<ClientCertificate> {
  if (!ID.test(id)) throw new TypeError(`${JSON.stringify(id.slice(0, 40))} is no certificate's id`);
  const answer = await awsCall({ service: 'apigateway', region, path: `/clientcertificates/${id}` });
  const certificate = new X509Certificate(ANSWER.parse(answer).pemEncodedCertificate);
  return {
    hash: createHash('sha256').update(certificate.raw).digest('hex'),
    daysLeft: Math.floor((certificate.validToDate.getTime() - now.getTime()) / 86_400_000),
  };
}
