// How many of its streams a client may reset: one that opens and resets them all the time costs work and waits for none of it.

/** Resets are counted over at least so long, ms, and at most twice as long. */
const PERIOD_MS = 10_000;
/** So many are never too many. */
const FREE_RESETS = 100;

/**
 * Counts streams and resets of one connection over the present period and the one before (CVE-2023-44487).
 * A browser that leaves a page resets what it waits for, once; who resets more than every second stream it opens is not read on.
 */
export class ResetBudget {
  #endsAtMs = 0;
  #opened = 0;
  #resets = 0;
  #openedBefore = 0;
  #resetsBefore = 0;

  /** A stream was opened. */
  onOpened(nowMs: number): void {
    this.#turn(nowMs);
    this.#opened++;
  }

  /** A stream ended before its answer did, and not by our will: whether that is one too many. */
  onReset(nowMs: number): boolean {
    this.#turn(nowMs);
    this.#resets++;
    const resets = this.#resets + this.#resetsBefore;
    return resets > FREE_RESETS && resets * 2 > this.#opened + this.#openedBefore;
  }

  #turn(nowMs: number): void {
    if (nowMs < this.#endsAtMs) return;
    const isNext = nowMs < this.#endsAtMs + PERIOD_MS;
    this.#openedBefore = isNext ? this.#opened : 0;
    this.#resetsBefore = isNext ? this.#resets : 0;
    this.#opened = 0;
    this.#resets = 0;
    this.#endsAtMs = nowMs + PERIOD_MS;
  }
}
