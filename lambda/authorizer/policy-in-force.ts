import { canonicalJson } from '../../lib/plan/json.js';
import { indexPolicy, type PolicyIndex, withRevocations } from '../../lib/policy/index-rules.js';
import type { Policy } from '../../lib/policy/policy.js';
import type { RevocationDocument } from '../../lib/policy/revocation.js';
import { readRevocationDocument } from '../../lib/policy/revocation-document.js';
import { STORE_MILLISECONDS } from './aws-request.js';
import type { AuthorizerData } from './data.js';
import { type Clock, Refreshed } from './refreshed.js';
import type { ReadRevocations } from './revocation-store.js';

/** The policy as it is in force: with what has been revoked. */
export interface PolicyInForce {
  /** The index; a promise while it must be waited for; nothing if what is revoked is not known. */
  get(now: number): PolicyIndex | Promise<void> | undefined;
  /** Seconds since the revocations were known to hold. */
  ageSeconds(now: number): number;
}

export interface PolicyOptions {
  readonly data: AuthorizerData;
  readonly clock: Clock;
  /** Reads the revocations that are in force. @default those of the plan are, for good */
  readonly read?: ReadRevocations | undefined;
  /** Told of every reading that ended. */
  readonly onRead: (error: unknown) => void;
}

/** Lay out the policy of the plan; the first reading of the revocations begins at once. */
export function policyInForce({ data, clock, read, onRead }: PolicyOptions): PolicyInForce {
  const { document, refreshSeconds, outageSeconds } = data.revocation;
  const planned = indexPolicy(data.policy, document);
  if (!read) return { get: () => planned, ageSeconds: () => 0 };
  const inForce = new Refreshed<PolicyIndex>({
    clock,
    refreshSeconds,
    outageSeconds,
    timeoutMilliseconds: STORE_MILLISECONDS,
    onEnd: onRead,
    load: async (before = planned) => {
      const text = await read();
      if (text !== undefined) return succeeding(before, text);
      // Never written, or taken away: what was withdrawn stays so.
      if (before === planned) return planned;
      throw new Error('the revocations are not there any more');
    },
  });
  void inForce.get(clock());
  return inForce;
}

/** What is revoked, as another process reads and checks it. */
export interface HandedRevocations {
  /** The document in force; nothing while it is not known. */
  readonly document: RevocationDocument | undefined;
}

/** The policy of the plan under whatever document has been handed on; nothing is decided before there is one. */
export function handedPolicy(policy: Policy, handed: HandedRevocations): PolicyInForce {
  let index: PolicyIndex | undefined;
  return {
    get: () => {
      const { document } = handed;
      if (!document) return undefined;
      if (!index) index = indexPolicy(policy, document);
      else if (index.revocations.document !== document) index = withRevocations(index, document);
      return index;
    },
    ageSeconds: () => 0,
  };
}

/** The policy under the document; throws if it is older, or another one of the same version: what was withdrawn stays so. */
function succeeding(before: PolicyIndex, text: string): PolicyIndex {
  const next = readRevocationDocument(text);
  const { document } = before.revocations;
  if (next.version > document.version) return withRevocations(before, next);
  if (next.version === document.version && canonicalJson(next) === canonicalJson(document)) return before;
  throw new Error(`version ${next.version} of the revocations does not follow version ${document.version}`);
}
