// Body bytes kept for another try, up to a bound.
import type { LinkOutlet } from '../../upstream/member-link.js';

/** The part of a request's body that came after its first piece and could have to be sent (again). */
export class HeldBody {
  #pieces: (Buffer | string)[] = [];
  #bytes = 0;
  /** Of the first piece, which is kept elsewhere. */
  #firstBytes = 0;
  #maxBytes = 0;
  /** Nothing was let go: what is held and the first piece are all that was sent. */
  isWhole = true;

  /**
   * Begins with nothing held.
   * @param maxBytes - most bytes of a body that is repeated, its first piece included
   * @param firstBytes - of the first piece
   */
  begin(maxBytes: number, firstBytes: number): void {
    this.#maxBytes = maxBytes;
    this.#firstBytes = firstBytes;
    this.isWhole = true;
    this.drop();
  }

  /** The request is done with: a client that waits for its next one holds nothing. */
  drop(): void {
    if (this.#bytes > 0) this.#clear();
  }

  /** Whether a body of that many bytes could be held to its end. */
  couldHold(bodyBytes: number): boolean {
    return bodyBytes <= this.#maxBytes;
  }

  /** What came so far is not beyond the bound. */
  get isWithinBound(): boolean {
    return this.#firstBytes + this.#bytes <= this.#maxBytes;
  }

  /** Holds a copy. `isUnsent`: it is the only one, so it is kept beyond the bound; its sender is paused. */
  add(bytes: Buffer, from: number, to: number, tail: string, isUnsent: boolean): void {
    if (!this.isWhole) return;
    if (!isUnsent && this.#firstBytes + this.#bytes + to - from > this.#maxBytes) {
      this.forget();
      return;
    }
    this.#bytes += to - from + tail.length;
    if (to > from) this.#pieces.push(Buffer.from(bytes.subarray(from, to)));
    if (tail !== '') this.#pieces.push(tail);
  }

  /** Sends what is held; it stays held. */
  sendTo(outlet: LinkOutlet): void {
    for (const piece of this.#pieces) {
      if (typeof piece === 'string') outlet.sendText(piece);
      else outlet.sendOwned(piece);
    }
  }

  /** Lets go: the request can't be sent again. */
  forget(): void {
    this.isWhole = false;
    this.#clear();
  }

  #clear(): void {
    this.#pieces.length = 0;
    this.#bytes = 0;
  }
}
