/** Milliseconds since the epoch. The wall clock alone goes on while a frozen environment sleeps. */
export type Clock = () => number;

export interface RefreshOptions<Value> {
  /** Get the value anew; `before` is the last one. Must end by itself within `timeoutMilliseconds`. */
  readonly load: (before: Value | undefined) => Promise<Value>;
  readonly clock: Clock;
  readonly timeoutMilliseconds: number;
  /** Seconds after which the source was asked again; half of it begins to ask, out of band. */
  readonly refreshSeconds: number;
  /** Seconds for which the last value serves while the source does not answer. */
  readonly outageSeconds: number;
  /** Serves once a first attempt has failed, as if it were from the making of this object. */
  readonly fallback?: Value;
  /** Told of every attempt that ended. */
  readonly onEnd?: (error: unknown) => void;
}

/** Attempts begin at least so far apart, whatever asks for them. */
const LEAST_INTERVAL_MILLISECONDS = 1000;
/** After an attempt that failed the next begins so much later, out of band. */
const RETRY_MILLISECONDS = 5000;
/** So long after the last failed attempt nobody waits for another: the source does not answer. */
const OUTAGE_KNOWN_MILLISECONDS = 15_000;

/**
 * A value that somebody else changes: read out of band, never older than `refreshSeconds` while its
 * source answers. Ages count from the beginning of an attempt, since what comes back may be as old as that.
 */
export class Refreshed<Value> {
  readonly #options: RefreshOptions<Value>;
  readonly #made: number;
  #value: Value | undefined;
  /** When the attempt that brought the value began. */
  #asOf = Number.NEGATIVE_INFINITY;
  /** When the last attempt began, whatever came of it. */
  #began = Number.NEGATIVE_INFINITY;
  /** When the last attempt began, if it failed. */
  #failed = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;
  #attempts = 0;
  /** Attempts up to this one bring nothing any more: a later one did, or the clock was set back since they began. */
  #past = 0;
  #seen: number;

  constructor(options: RefreshOptions<Value>) {
    this.#options = options;
    this.#made = options.clock();
    this.#seen = this.#made;
  }

  /** The value; a promise, if it can be had only after the attempt that is under way; nothing, if there is none. */
  get(now: number): Value | Promise<void> | undefined {
    this.#watchClock(now);
    const { refreshSeconds, outageSeconds } = this.#options;
    const fails = this.#fails(now);
    if (!fails && now - this.#asOf >= refreshSeconds * 1000) return this.#attempt(now);
    if (now - this.#began >= (fails ? RETRY_MILLISECONDS : refreshSeconds * 500)) void this.#attempt(now);
    if (this.#value !== undefined && now - this.#asOf <= outageSeconds * 1000) return this.#value;
    return this.#running || now - this.#began >= LEAST_INTERVAL_MILLISECONDS ? this.#attempt(now) : undefined;
  }

  /**
   * For who misses something in the value since `since`: the end of an attempt that can bring it, if one
   * is under way or may begin; nothing, if the value is as new as that already, or the source does not answer.
   * Then the attempt goes out of band: whoever asks for what is not there would wait for its whole time.
   */
  renewal(since: number, now: number): Promise<void> | undefined {
    this.#watchClock(now);
    if (!this.#running && this.#began > since - LEAST_INTERVAL_MILLISECONDS) return undefined;
    const end = this.#attempt(now);
    return this.#fails(now) ? undefined : end;
  }

  /** Seconds since the value was known to hold. */
  ageSeconds(now: number): number {
    return (now - this.#asOf) / 1000;
  }

  /** Whether it is known that the source does not answer. */
  #fails(now: number): boolean {
    return now - this.#failed < OUTAGE_KNOWN_MILLISECONDS;
  }

  /** A clock that was set back says nothing about ages: everything is due, and what is under way comes from another time. */
  #watchClock(now: number): void {
    if (now > this.#seen - LEAST_INTERVAL_MILLISECONDS) {
      this.#seen = Math.max(this.#seen, now);
      return;
    }
    this.#seen = now;
    this.#began = Number.NEGATIVE_INFINITY;
    this.#failed = Number.NEGATIVE_INFINITY;
    // The value may be of any age: it serves on only while the source does not answer.
    this.#asOf = Math.min(this.#asOf, now - this.#options.refreshSeconds * 1000);
    this.#past = this.#attempts;
    this.#running = undefined;
  }

  /** The attempt under way, or a new one. */
  #attempt(now: number): Promise<void> {
    const { timeoutMilliseconds } = this.#options;
    // One that outlived its time was frozen with the environment: its answer is not to be waited for.
    if (this.#running && now - this.#began <= timeoutMilliseconds) return this.#running;
    this.#began = now;
    const running = this.#load(now).finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }

  async #load(began: number): Promise<void> {
    const { load, onEnd, fallback } = this.#options;
    this.#attempts += 1;
    const attempt = this.#attempts;
    try {
      const value = await load(this.#value);
      // A frozen attempt may answer after a newer one.
      if (attempt > this.#past) {
        this.#past = attempt;
        this.#value = value;
        this.#asOf = began;
        if (began >= this.#failed) this.#failed = Number.NEGATIVE_INFINITY;
      }
      onEnd?.(undefined);
    } catch (error) {
      if (attempt > this.#past) this.#failed = began;
      if (this.#value === undefined && fallback !== undefined) {
        this.#value = fallback;
        this.#asOf = this.#made;
      }
      onEnd?.(error);
    }
  }
}
