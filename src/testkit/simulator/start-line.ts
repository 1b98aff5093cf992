// When a request begins and ends on a server that works on so many at once: first come, first served.

/** The server would not take it. */
export const OVERLOADED = -1;

/** Served by `concurrency` workers, with at most `backlog` waiting. Service times are known at arrival, so no event is needed. */
export class StartLine {
  readonly #backlog: number;
  /** When each worker is free, ms: a heap, the first free on top; undefined = no bound. */
  readonly #freeAt: Float64Array | undefined;
  /** Beginnings to come, in their order. */
  readonly #starts: number[] = [];
  #head = 0;

  constructor(concurrency: number, backlog: number) {
    this.#backlog = backlog;
    if (concurrency !== Number.POSITIVE_INFINITY) this.#freeAt = new Float64Array(concurrency);
  }

  /** When it is done, or {@link OVERLOADED}. Arrivals must not go back in time by more than a line's jitter. */
  admit(arrivalMs: number, serviceMs: number): number {
    const freeAt = this.#freeAt;
    if (freeAt === undefined) return arrivalMs + serviceMs;
    const startMs = Math.max(arrivalMs, freeAt[0]!);
    if (startMs > arrivalMs) {
      if (this.#waitingAt(arrivalMs) >= this.#backlog) return OVERLOADED;
      this.#starts.push(startMs);
    }
    sink(freeAt, startMs + serviceMs);
    return startMs + serviceMs;
  }

  /** Nobody is served, nobody waits. */
  clear(): void {
    this.#freeAt?.fill(0);
    this.#starts.length = 0;
    this.#head = 0;
  }

  /** Everything is that much later. */
  shift(byMs: number): void {
    const freeAt = this.#freeAt;
    if (freeAt !== undefined) for (let i = 0; i < freeAt.length; i++) freeAt[i]! += byMs;
    for (let i = this.#head; i < this.#starts.length; i++) this.#starts[i]! += byMs;
  }

  #waitingAt(nowMs: number): number {
    const starts = this.#starts;
    while (this.#head < starts.length && starts[this.#head]! <= nowMs) this.#head++;
    if (this.#head > 1024 && this.#head * 2 > starts.length) {
      starts.splice(0, this.#head);
      this.#head = 0;
    }
    return starts.length - this.#head;
  }
}

/** Puts a later time in the place of the first one. */
function sink(heap: Float64Array, value: number): void {
  const size = heap.length;
  let place = 0;
  for (;;) {
    let child = 2 * place + 1;
    if (child >= size) break;
    if (child + 1 < size && heap[child + 1]! < heap[child]!) child++;
    if (heap[child]! >= value) break;
    heap[place] = heap[child]!;
    place = child;
  }
  heap[place] = value;
}
