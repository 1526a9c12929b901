import type { RevocationDocument } from '../../lib/policy/revocation.js';
import type { KeyPlace } from './keys.js';

/** What an agent starts a decision service with, as JSON in `ZTP_DECISION`. */
export interface SupervisedSettings {
  /** The UNIX socket that the point's Envoy asks at. */
  readonly socket: string;
  /** Its `policy.json`, with the values of its refs. */
  readonly policy: string;
  readonly keys: readonly KeyPlace[];
  /** The dimension of its metrics. */
  readonly name: string;
}

/** The environment variable with them, and the only one that it has. */
export const SUPERVISED = 'ZTP_DECISION';

/** What the agent says over the channel between the two: something new is revoked, or nothing but a question how it is. */
export interface Told {
  readonly id: number;
  readonly revocations?: RevocationDocument;
}

/** What the decision service answers once that is in force. */
export interface Taken {
  readonly id: number;
}
