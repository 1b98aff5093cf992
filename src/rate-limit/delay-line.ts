// Requests that wait until they are due: those of one key leave in the order in which they came.
import type { Clock, ClockTimer } from '../core/clock.js';

/** A place in the line. */
export interface HeldPlace {
  /** Resolves when it is its turn; never after {@link leave}. */
  readonly turn: Promise<undefined>;
  /** Gives the place up: another may wait there. Harmless when it was its turn already. */
  leave(): void;
}

interface Waiter {
  readonly dueMs: number;
  readonly go: (nothing: undefined) => void;
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

  /** A place whose turn is `delayMs` from now, not before; undefined = there is no room to wait. */
  wait(delayMs: number): HeldPlace | undefined {
    if (this.#waiting.length >= this.#max) return undefined;
    const dueMs = this.#clock.now() + delayMs;
    let waiter: Waiter | undefined;
    const turn = new Promise<undefined>((go) => {
      waiter = { dueMs, go };
      this.#waiting.splice(this.#placeOf(dueMs), 0, waiter);
    });
    this.#arm();
    return { turn, leave: () => waiter !== undefined && this.#remove(waiter) };
  }

  #remove(waiter: Waiter): void {
    const at = this.#waiting.indexOf(waiter);
    if (at < 0) return;
    this.#waiting.splice(at, 1);
    if (this.#waiting.length === 0) this.#disarm();
  }

  /** Lets everybody go at once. */
  close(): void {
    this.#disarm();
    for (const { go } of this.#waiting.splice(0)) go(undefined);
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerMs = Number.POSITIVE_INFINITY;
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
    for (const { go } of this.#waiting.splice(0, due)) go(undefined);
    this.#arm();
  }
}
