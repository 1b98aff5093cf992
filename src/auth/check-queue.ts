// Slow checks one after the other: a flood of wrong passwords costs one check at a time, and waits in a line that has an end.

/** Checks waiting or under way at most. */
const MAX_WAITING = 64;
/** The same for one client address: a single client can't fill the line. */
const MAX_PER_SOURCE = 8;

/** `crowded` = this source has enough in the line, `busy` = the line is full. */
export type QueueRefusal = 'crowded' | 'busy';

/** A line of checks. */
export class CheckQueue {
  readonly #bySource: Map<string, number> = new Map();
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** Checks waiting or under way. */
  get size(): number {
    return this.#waiting;
  }

  /** Runs `check` when its turn comes. @param check - must not reject */
  add<Result>(source: string, check: () => Promise<Result>): Promise<Result> | QueueRefusal {
    const own = this.#bySource.get(source) ?? 0;
    if (own >= MAX_PER_SOURCE) return 'crowded';
    if (this.#waiting >= MAX_WAITING) return 'busy';
    this.#waiting++;
    this.#bySource.set(source, own + 1);
    const result = this.#last.then(check).finally(() => this.#leave(source));
    this.#last = result;
    return result;
  }

  #leave(source: string): void {
    this.#waiting--;
    const left = (this.#bySource.get(source) ?? 1) - 1;
    if (left === 0) this.#bySource.delete(source);
    else this.#bySource.set(source, left);
  }
}
