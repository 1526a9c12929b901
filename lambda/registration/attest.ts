import { createPublicKey, type KeyObject } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { certificateRequest } from '../../lib/authority/request.js';
import { keyHash } from './key-hash.js';
import {
  ATTESTED_BODY,
  ATTESTED_CONTENT_TYPE,
  ATTESTED_HEADERS,
  ATTESTED_METHOD,
  ATTESTED_PATH,
  type Attestation,
  type AttestedHeader,
  KEY_HEADER,
  PLATFORM_HEADER,
  type RegistrationRequest,
} from './protocol.js';
import { stsHost } from './hosts.js';
import { Sha256 } from './sha256.js';

/** The task's own credentials, as its container credentials endpoint gives them. */
export interface TaskCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

export interface AttestedClaims {
  readonly credentials: TaskCredentials;
  /** The region of the platform, which its authority asks STS in. */
  readonly region: string;
  /** The platform's id: its trust domain. */
  readonly platform: string;
  /** The DER SubjectPublicKeyInfo of the key to certify. */
  readonly publicKey: Uint8Array;
  /** @default now */
  readonly now?: Date;
}

/** What the agent sends: a request that says nothing but the key, and who signs for it. */
export async function registrationRequest(
  privateKey: KeyObject,
  claims: Omit<AttestedClaims, 'publicKey'>,
): Promise<RegistrationRequest> {
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  return {
    csr: await certificateRequest(privateKey),
    attestation: await attest({ ...claims, publicKey }),
  };
}

/** Sign `sts:GetCallerIdentity` for this platform and key. It is valid once, for a minute. */
export async function attest(claims: AttestedClaims): Promise<Attestation> {
  const { credentials, region, platform, publicKey, now = new Date() } = claims;
  const signer = new SignatureV4({
    service: 'sts',
    region,
    credentials,
    sha256: Sha256,
    // STS hashes the body itself; a header that says the hash would be one more to check.
    applyChecksum: false,
  });
  const host = stsHost(region);
  const signed = await signer.sign(
    {
      method: ATTESTED_METHOD,
      protocol: 'https:',
      hostname: host,
      path: ATTESTED_PATH,
      headers: {
        host,
        'content-type': ATTESTED_CONTENT_TYPE,
        [KEY_HEADER]: keyHash(publicKey),
        [PLATFORM_HEADER]: platform,
      },
      body: ATTESTED_BODY,
    },
    { signingDate: now },
  );
  return {
    method: ATTESTED_METHOD,
    path: ATTESTED_PATH,
    body: ATTESTED_BODY,
    headers: headersOf(signed.headers),
  };
}

function headersOf(signed: Readonly<Record<string, string>>): Record<AttestedHeader, string> {
  return Object.fromEntries(ATTESTED_HEADERS.map((name) => [name, signed[name] ?? ''])) as Record<
    AttestedHeader,
    string
  >;
}
