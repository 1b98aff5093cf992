// Where the counters of a limit may be kept besides this process.
import type { RateLimitRule, RateLimitVerdict } from './rule.js';

/** One request, as a store sees it. */
export interface RateLimitQuery {
  /** Which limit it is: the same for every process that shares the counters. */
  readonly scope: string;
  /** Whose request it is. */
  readonly key: string;
  readonly rule: RateLimitRule;
}

/**
 * Keeps counters for several limits, and for several processes. Registered by the host as an extension, and named by `store`.
 * Answers are awaited for a while; a store that fails, or takes too long, is left alone for a second.
 */
export interface RateLimitStore {
  /** Judges one more request and counts it, in one step that nobody else can come between. */
  take(query: RateLimitQuery): RateLimitVerdict | Promise<RateLimitVerdict>;
  /** Undoes a `take` that allowed: another limit has denied the request. A store without it counts such requests. */
  giveBack?(query: RateLimitQuery): void | Promise<void>;
}
