// A map that never holds more than so many entries, and forgets old ones: the one place that knows lru-cache.
import { LRUCache } from 'lru-cache';
import type { Clock } from './clock.js';

/** Said each time, as the cache would make an empty object of options for every look. */
const PLAIN: { readonly status?: never } = {};

/** Bounds of a {@link BoundedMap}. */
export interface MapBounds {
  /** Entries held at most, at least 1; past it the one that was unused for longest goes. */
  readonly max: number;
  /** Life of an entry from its last `set` or `touch`, ms; 0 = until it is pushed out. @defaultValue 0 */
  readonly ttlMs?: number;
}

/**
 * Least recently used goes first. Time is the injected clock's and is looked at when an entry is asked for: there is no timer,
 * and an entry past its life takes a place until it is asked for or pushed out.
 * With a life, memory is taken at the first `set`: 16 bytes for each of `max`, and more for those that are there. Without one it
 * is taken as the map fills: there may be many that are large and hardly used.
 */
export class BoundedMap<Key extends {}, Value extends {}> {
  readonly #now: () => number;
  #bounds: Required<MapBounds>;
  #cache: LRUCache<Key, Value> | undefined = undefined;

  constructor(bounds: MapBounds, clock: Pick<Clock, 'now'>) {
    // lru-cache takes a start of 0 for "does not age": clocks of tests begin there.
    this.#now = () => clock.now() + 1;
    this.#bounds = { ttlMs: 0, ...bounds };
  }

  /** Entries held, those past their life included. */
  get size(): number {
    return this.#cache?.size ?? 0;
  }

  get bounds(): Required<MapBounds> {
    return this.#bounds;
  }

  /** The value, which counts as used now; its life does not begin anew. */
  get(key: Key): Value | undefined {
    return this.#cache?.get(key, PLAIN);
  }

  /** The value, without a trace of the look. */
  peek(key: Key): Value | undefined {
    return this.#cache?.peek(key);
  }

  /** Puts a value in, the newest of all; may push the oldest out. */
  set(key: Key, value: Value): void {
    this.#cache ??= this.#create(this.#bounds);
    this.#cache.set(key, value);
  }

  /** As `set`, with so much of its life left, ms; at most a whole one. */
  restore(key: Key, value: Value, remainingMs: number): void {
    const { ttlMs } = this.#bounds;
    this.#cache ??= this.#create(this.#bounds);
    if (ttlMs === 0) this.#cache.set(key, value);
    else {
      const start = this.#now() - (ttlMs - Math.min(ttlMs, remainingMs));
      // Of the cache's, 0 means that it does not age.
      this.#cache.set(key, value, { ttl: ttlMs, start: start === 0 ? -1 : start });
    }
  }

  /** Begins the life of an entry anew, if it is there. */
  touch(key: Key): boolean {
    return this.#cache?.get(key, { updateAgeOnGet: true }) !== undefined;
  }

  /** Whether there was such an entry. */
  delete(key: Key): boolean {
    return this.#cache?.delete(key) ?? false;
  }

  clear(): void {
    this.#cache = undefined;
  }

  /** Entries that still live, the newest first. Other calls meanwhile are allowed. */
  *entries(): Generator<[key: Key, value: Value], void, undefined> {
    if (this.#cache !== undefined) yield* this.#cache.entries();
  }

  /** The keys of all entries, the oldest first. O(entries). */
  keys(): readonly Key[] {
    // Pairs of types, as with `rentries` below.
    return this.#cache === undefined ? [] : ([...this.#cache.rkeys()] as Key[]);
  }

  /** What is left of an entry's life, ms; infinity where entries do not age, 0 for one that is not there. */
  remainingMs(key: Key): number {
    return Math.max(0, this.#cache?.getRemainingTTL(key) ?? 0);
  }

  /** Takes other bounds; entries keep their age and their order, and the oldest go if there are too many. O(entries). */
  resize(bounds: MapBounds): void {
    const before = this.#bounds;
    const old = this.#cache;
    this.#bounds = { ttlMs: 0, ...bounds };
    const { max, ttlMs } = this.#bounds;
    if (old === undefined || (max === before.max && ttlMs === before.ttlMs)) return;
    const cache = this.#create(this.#bounds);
    const now = this.#now();
    // Pairs, although the types of lru-cache say that either place may hold either thing.
    for (const [key, value] of old.rentries() as Generator<[Key, Value]>) {
      const age = before.ttlMs > 0 ? before.ttlMs - old.getRemainingTTL(key) : 0;
      cache.set(key, value, { ttl: ttlMs, start: now - age });
    }
    this.#cache = cache;
  }

  #create({ max, ttlMs }: Required<MapBounds>): LRUCache<Key, Value> {
    if (ttlMs === 0) return new LRUCache<Key, Value>({ maxSize: max, sizeCalculation: one });
    // A resolution of 0 asks the clock each time: any other one starts timers of the runtime.
    return new LRUCache<Key, Value>({
      max,
      ttl: Math.ceil(ttlMs),
      ttlResolution: 0,
      perf: { now: this.#now },
    });
  }
}

function one(): number {
  return 1;
}
