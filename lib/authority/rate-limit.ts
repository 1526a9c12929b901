/** How often one identity may ask, kept wherever the authority runs. */
export interface IssuanceLimit {
  /** Count one request of this identity. Returns the seconds to wait, 0 if it may go on. */
  take(identity: string, now: Date): Promise<number>;
}

export interface IssuanceRate {
  /** Requests that one identity may make at once. */
  readonly burst: number;
  /** Seconds until it may make one more. */
  readonly secondsPerRequest: number;
}

interface Bucket {
  tokens: number;
  filledAt: number;
}

/**
 * A token bucket per identity in this process's memory. One identity never uses up what another may
 * ask for; there are as many buckets as identities in the plan.
 */
export function memoryLimit({ burst, secondsPerRequest }: IssuanceRate): IssuanceLimit {
  const buckets = new Map<string, Bucket>();
  return {
    take: async (identity, now) => {
      const seconds = now.getTime() / 1000;
      const bucket = buckets.get(identity) ?? { tokens: burst, filledAt: seconds };
      buckets.set(identity, bucket);
      // A clock set back fills nothing and takes nothing away.
      const elapsed = Math.max(0, seconds - bucket.filledAt);
      bucket.tokens = Math.min(burst, bucket.tokens + elapsed / secondsPerRequest);
      bucket.filledAt = seconds;
      if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) * secondsPerRequest);
      bucket.tokens -= 1;
      return 0;
    },
  };
}
