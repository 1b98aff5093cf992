// Whether a failed try is worth another one, and after which pause. Pure: time and chance are arguments.
import type { Random } from '../core/random.js';
import type { RetriesConfig, RetryCondition } from '../spec/config.js';

/** How long a request's deposit counts, in ms (finagle's default). */
const DEPOSIT_TTL_MS = 10_000;
/** The window is counted in slices of this many ms. */
const SLICE_MS = 1000;
const SLICES = DEPOSIT_TTL_MS / SLICE_MS;
/** Retries per second that are allowed whatever the traffic, so that a quiet pool can retry at all. */
const RESERVE_PER_SECOND = 10;
const MAX_BACKOFF_MS = 250;

/**
 * The retry rules of one pool: how many tries, on what, and a budget so that retries never double the load of a pool in trouble.
 *
 * The budget is finagle's token bucket: each request deposits `budgetPercent / 100` tokens that live ten seconds,
 * ten tokens a second come for free, and each retry takes one. Source: twitter/finagle `RetryBudget`.
 */
export class RetryPolicy {
  readonly config: RetriesConfig;
  /** Whether any status is worth another try. */
  readonly mindsStatuses: boolean;
  readonly #conditions: ReadonlySet<string>;
  /** Tokens times 100, per slice: whole numbers, so that nothing drifts. Withdrawals may make a slice negative. */
  readonly #slices: Float64Array = new Float64Array(SLICES);
  #sum = 0;
  #slice = Number.NEGATIVE_INFINITY;

  constructor(config: RetriesConfig) {
    this.config = config;
    this.#conditions = new Set(config.on);
    this.mindsStatuses = config.on.some((condition) => /^\d/.test(condition));
  }

  /** Counts a first try: it pays for the retries to come. Called for every request. */
  onRequest(nowMs: number): void {
    this.#turn(nowMs);
    this.#add(this.config.budgetPercent);
  }

  /**
   * Whether to try once more; a `true` has already paid for it.
   * @param condition - what went wrong: a name, or the status as text
   * @param triesSoFar - tries made, the first one included (1 after the first failure)
   */
  allows(condition: RetryCondition, triesSoFar: number, nowMs: number): boolean {
    if (triesSoFar > this.config.attempts || !this.#conditions.has(condition)) return false;
    this.#turn(nowMs);
    if (this.#sum + RESERVE_PER_SECOND * (DEPOSIT_TTL_MS / 1000) * 100 < 100) return false;
    this.#add(-100);
    return true;
  }

  /** Gives back what an `allows` has paid: the try is not made. */
  refund(nowMs: number): void {
    this.#turn(nowMs);
    this.#add(100);
  }

  /**
   * The pause before the next try in ms: none before the first retry, then full jitter in
   * [0, (2^(n-1) - 1) * backoff), capped at 250 ms, where n counts the retries.
   * @param triesSoFar - tries made, the first one included
   */
  backoffMs(triesSoFar: number, random: Random): number {
    if (triesSoFar <= 1) return 0;
    const ceiling = (2 ** (triesSoFar - 1) - 1) * this.config.backoff;
    return random.next() * Math.min(ceiling, MAX_BACKOFF_MS);
  }

  #add(hundredths: number): void {
    const index = ((this.#slice % SLICES) + SLICES) % SLICES;
    this.#slices[index] = (this.#slices[index] ?? 0) + hundredths;
    this.#sum += hundredths;
  }

  /** Forgets the slices that are older than the window. */
  #turn(nowMs: number): void {
    const slice = Math.floor(nowMs / SLICE_MS);
    if (slice <= this.#slice) return;
    const stale = Math.min(slice - this.#slice, SLICES);
    for (let i = 0; i < stale; i++) {
      const index = (((slice - i) % SLICES) + SLICES) % SLICES;
      this.#sum -= this.#slices[index] ?? 0;
      this.#slices[index] = 0;
    }
    this.#slice = slice;
  }
}
