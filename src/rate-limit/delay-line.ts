// Requests that wait until they are due: those of one key leave in the order in which they came.
import type { Clock, ClockTimer } from '../core/clock.js';

interface Waiter {
  readonly dueMs: number;
  readonly leave: (nothing: undefined) => void;
}

/** Bounded, with one timer for all. */
export class DelayLine {
  readonly #clock: Clock;
  readonly #max: number;
  /** The next one first; of the same time, in the order in which they came. */
  readonly #waiting: Waiter[] = [];
  #timer: ClockTimer | undefined = undefined;
  #timerMs: number = Number.POSITIVE_INFINITY;

  /** @param max - how many may wait at once; 0 = nobody */
  constructor(clock: Clock, max: number) {
    this.#clock = clock;
    this.#max = max;
  }

  /** How many wait now. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Resolves `delayMs` from now, not before; undefined = there is no room to wait. */
  wait(delayMs: number): Promise<undefined> | undefined {
    if (this.#waiting.length >= this.#max) return undefined;
    const dueMs = this.#clock.now() + delayMs;
    return new Promise((leave) => {
      this.#waiting.splice(this.#placeOf(dueMs), 0, { dueMs, leave });
      this.#arm();
    });
  }

  /** Lets everybody go at once. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerMs = Number.POSITIVE_INFINITY;
    for (const { leave } of this.#waiting.splice(0)) leave(undefined);
  }

  #placeOf(dueMs: number): number {
    let low = 0;
    let high = this.#waiting.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#waiting[middle]!.dueMs <= dueMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #arm(): void {
    const next = this.#waiting[0];
    if (next === undefined || next.dueMs >= this.#timerMs) return;
    this.#timer?.cancel();
    this.#timerMs = next.dueMs;
    // Whole ms, rounded up: timers of the runtime cut fractions off.
    const delayMs = Math.max(0, Math.ceil(next.dueMs - this.#clock.now()));
    this.#timer = this.#clock.schedule(delayMs, () => this.#release());
  }

  #release(): void {
    this.#timer = undefined;
    this.#timerMs = Number.POSITIVE_INFINITY;
    const due = this.#placeOf(this.#clock.now());
    for (const { leave } of this.#waiting.splice(0, due)) leave(undefined);
    this.#arm();
  }
}
