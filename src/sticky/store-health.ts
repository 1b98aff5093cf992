// Whether a store outside of this process can be asked: one that fails is left alone for a while. Pure: time is an argument.

/** Failures in a row after which the store rests. */
const FAILURES = 3;

/** How long it rests, and how long a failure counts, ms. */
const REST_MS = 1000;

/** Told when a store begins to fail, and when it works again; once each. */
export interface StoreHealthListener {
  onStoreFailed(reason: string): void;
  onStoreBack(): void;
}

/**
 * ```
 *   fine --failure (told)--> failing --three in a row--> resting: nobody asks, but one client each second
 *    ^                          |                           |
 *    '--a success, a second after the last failure (told)---'
 * ```
 */
export class StoreHealth {
  readonly #listener: StoreHealthListener;
  #inRow = 0;
  #isFailing = false;
  #isTrying = false;
  #failedAt = 0;

  constructor(listener: StoreHealthListener) {
    this.#listener = listener;
  }

  /** Whether everything is well: then there is nothing else to ask here. */
  get isFine(): boolean {
    return !this.#isFailing;
  }

  /** Whether the store may be asked now; a `true` while it rests is for one client only. */
  mayAsk(nowMs: number): boolean {
    if (this.#inRow < FAILURES) return true;
    if (this.#isTrying || nowMs - this.#failedAt < REST_MS) return false;
    this.#isTrying = true;
    return true;
  }

  onFailure(reason: string, nowMs: number): void {
    this.#inRow++;
    this.#isTrying = false;
    this.#failedAt = nowMs;
    if (this.#isFailing) return;
    this.#isFailing = true;
    this.#listener.onStoreFailed(reason);
  }

  onSuccess(nowMs: number): void {
    this.#inRow = 0;
    this.#isTrying = false;
    if (!this.#isFailing || nowMs - this.#failedAt < REST_MS) return;
    this.#isFailing = false;
    this.#listener.onStoreBack();
  }
}
