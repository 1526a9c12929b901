import type { DecisionLogEntry } from '../../lib/plan/decision-log.js';
import type { Outcome } from '../../lib/policy/decide.js';
import type { EdgeDecision, Verdict } from './authorizer.js';
import type { EdgeRequest } from './edge-request.js';

/** Where a decision was taken, and what the caller got of it. */
export interface LineContext {
  /** The key of the enforcement point. */
  readonly point: string;
  /** By outcome; an admitted request has the status that whatever stands behind gives, 200 stands for it. */
  readonly statuses: Statuses;
  /** Milliseconds since the epoch. */
  readonly began: number;
  readonly ended: number;
}

export type Statuses = Readonly<Record<Outcome | 'unavailable', number>>;

const SPIFFE_ID = /^spiffe:\/\/[^/]+\/.+$/;

/** Characters of `requestId` and `traceparent` in the schema. */
const MAX_ID = 128;

/** A line of the decision log: never a token, a query, or a header but `traceparent`. */
export function decisionLine(
  request: EdgeRequest,
  { decision, token }: Verdict,
  { point, statuses, began, ended }: LineContext,
): DecisionLogEntry {
  const { service, method, path, requestId, traceparent, peer } = request;
  const subject = token?.claims['sub'];
  const mark = path.indexOf('?');
  return {
    version: 1,
    time: new Date(began).toISOString(),
    point,
    ...(traceparent !== undefined && traceparent.length <= MAX_ID && { traceparent }),
    ...(requestId !== undefined && requestId.length <= MAX_ID && { requestId }),
    ...(peer !== undefined && SPIFFE_ID.test(peer) && { peer }),
    ...(typeof subject === 'string' && { subject }),
    ...(token && { issuer: token.issuer }),
    ...(service !== undefined && { service }),
    method,
    path: mark === -1 ? path : path.slice(0, mark),
    ...('operation' in decision && decision.operation !== undefined && { operation: decision.operation }),
    decision: wordFor(decision),
    status: statuses[decision.outcome],
    reason: decision.reason,
    ...(decision.rule !== undefined && { rule: decision.rule }),
    ...('wouldRefuse' in decision &&
      decision.wouldRefuse !== undefined && { wouldRefuse: decision.wouldRefuse }),
    ...('wouldAllow' in decision && decision.wouldAllow !== undefined && { wouldAllow: decision.wouldAllow }),
    duration: Math.max(0, Math.round(ended - began)),
  };
}

function wordFor({ outcome }: EdgeDecision): DecisionLogEntry['decision'] {
  if (outcome === 'allow' || outcome === 'preflight') return outcome;
  return 'refuse';
}
