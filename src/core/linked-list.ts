// A list of things that carry their own links: nothing is allocated for who comes and goes.

/** What a {@link LinkedList} holds: in one list at a time. */
export interface Linked<Item> {
  /** @internal */
  previousLinked: Item | undefined;
  /** @internal */
  nextLinked: Item | undefined;
}

/**
 * In order of arrival. For what comes and goes by the thousand, in place of a `Set`: a set that has grown old keeps the tables that
 * it outgrew reachable, and with them all that was in them, until the next full collection of garbage. Here who is gone is free at once.
 */
export class LinkedList<Item extends Linked<Item>> implements Iterable<Item> {
  #first: Item | undefined = undefined;
  #last: Item | undefined = undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The one that came first; undefined = there is none. */
  get first(): Item | undefined {
    return this.#first;
  }

  has(item: Item): boolean {
    return item.previousLinked !== undefined || item === this.#first;
  }

  /** Adds one that is in no list. */
  add(item: Item): void {
    const last = this.#last;
    item.previousLinked = last;
    if (last === undefined) this.#first = item;
    else last.nextLinked = item;
    this.#last = item;
    this.#size++;
  }

  /** @returns whether it was in the list */
  delete(item: Item): boolean {
    if (!this.has(item)) return false;
    const { previousLinked: previous, nextLinked: next } = item;
    if (previous === undefined) this.#first = next;
    else previous.nextLinked = next;
    if (next === undefined) this.#last = previous;
    else next.previousLinked = previous;
    item.previousLinked = undefined;
    item.nextLinked = undefined;
    this.#size--;
    return true;
  }

  /** Those that are in it now; it may change meanwhile. */
  [Symbol.iterator](): Iterator<Item> {
    const items: Item[] = [];
    for (let item = this.#first; item !== undefined; item = item.nextLinked) items.push(item);
    return items.values();
  }
}
