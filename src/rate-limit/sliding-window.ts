// The sliding window of HAProxy: two counters, of the present period and of the one before, whose share shrinks.
import type { LimitAlgorithm, RateLimitRule, ReusedVerdict } from './rule.js';

/** Counters of one key. */
export class SlidingState {
  /** Beginning of the present period; never seen = for ever ago. */
  startMs: number = Number.NEGATIVE_INFINITY;
  previous = 0;
  current = 0;
  /** When the last counted request goes on; with delays that may lie ahead. */
  lastMs: number = Number.NEGATIVE_INFINITY;
}

/**
 * ```
 *   rate = floor((previous * (what is left of the period) + current * period) / period)
 *
 *   |<---- period ---->|<---- period ---->|
 *   start          previous = current      previous = 0, a new start with the next request
 * ```
 * Periods follow each other in fixed steps; the first begins with the first request, and so does one after two silent periods.
 * A request that is counted passes at rate <= requests, one that is not (yet) at rate < requests: the same requests.
 *
 * HAProxy never lets a rate of 0 or 1 flap while it is only read: after one request the rate stays 1 for two periods. That
 * shows where denied requests do not count and `requests` is 1.
 *
 * Source: HAProxy 2.6 `freq_ctr_total`, `update_freq_ctr_period`, `read_freq_ctr_period`.
 * With `maxDelayMs`, a request that has to wait takes the first moment that is free behind those that wait already.
 */
export class SlidingWindow implements LimitAlgorithm<SlidingState> {
  readonly #requests: number;
  readonly #periodMs: number;
  readonly #countDenied: boolean;
  readonly #maxDelayMs: number;
  readonly #neverFlaps: boolean;
  /** The moment under judgement: in a field, as a time that is handed from call to call is a new object each time. */
  #atMs: number = Number.NaN;

  constructor(rule: RateLimitRule) {
    this.#requests = rule.requests;
    this.#periodMs = rule.windowMs;
    this.#countDenied = rule.countDenied;
    this.#maxDelayMs = rule.maxDelayMs;
    this.#neverFlaps = !rule.countDenied && rule.maxDelayMs === 0;
  }

  createState(): SlidingState {
    return new SlidingState();
  }

  take(state: SlidingState, nowMs: number, verdict: ReusedVerdict): void {
    const fromMs = Math.max(nowMs, state.lastMs);
    this.#atMs = fromMs;
    const passes = this.#passes(state);
    if (!passes && this.#maxDelayMs > 0) this.#atMs = this.#soonest(state);
    const delayMs = this.#atMs - nowMs;
    if (delayMs === 0 ? passes : delayMs <= this.#maxDelayMs) {
      this.#count(state);
      verdict.allow(delayMs, this.#remaining(state));
      return;
    }
    this.#atMs = fromMs;
    if (this.#countDenied) this.#count(state);
    verdict.deny(this.#soonest(state) - nowMs);
  }

  giveBack(state: SlidingState): void {
    if (state.current > 0) state.current--;
    else if (state.previous > 0) state.previous--;
  }

  save({ previous, current, startMs, lastMs }: SlidingState, nowMs: number): readonly number[] {
    return [previous, current, nowMs - startMs, nowMs - lastMs];
  }

  load(numbers: readonly number[], nowMs: number): SlidingState {
    const [previous = 0, current = 0, startedFor = 0, lastFor = 0] = numbers;
    const state = new SlidingState();
    state.previous = previous;
    state.current = current;
    state.startMs = nowMs - startedFor;
    state.lastMs = nowMs - lastFor;
    return state;
  }

  /** Requests per period, as HAProxy's `http_req_rate` tells it to whoever only reads. */
  rate(state: SlidingState, nowMs: number): number {
    const { previous, current, remainMs } = this.#read(state, nowMs);
    if (current === 0 && previous <= 1) return previous;
    return Math.floor((previous * remainMs + current * this.#periodMs) / this.#periodMs);
  }

  #read(
    state: SlidingState,
    atMs: number,
  ): { readonly previous: number; readonly current: number; readonly remainMs: number } {
    const { previous, current } = state;
    const remainMs = state.startMs + this.#periodMs - atMs;
    if (remainMs >= 0) return { previous, current, remainMs };
    const leftMs = remainMs + this.#periodMs;
    return { previous: leftMs >= 0 ? current : 0, current: 0, remainMs: Math.max(leftMs, 0) };
  }

  /** Whether one more request is within the limit at that moment. */
  #passes(state: SlidingState): boolean {
    let { previous, current } = state;
    let remainMs = state.startMs + this.#periodMs - this.#atMs;
    if (remainMs < 0) {
      remainMs += this.#periodMs;
      previous = remainMs >= 0 ? current : 0;
      current = 0;
      if (remainMs < 0) remainMs = 0;
    }
    if (this.#neverFlaps && current === 0 && previous <= 1) return previous < this.#requests;
    return previous * remainMs < (this.#requests - current) * this.#periodMs;
  }

  #count(state: SlidingState): void {
    const atMs = this.#atMs;
    const ageMs = atMs - state.startMs;
    if (ageMs >= this.#periodMs) {
      const isNext = ageMs < 2 * this.#periodMs;
      state.previous = isNext ? state.current : 0;
      state.startMs = isNext ? state.startMs + this.#periodMs : atMs;
      state.current = 0;
    }
    state.current++;
    state.lastMs = atMs;
  }

  /** How many more would pass at the moment of the last counted one. */
  #remaining(state: SlidingState): number {
    const remainMs = state.startMs + this.#periodMs - this.#atMs;
    const used = (state.previous * remainMs) / this.#periodMs + state.current;
    return Math.max(0, Math.ceil(this.#requests - used));
  }

  /** The first whole ms from that moment on at which a request passes. */
  #soonest(state: SlidingState): number {
    const { previous, current, startMs } = state;
    const fromMs = this.#atMs;
    const periodMs = this.#periodMs;
    const endMs = startMs + periodMs;
    if (current < this.#requests) {
      const room = (this.#requests - current) * periodMs;
      const atMs = previous === 0 ? fromMs : Math.max(fromMs, endMs - below(room / previous));
      if (atMs <= endMs) return atMs;
    }
    // From here on it is the next period, in which `current` is what `previous` was.
    if (this.#neverFlaps && current <= 1) {
      const isHeldBack = current >= this.#requests;
      return Math.max(fromMs, isHeldBack ? endMs + periodMs + 1 : endMs);
    }
    const room = (this.#requests * periodMs) / current;
    return Math.max(fromMs, endMs + periodMs - Math.min(periodMs, below(room)));
  }
}

/** The largest whole number strictly below. */
function below(value: number): number {
  return Math.ceil(value) - 1;
}
