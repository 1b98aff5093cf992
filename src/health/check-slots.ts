// Bounds how many checks of one checker run at once; the others wait in line.

/** Something that waits for a slot. */
export interface SlotUser {
  /** It has a slot now, and gives it back with {@link CheckSlots.release}. */
  begin(): void;
}

/** A counting semaphore, first in first out. */
export class CheckSlots {
  #free: number;
  #isClosed = false;
  readonly #waiting: Set<SlotUser> = new Set();

  constructor(limit: number) {
    this.#free = limit;
  }

  /** Calls `user.begin()` now or when a slot becomes free. */
  request(user: SlotUser): void {
    if (this.#isClosed) return;
    if (this.#free === 0) {
      this.#waiting.add(user);
      return;
    }
    this.#free--;
    user.begin();
  }

  /** Leaves the line; harmless for one that does not wait. */
  withdraw(user: SlotUser): void {
    this.#waiting.delete(user);
  }

  /** Sends everybody away for good: nothing begins any more. */
  close(): void {
    this.#free = 0;
    this.#waiting.clear();
    this.#isClosed = true;
  }

  /** Gives a slot back: the first in line has it next. */
  release(): void {
    if (this.#isClosed) return;
    this.#free++;
    for (const user of this.#waiting) {
      this.#waiting.delete(user);
      this.request(user);
      return;
    }
  }
}
