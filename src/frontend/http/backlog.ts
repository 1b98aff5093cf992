// Bytes of a client that came before their time: an incomplete head, or pipelined requests.
import { READ_BYTES, SLACK_BYTES, scratchBytes } from '../../upstream/read-buffers.js';

const NOTHING = Buffer.alloc(0);

/** A queue of bytes; it holds memory only while it holds bytes. Its reader pauses the socket when it grows too long. */
export class Backlog {
  #bytes: Buffer = NOTHING;
  #from = 0;
  #to = 0;

  get length(): number {
    return this.#to - this.#from;
  }

  /** Keeps a copy of `bytes[from..to)`. */
  append(bytes: Buffer, from: number, to: number): void {
    const added = to - from;
    if (this.#to + added > this.#bytes.length) this.#makeRoom(added);
    bytes.copy(this.#bytes, this.#to, from, to);
    this.#to += added;
  }

  /** Copies what is held to the start of a buffer in which it may be edited. */
  layOut(): Buffer {
    const needed = this.length + SLACK_BYTES;
    const out = needed <= scratchBytes.length ? scratchBytes : Buffer.allocUnsafeSlow(needed);
    this.#bytes.copy(out, 0, this.#from, this.#to);
    return out;
  }

  /** Drops the first `count` bytes. */
  consume(count: number): void {
    this.#from += count;
    if (this.#from < this.#to) return;
    this.#from = 0;
    this.#to = 0;
    this.#bytes = NOTHING;
  }

  /** Drops everything; the dropped bytes if the caller wants them (valid, nobody writes them again). */
  takeAll(): Buffer {
    const all = this.#bytes.subarray(this.#from, this.#to);
    this.consume(this.length);
    return all;
  }

  #makeRoom(added: number): void {
    const held = this.length;
    // Doubles up to a read's size, so that a client that drips bytes costs no copy per byte.
    const grown = Math.min(Math.max(256, held * 2), held + READ_BYTES);
    const larger = Buffer.allocUnsafe(Math.max(grown, held + added));
    this.#bytes.copy(larger, 0, this.#from, this.#to);
    this.#bytes = larger;
    this.#from = 0;
    this.#to = held;
  }
}
