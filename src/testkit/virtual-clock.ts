// A clock that stands still until it is told to move: hours of failover in milliseconds of test.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, ClockTimer } from '../core/clock.js';

/** Where a {@link VirtualClock} starts. */
export interface VirtualClockOptions {
  /** First value of `now()`, ms. @defaultValue 0 */
  startMs?: number;
  /** `wallTime()` at the start, Unix ms. @defaultValue 1767225600000, the first moment of 2026 UTC */
  startWallTime?: number;
}

/**
 * A {@link Clock} for tests and simulations. Timers run in order of their time, those of the same time in the order they were set;
 * a timer set by a callback runs in the same `advance` if it is due by then.
 */
export class VirtualClock implements Clock {
  #nowMs: number;
  readonly #wallOffset: number;
  /** A binary heap: the next timer first. */
  readonly #heap: VirtualTimer[] = [];
  #count = 0;
  #live = 0;

  constructor(options: VirtualClockOptions = {}) {
    this.#nowMs = options.startMs ?? 0;
    this.#wallOffset = (options.startWallTime ?? 1_767_225_600_000) - this.#nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  wallTime(): number {
    return this.#nowMs + this.#wallOffset;
  }

  schedule(delayMs: number, callback: () => void): ClockTimer {
    const timer = new VirtualTimer(
      this.#nowMs + Math.max(0, delayMs),
      this.#count++,
      callback,
      () => {
        this.#live--;
      },
    );
    this.#live++;
    this.#heap.push(timer);
    this.#rise(this.#heap.length - 1);
    return timer;
  }

  /** Timers that are set and neither run nor cancelled. */
  get pending(): number {
    return this.#live;
  }

  /** Moves `ms` ahead and runs every timer that falls due, each at its own time. Promises do not settle in between. */
  advance(ms: number): void {
    const until = this.#nowMs + ms;
    while (this.#runNext(until));
    this.#nowMs = until;
  }

  /** As {@link advance}, and lets all promises settle before each timer and at the end. */
  async advanceAsync(ms: number): Promise<void> {
    const until = this.#nowMs + ms;
    do await nextTurn();
    while (this.#runNext(until));
    this.#nowMs = until;
    await nextTurn();
  }

  /**
   * Runs timers, letting promises settle, until none is left; returns the ms that passed.
   * @param maxTimers - more than this is taken for a timer that re-arms for ever. @defaultValue 10000
   * @throws Error past `maxTimers`
   */
  async runUntilIdle(maxTimers: number = 10_000): Promise<number> {
    const startMs = this.#nowMs;
    let ran = 0;
    do {
      if (ran++ > maxTimers) throw new Error(`still not idle after ${maxTimers} timers`);
      await nextTurn();
    } while (this.#runNext(Number.POSITIVE_INFINITY));
    return this.#nowMs - startMs;
  }

  /** Runs the next timer if it is due at `untilMs`; says whether there was one. */
  #runNext(untilMs: number): boolean {
    let next = this.#heap[0];
    while (next?.isDone === true) {
      this.#shift();
      next = this.#heap[0];
    }
    if (next === undefined || next.atMs > untilMs) return false;
    this.#shift();
    this.#nowMs = next.atMs;
    next.run();
    return true;
  }

  #rise(from: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfEarlier(at, parent)) return;
      at = parent;
    }
  }

  #shift(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const isRightFirst = isEarlier(this.#heap[left + 1], this.#heap[left]);
      const child = isRightFirst ? left + 1 : left;
      if (!this.#swapIfEarlier(child, at)) return;
      at = child;
    }
  }

  #swapIfEarlier(index: number, than: number): boolean {
    const a = this.#heap[index];
    const b = this.#heap[than];
    if (a === undefined || b === undefined || !isEarlier(a, b)) return false;
    this.#heap[index] = b;
    this.#heap[than] = a;
    return true;
  }
}

function isEarlier(a: VirtualTimer | undefined, b: VirtualTimer | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

class VirtualTimer implements ClockTimer {
  readonly atMs: number;
  readonly order: number;
  isDone = false;
  readonly #callback: () => void;
  readonly #onDone: () => void;

  constructor(atMs: number, order: number, callback: () => void, onDone: () => void) {
    this.atMs = atMs;
    this.order = order;
    this.#callback = callback;
    this.#onDone = onDone;
  }

  run(): void {
    this.cancel();
    this.#callback();
  }

  cancel(): void {
    if (this.isDone) return;
    this.isDone = true;
    this.#onDone();
  }
}
