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

/** The store of a pool that names none. Answers at once. */
export class MemoryStickyStore implements StickyStore {
  readonly #members: BoundedMap<string, string>;

  constructor(bounds: MemoryStoreBounds, clock: Pick<Clock, 'now'>) {
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
  }

  touch(key: string): void {
    this.#members.touch(key);
  }

  delete(key: string): void {
    this.#members.delete(key);
  }

  *entries(): Generator<StickyEntry, void, undefined> {
    for (const [key, member] of this.#members.entries())
      yield { key, member, ttlMs: this.#members.remainingMs(key) };
  }

  /** Takes other bounds and keeps what fits. O(entries). */
  resize(bounds: MemoryStoreBounds): void {
    this.#members.resize(toBounds(bounds));
  }
}

function toBounds({ size, ttlMs }: MemoryStoreBounds): MapBounds {
  return { max: size, ttlMs };
}
