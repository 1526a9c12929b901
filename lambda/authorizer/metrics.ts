import type { Clock } from './refreshed.js';

/** The CloudWatch namespace of the authorizer's metrics. */
export const METRIC_NAMESPACE = 'ZeroTrustPlatform/Authorizer';

/** What is counted. */
export const COUNTERS = [
  'Allowed',
  'Refused',
  'Unavailable',
  'SignatureChecks',
  'CacheHits',
  'KeyFetches',
  'KeyFetchFailures',
  'RevocationReads',
  'RevocationReadFailures',
] as const;
export type Counter = (typeof COUNTERS)[number];

/** A gauge beside the counters: seconds since the revocations were known to hold. */
export const REVOCATION_AGE = 'RevocationAge';

/** The one dimension: the function's name. */
export const METRIC_DIMENSION = 'Function';

/** Milliseconds between two lines of metrics. */
const INTERVAL_MILLISECONDS = 60_000;

/**
 * Counts in memory, and writes one line in CloudWatch's embedded metric format a minute: a request adds
 * to a number. What an environment counted since its last line is lost with it; its decisions are not.
 */
export class Metrics {
  #counts: Partial<Record<Counter, number>> = {};
  #written: number;

  constructor(
    readonly clock: Clock,
    readonly write: (line: string) => void,
    /** The value of the only dimension. */
    readonly functionName: string,
    /** Seconds since the revocations were known to hold. */
    readonly revocationAge: (now: number) => number,
  ) {
    this.#written = clock();
  }

  count(counter: Counter): void {
    this.#counts[counter] = (this.#counts[counter] ?? 0) + 1;
  }

  /** Write a line if its time has come, or at once for what an alarm waits for. */
  flush(now: number): void {
    const isDue = now - this.#written >= INTERVAL_MILLISECONDS || now < this.#written;
    const isAlarming = this.#counts.Unavailable !== undefined && now - this.#written >= 1000;
    if (!isDue && !isAlarming) return;
    const age = this.revocationAge(now);
    const values = {
      ...this.#counts,
      ...(Number.isFinite(age) && { [REVOCATION_AGE]: Math.max(0, age) }),
    };
    const metrics = Object.keys(values).map((name) => ({
      Name: name,
      Unit: name === REVOCATION_AGE ? 'Seconds' : 'Count',
    }));
    const directive = { Namespace: METRIC_NAMESPACE, Dimensions: [[METRIC_DIMENSION]], Metrics: metrics };
    const metadata = { Timestamp: now, CloudWatchMetrics: [directive] };
    this.#counts = {};
    this.#written = now;
    this.write(`${JSON.stringify({ _aws: metadata, [METRIC_DIMENSION]: this.functionName, ...values })}\n`);
  }
}
