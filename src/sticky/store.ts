// Where a pool remembers which client belongs to which member: the contract, for stores in this process and outside of it.

/** One remembered client. */
export interface StickyEntry {
  readonly key: string;
  /** Name of the member. */
  readonly member: string;
  /** What is left of its life, ms. */
  readonly ttlMs: number;
}

/**
 * Remembers clients of one or several pools. A key is printable text of at most 300 characters that begins with its pool's name;
 * a value is a member's name.
 *
 * Answers may come at once or as a promise. A pool waits `storeTimeout` for one; a store that is slower, throws or rejects is told of
 * by `sticky:store-failed`, and clients are served without it meanwhile. Calls of one client come in their order.
 */
export interface StickyStore {
  /** Name of the client's member; undefined = not known, or longer ago than its life. */
  get(key: string): string | undefined | Promise<string | undefined>;
  /** Remembers a member in the place of any other, for `ttlMs` from now. */
  set(key: string, member: string, ttlMs: number): void | Promise<unknown>;
  /** Begins the life of an entry anew if it is there: its client was here. */
  touch(key: string, ttlMs: number): void | Promise<unknown>;
  /** Forgets a client: its member is gone, and nobody took its place. */
  delete(key: string): void | Promise<unknown>;
  /** What it holds, in any order. Not needed; for copies of a store that holds it all itself. */
  entries?(): Iterable<StickyEntry>;
}

/** Whether a host's extension can be used as a store. */
export function isStickyStore(value: unknown): value is StickyStore {
  return ['get', 'set', 'touch', 'delete'].every(
    (method) =>
      typeof value === 'object' &&
      value !== null &&
      typeof Reflect.get(value, method) === 'function',
  );
}
