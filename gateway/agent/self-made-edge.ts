import { createPublicKey } from 'node:crypto';
import {
  generatePrivateKey,
  issueEdge,
  issueIssuing,
  issueRoot,
  memorySigner,
} from '../../lib/authority/index.js';
import { certificateProfiles } from '../../lib/plan/certificates.js';
import type { EdgeCertificate } from './edge-certificate.js';

/** Only a name; whoever accepts this certificate does not ask who made it. */
const NAME = 'gateway';
/** The profile of workloads is not used here. */
const PROFILES = certificateProfiles(3600);

/**
 * A certificate for these hosts that nobody vouches for, with its whole chain. API Gateway takes it where it
 * is told not to verify: even then it looks at the dates, the host, and for a root that is an authority
 * (`insecureSkipVerification`, API Gateway developer guide). The keys of its authorities are gone when this
 * returns, so nothing else is ever signed by them.
 */
export async function selfMadeEdge(hosts: readonly string[], now: Date): Promise<EdgeCertificate> {
  const rootSigner = memorySigner(generatePrivateKey());
  const root = (await issueRoot(PROFILES, { signer: rootSigner, name: NAME, now })).pem;
  const signer = memorySigner(generatePrivateKey());
  const above = { signer: rootSigner, certificate: root };
  const issuing = (await issueIssuing(PROFILES, above, { issuing: signer, name: NAME, now })).pem;
  const key = generatePrivateKey();
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const leaf = await issueEdge(PROFILES, { signer, certificate: issuing }, { publicKey, hosts, now });
  return {
    serial: leaf.serial,
    chain: leaf.pem + issuing + root,
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    expiresAt: leaf.notAfter.getTime(),
  };
}
