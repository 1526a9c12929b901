import { ZeroTrustError } from '../../lib/diagnostic.js';
import type { RefusalCode, RefusedAnswer } from './protocol.js';

/** What a caller is told; the log has the rest. Numbers: seconds after which asking again may help. */
const TOLD: Readonly<Record<RefusalCode, readonly [message: string, retryAfterSeconds?: number]>> = {
  'malformed-request': ['the request does not have the form of the protocol'],
  'wrong-attestation': ['the attestation is not for this platform, key, region or service'],
  'stale-attestation': ['the attestation is not of this minute: check the clock, and sign anew', 1],
  'replayed-attestation': ['the attestation was used before: sign anew', 1],
  'unproven-caller': ['STS does not accept the attestation'],
  'attestation-unavailable': ['STS could not be asked', 5],
  'unknown-identity': ['the role that signed has no identity on this platform'],
  'refused-key': ['the certificate request or its key is not accepted'],
  'issuance-rate': ['this identity asked too often', 60],
  'authority-unavailable': ['the authority could not sign', 5],
};

/** Nothing is issued. `message` is for the log alone. */
export class Refusal extends ZeroTrustError {
  declare readonly code: RefusalCode;
  constructor(code: RefusalCode, message: string) {
    super(code, message);
  }
}

/** What the caller gets to know of a refusal. */
export function refusedAnswer(code: RefusalCode): RefusedAnswer {
  const [message, retryAfterSeconds] = TOLD[code];
  return { kind: 'refused', code, message, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) };
}
