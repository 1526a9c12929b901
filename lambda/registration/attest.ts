import { createHash, createHmac, createPublicKey, type Hash, type Hmac, type KeyObject } from 'node:crypto';
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

/** SHA-256, and HMAC with a secret, in the form that the signer takes. */
class Sha256 {
  readonly #secret: string | Uint8Array | undefined;
  #hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#secret = secret === undefined ? undefined : bytes(secret);
    this.#hash = this.#start();
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytes(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()));
  }

  reset(): void {
    this.#hash = this.#start();
  }

  #start(): Hash | Hmac {
    return this.#secret === undefined ? createHash('sha256') : createHmac('sha256', this.#secret);
  }
}

function bytes(data: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof data === 'string') return data;
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
