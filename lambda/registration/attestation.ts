import { CLOCK_SKEW_SECONDS } from '../../lib/plan/issuers.js';
import { stsHost } from './hosts.js';
import {
  ATTESTATION_SECONDS,
  ATTESTED_CONTENT_TYPE,
  type Attestation,
  KEY_HEADER,
  PLATFORM_HEADER,
  SIGNED_HEADERS,
} from './protocol.js';
import { Refusal } from './refusal.js';

/** What an attestation must be for, all of it known without the caller. */
export interface Expected {
  readonly platform: string;
  readonly region: string;
  /** `keyHash` of the key that the CSR asks for. */
  readonly keyHash: string;
}

/** `Credential`, `SignedHeaders` and `Signature`, each once and in this order (Signature Version 4). */
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([A-Z0-9]{16,128})\/([0-9]{8})\/([a-z0-9-]{1,40})\/([a-z0-9-]{1,40})\/aws4_request, SignedHeaders=([a-z0-9;-]{1,200}), Signature=([0-9a-f]{64})$/;

const TIME = /^([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})Z$/;

/** What an attestation claims and is signed with; STS says whether the signature is good. */
export interface Claimed {
  /** Hex of the signature: no two attestations share it. */
  readonly signature: string;
  readonly signedAt: Date;
}

/**
 * Check everything of an attestation but its signature. STS would accept a claim that the signature
 * does not cover, or a scope of another region: only this function can refuse them.
 */
export function checkAttestation({ headers }: Attestation, expected: Expected, now: Date): Claimed {
  const [, , day, region, service, signed, signature] = AUTHORIZATION.exec(headers.authorization) ?? [];
  if (signature === undefined) throw wrong('the authorization header does not have its form');
  if (signed !== SIGNED_HEADERS.join(';')) throw wrong(`the signature covers ${signed}`);
  if (region !== expected.region || service !== 'sts') throw wrong(`the scope is ${region}/${service}`);
  const wanted = {
    'content-type': ATTESTED_CONTENT_TYPE,
    host: stsHost(expected.region),
    [PLATFORM_HEADER]: expected.platform,
    [KEY_HEADER]: expected.keyHash,
  } as const;
  for (const [name, value] of Object.entries(wanted)) {
    const found = headers[name as keyof typeof headers];
    if (found !== value) throw wrong(`${name} is ${JSON.stringify(found.slice(0, 120))}`);
  }
  const date = headers['x-amz-date'];
  if (day !== date.slice(0, 8)) throw wrong('the scope and the date name different days');
  return { signature, signedAt: recent(date, now) };
}

function recent(text: string, now: Date): Date {
  const time = new Date(text.replace(TIME, '$1-$2-$3T$4:$5:$6Z'));
  if (!TIME.test(text) || Number.isNaN(time.getTime())) throw wrong('the date does not have its form');
  const age = (now.getTime() - time.getTime()) / 1000;
  if (age > ATTESTATION_SECONDS || age < -CLOCK_SKEW_SECONDS) {
    throw new Refusal('stale-attestation', `signed ${Math.round(age)} s ago`);
  }
  return time;
}

function wrong(message: string): Refusal {
  return new Refusal('wrong-attestation', message);
}
