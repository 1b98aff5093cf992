// What happens next: a binary heap of moments, typed, and free of garbage.

/** Something that happens at one moment to come; it waits for one at a time. */
export interface SimTask {
  /** @internal Place in the heap; -1 = it does not wait. */
  place: number;
  /** Its moment has come. */
  onDue(): void;
}

const FIRST_SIZE = 1024;

/** Moments in order; those of the same time in the order in which they were set. */
export class EventQueue {
  #at: Float64Array = new Float64Array(FIRST_SIZE);
  #order: Float64Array = new Float64Array(FIRST_SIZE);
  readonly #tasks: (SimTask | undefined)[] = [];
  #size = 0;
  #count = 0;
  /** The present moment, ms since the start. */
  nowMs = 0;

  get size(): number {
    return this.#size;
  }

  /** Lets `task` happen then, and not when it was to happen before. A moment that has passed is now. */
  schedule(task: SimTask, atMs: number): void {
    if (task.place >= 0) this.cancel(task);
    if (this.#size === this.#at.length) this.#grow();
    this.#rise(this.#size++, Math.max(atMs, this.nowMs), this.#count++, task);
  }

  /** Harmless for one that does not wait. */
  cancel(task: SimTask): void {
    const { place } = task;
    if (place < 0) return;
    task.place = -1;
    const last = --this.#size;
    const moved = this.#tasks[last]!;
    this.#tasks[last] = undefined;
    if (place === last) return;
    const at = this.#at[last]!;
    const order = this.#order[last]!;
    if (place > 0 && this.#isBefore(at, order, (place - 1) >> 1))
      this.#rise(place, at, order, moved);
    else this.#sink(place, at, order, moved);
  }

  /** When the next one is due; infinity = never. */
  get nextMs(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#at[0]!;
  }

  /** Lets the next one happen; there must be one. */
  runNext(): void {
    const task = this.#tasks[0]!;
    this.nowMs = this.#at[0]!;
    this.cancel(task);
    task.onDue();
  }

  #isBefore(at: number, order: number, place: number): boolean {
    const other = this.#at[place]!;
    return at < other || (at === other && order < this.#order[place]!);
  }

  #rise(from: number, at: number, order: number, task: SimTask): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#isBefore(at, order, parent)) break;
      this.#move(parent, place);
      place = parent;
    }
    this.#put(place, at, order, task);
  }

  #sink(from: number, at: number, order: number, task: SimTask): void {
    const size = this.#size;
    let place = from;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= size) break;
      const right = child + 1;
      if (right < size && this.#isBefore(this.#at[right]!, this.#order[right]!, child))
        child = right;
      if (this.#isBefore(at, order, child)) break;
      this.#move(child, place);
      place = child;
    }
    this.#put(place, at, order, task);
  }

  #move(from: number, to: number): void {
    const task = this.#tasks[from]!;
    this.#at[to] = this.#at[from]!;
    this.#order[to] = this.#order[from]!;
    this.#tasks[to] = task;
    task.place = to;
  }

  #put(place: number, at: number, order: number, task: SimTask): void {
    this.#at[place] = at;
    this.#order[place] = order;
    this.#tasks[place] = task;
    task.place = place;
  }

  #grow(): void {
    this.#at = grown(this.#at);
    this.#order = grown(this.#order);
  }
}

function grown(from: Float64Array): Float64Array {
  const to = new Float64Array(from.length * 2);
  to.set(from);
  return to;
}
