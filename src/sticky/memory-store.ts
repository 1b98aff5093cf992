// Remembers clients in this process: so many at most, those that were away for longest go first.
import { BoundedMap, type MapBounds } from '../core/bounded-map.js';
import type { Clock } from '../core/clock.js';
import type { StickyEntry, StickyStore } from './store.js';

/** Bounds of a {@link MemoryStickyStore}. */
export interface MemoryStoreBounds {
  /** Clients remembered at most, at least 1. */
  readonly size: number;
  /** Life of an entry from its last use, ms; it is the store's, whatever its callers say. */
  readonly ttlMs: number;
}

/** A client that is there is told of to copies of a store so often in a life: they may forget it that much too early. */
const TOLD_PER_LIFE = 32;

/** The store of a pool that names none. Answers at once. */
export class MemoryStickyStore implements StickyStore {
  readonly #members: BoundedMap<string, string>;
  readonly #clock: Pick<Clock, 'now'>;
  #changed: ((key: string) => void) | undefined = undefined;

  constructor(bounds: MemoryStoreBounds, clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
    this.#members = new BoundedMap(toBounds(bounds), clock);
  }

  /** Clients remembered, those past their life included. */
  get size(): number {
    return this.#members.size;
  }

  get(key: string): string | undefined {
    return this.#members.get(key);
  }

  set(key: string, member: string): void {
    this.#members.set(key, member);
    if (this.#changed !== undefined) this.#changed(key);
  }

  touch(key: string): void {
    if (this.#changed !== undefined && this.#isWorthTelling(key)) this.#changed(key);
    this.#members.touch(key);
  }

  delete(key: string): void {
    this.#members.delete(key);
    if (this.#changed !== undefined) this.#changed(key);
  }

  /** Keys of all entries, the one that was away for longest first. O(entries). */
  keys(): readonly string[] {
    return this.#members.keys();
  }

  /** An entry as it is, its life not begun anew. */
  peek(key: string): StickyEntry | undefined {
    const member = this.#members.peek(key);
    if (member === undefined) return undefined;
    return { key, member, ttlMs: this.#members.remainingMs(key) };
  }

  /** Takes an entry of a copy, with what is left of its life; `watch` is not told. */
  restore({ key, member, ttlMs }: StickyEntry): void {
    this.#members.restore(key, member, ttlMs);
  }

  /** As `delete`, by the word of a copy; `watch` is not told. */
  forget(key: string): void {
    this.#members.delete(key);
  }

  /**
   * Tells `changed` of entries that are set or deleted, and of one that is touched all the time some 32 times in a life;
   * undefined = nobody any more. What is pushed out or past its life is not told.
   */
  watch(changed: ((key: string) => void) | undefined): void {
    this.#changed = changed;
  }

  *entries(): Generator<StickyEntry, void, undefined> {
    for (const [key, member] of this.#members.entries())
      yield { key, member, ttlMs: this.#members.remainingMs(key) };
  }

  /** Takes other bounds and keeps what fits. O(entries). */
  resize(bounds: MemoryStoreBounds): void {
    this.#members.resize(toBounds(bounds));
  }

  /** The first touch in each 32nd of a life. */
  #isWorthTelling(key: string): boolean {
    const { ttlMs } = this.#members.bounds;
    const nowMs = this.#clock.now();
    const lastMs = nowMs - (ttlMs - this.#members.remainingMs(key));
    const stepMs = ttlMs / TOLD_PER_LIFE;
    return Math.floor(lastMs / stepMs) !== Math.floor(nowMs / stepMs);
  }
}

function toBounds({ size, ttlMs }: MemoryStoreBounds): MapBounds {
  return { max: size, ttlMs };
}
