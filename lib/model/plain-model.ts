import type { Rule } from './access.js';
import type { EgressRule } from './egress.js';
import type { ZeroTrustModel } from './platform.js';

/** A model as plain data: what its builders hold, without the builders. */
export interface PlainModel extends ZeroTrustModel {
  readonly access: readonly Rule[];
  readonly egress?: readonly EgressRule[];
}
