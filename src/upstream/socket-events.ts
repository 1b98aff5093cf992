// The listeners of one connection: a few events with one or two listeners each, made and thrown away with the connection.

/** 'error' brings an error, the others nothing. */
type Listener = (error: Error) => void;

/** Made by a class and not as a literal: V8 would take literals that outlive a collection now and then for old ones, all of them. */
class Entry {
  readonly event: string;
  readonly listener: Listener;
  readonly isOnce: boolean;
  next: Entry | undefined = undefined;

  constructor(event: string, listener: Listener, isOnce: boolean) {
    this.event = event;
    this.listener = listener;
    this.isOnce = isOnce;
  }
}

/** What a `ByteSocket` needs of Node's EventEmitter, whose tables cost more than they save here. An 'error' that nobody hears is no fault. */
export class SocketEvents {
  #first: Entry | undefined = undefined;
  #last: Entry | undefined = undefined;

  on(event: string, listener: Listener): this {
    this.#add(new Entry(event, listener, false));
    return this;
  }

  once(event: string, listener: Listener): this {
    this.#add(new Entry(event, listener, true));
    return this;
  }

  off(event: string, listener: Listener): this {
    let previous: Entry | undefined;
    for (let entry = this.#first; entry !== undefined; entry = entry.next) {
      if (entry.event === event && entry.listener === listener) {
        // It keeps its own `next`: an event that is being told goes on behind it.
        if (previous === undefined) this.#first = entry.next;
        else previous.next = entry.next;
        if (entry === this.#last) this.#last = previous;
        return this;
      }
      previous = entry;
    }
    return this;
  }

  protected removeAllListeners(): void {
    this.#first = undefined;
    this.#last = undefined;
  }

  protected emit(event: string, error?: Error): void {
    // Who begins to listen meanwhile hears of the next one.
    const last = this.#last;
    for (let entry = this.#first; entry !== undefined; entry = entry.next) {
      if (entry.event === event) {
        if (entry.isOnce) this.off(event, entry.listener);
        entry.listener(error!);
      }
      if (entry === last) return;
    }
  }

  #add(entry: Entry): void {
    if (this.#last === undefined) this.#first = entry;
    else this.#last.next = entry;
    this.#last = entry;
  }
}
