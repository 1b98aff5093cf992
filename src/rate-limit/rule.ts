// What a limit allows, and what is said of one request: the words that algorithms, stores and limiters share.

/** The numbers of one limit. JSON-serialisable: shared stores send it along. */
export interface RateLimitRule {
  readonly algorithm: 'sliding' | 'gcra';
  /** Requests per window, at least 1. */
  readonly requests: number;
  /** Whole ms. */
  readonly windowMs: number;
  /** gcra: requests at once, at least 1; sliding has no use for it. */
  readonly burst: number;
  /** sliding: whether what is denied counts. */
  readonly countDenied: boolean;
  /** How long a request may be made to wait rather than be denied, ms; 0 = not at all. */
  readonly maxDelayMs: number;
}

/** What a limit says of one request. */
export interface RateLimitVerdict {
  readonly allowed: boolean;
  /** Allowed, but only after this many ms; its place is taken already. 0 = now. */
  readonly delayMs: number;
  /** Requests that would be allowed at once after this one. */
  readonly remaining: number;
  /** Denied: when it would be allowed without a wait if nobody else asked, in ms from now, exact to 1 ms. */
  readonly retryAfterMs: number;
}

/** A verdict that is written anew for each request, so that a decision allocates nothing. */
export class ReusedVerdict implements RateLimitVerdict {
  allowed = true;
  // Not 0: a field that has begun as a small whole number would be given a new object for each time that is none.
  delayMs: number = Number.NaN;
  remaining: number = Number.NaN;
  retryAfterMs: number = Number.NaN;

  /** @returns this */
  allow(delayMs: number, remaining: number): this {
    this.allowed = true;
    this.delayMs = delayMs;
    this.remaining = remaining;
    this.retryAfterMs = 0;
    return this;
  }

  /** @returns this */
  deny(retryAfterMs: number): this {
    this.allowed = false;
    this.delayMs = 0;
    this.remaining = 0;
    this.retryAfterMs = retryAfterMs;
    return this;
  }
}

/** An algorithm: the state of one key, a moment in whole ms that never goes back, and what it says. */
export interface LimitAlgorithm<State extends object> {
  /** A key that was never seen. */
  createState(): State;
  /** Judges one more request and counts it where it is to count. */
  take(state: State, nowMs: number, verdict: ReusedVerdict): void;
  /** Undoes the last `take` that allowed: the request is not made after all. */
  giveBack(state: State): void;
  /** The state as numbers that mean the same on any clock. */
  save(state: State, nowMs: number): readonly number[];
  /** The state of a copy, so many finite numbers as `save` gives. */
  load(numbers: readonly number[], nowMs: number): State;
}
