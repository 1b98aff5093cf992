// The clock that the real pools, checks and limiters of a simulation read; each node has one, which stops while the node is stopped.
import type { Clock, ClockTimer } from '../../core/clock.js';
import type { EventQueue, SimTask } from './event-queue.js';

/** `wallTime()` at the start of every simulation: the first moment of 2026 UTC. */
export const START_WALL_MS = 1_767_225_600_000;

/** Time of one simulated process. */
export class SimClock implements Clock {
  readonly queue: EventQueue;
  readonly #timers: Set<SimTimer> = new Set();
  /** Timers that fell due while it stood still; undefined = it runs. */
  #missed: SimTimer[] | undefined = undefined;

  constructor(queue: EventQueue) {
    this.queue = queue;
  }

  now(): number {
    return this.queue.nowMs;
  }

  wallTime(): number {
    return START_WALL_MS + this.queue.nowMs;
  }

  schedule(delayMs: number, callback: () => void): ClockTimer {
    const timer = new SimTimer(this, callback);
    this.#timers.add(timer);
    this.queue.schedule(timer, this.queue.nowMs + Math.max(0, delayMs));
    return timer;
  }

  /** The process is stopped: its timers fall due, and nobody hears. */
  pause(): void {
    this.#missed ??= [];
  }

  /** The process goes on: what was missed happens now, in its order. */
  resume(): void {
    const missed = this.#missed ?? [];
    this.#missed = undefined;
    for (const timer of missed) if (this.#timers.has(timer)) this.onDue(timer);
  }

  /** The process is gone, and all its timers with it. */
  kill(): void {
    for (const timer of this.#timers) this.queue.cancel(timer);
    this.#timers.clear();
    this.#missed = undefined;
  }

  /** @internal */
  onDue(timer: SimTimer): void {
    if (this.#missed !== undefined) {
      this.#missed.push(timer);
      return;
    }
    this.#timers.delete(timer);
    timer.callback();
  }

  /** @internal */
  forget(timer: SimTimer): void {
    if (this.#timers.delete(timer)) this.queue.cancel(timer);
  }
}

class SimTimer implements ClockTimer, SimTask {
  place = -1;
  readonly callback: () => void;
  readonly #clock: SimClock;

  constructor(clock: SimClock, callback: () => void) {
    this.#clock = clock;
    this.callback = callback;
  }

  onDue(): void {
    this.#clock.onDue(this);
  }

  cancel(): void {
    this.#clock.forget(this);
  }
}
