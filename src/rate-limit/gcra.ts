// The generic cell rate algorithm: requests spaced evenly, with a burst on top; one number per key.
import type { LimitAlgorithm, RateLimitRule, ReusedVerdict } from './rule.js';

/** State of one key. */
export class GcraState {
  /** Theoretical arrival time of the next request, in ms times `requests`. */
  arrival: number = Number.NEGATIVE_INFINITY;
}

/**
 * ```
 *   interval  T = window / requests          tolerance  tau = T * (burst - 1)
 *   tat' = max(TAT, t);   tat' - t > tau: denied, and TAT stays;   else TAT = tat' + T
 * ```
 * Times are kept multiplied by `requests`, so that every term is a whole number and nothing is lost in rounding.
 * With `maxDelayMs`, a request beyond the burst may wait until it is due.
 *
 * Source: ITU-T I.371, virtual scheduling.
 */
export class Gcra implements LimitAlgorithm<GcraState> {
  readonly #requests: number;
  /** T, times `requests`. */
  readonly #interval: number;
  /** tau, times `requests`. */
  readonly #tolerance: number;
  readonly #maxDelayMs: number;

  constructor(rule: RateLimitRule) {
    this.#requests = rule.requests;
    this.#interval = rule.windowMs;
    this.#tolerance = rule.windowMs * (rule.burst - 1);
    this.#maxDelayMs = rule.maxDelayMs;
  }

  createState(): GcraState {
    return new GcraState();
  }

  take(state: GcraState, nowMs: number, verdict: ReusedVerdict): void {
    const now = nowMs * this.#requests;
    const arrival = Math.max(state.arrival, now);
    const early = arrival - now - this.#tolerance;
    const waitMs = early <= 0 ? 0 : Math.ceil(early / this.#requests);
    if (waitMs > this.#maxDelayMs) {
      verdict.deny(waitMs);
      return;
    }
    state.arrival = arrival + this.#interval;
    const left = this.#tolerance - (state.arrival - now);
    verdict.allow(waitMs, Math.max(0, Math.floor(left / this.#interval) + 1));
  }

  giveBack(state: GcraState): void {
    state.arrival -= this.#interval;
  }

  save(state: GcraState, nowMs: number): readonly number[] {
    return [state.arrival - nowMs * this.#requests];
  }

  load([aheadOf = 0]: readonly number[], nowMs: number): GcraState {
    const state = new GcraState();
    state.arrival = aheadOf + nowMs * this.#requests;
    return state;
  }
}
