// A header block that comes in several frames (RFC 9113 4.3): HEADERS, and CONTINUATION until it is whole.
import { MAX_BLOCK_BYTES } from '../../wire/http2/hpack-decoder.js';

/** Frames of one block (CVE-2024-27316 and its like). */
const MAX_FRAMES = 1024;
/** Those of them that may be empty. */
const MAX_EMPTY_FRAMES = 8;

const EMPTY: Buffer = Buffer.alloc(0);

/** The block of one connection that is not whole yet. */
export class HeaderBlock {
  isOpen = false;
  /** How many there were on this connection. */
  number = 0;
  streamId = 0;
  endsStream = false;
  #bytes: Buffer = EMPTY;
  #length = 0;
  #frames = 0;
  #emptyFrames = 0;

  begin(streamId: number, endsStream: boolean, bytes: Buffer, from: number, to: number): void {
    this.isOpen = true;
    this.number++;
    this.streamId = streamId;
    this.endsStream = endsStream;
    this.#frames = 0;
    this.#emptyFrames = 0;
    this.#append(bytes, from, to);
  }

  /** False = it is too much. */
  add(bytes: Buffer, from: number, to: number): boolean {
    this.#frames++;
    if (from === to) this.#emptyFrames++;
    if (this.#frames > MAX_FRAMES || this.#emptyFrames > MAX_EMPTY_FRAMES) return false;
    if (this.#length + to - from > MAX_BLOCK_BYTES) return false;
    this.#append(bytes, from, to);
    return true;
  }

  /** The whole of it; there is none any more. */
  take(): Buffer {
    const whole = this.#bytes.subarray(0, this.#length);
    this.isOpen = false;
    this.#bytes = EMPTY;
    this.#length = 0;
    return whole;
  }

  #append(bytes: Buffer, from: number, to: number): void {
    const needed = this.#length + to - from;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    this.#length += bytes.copy(this.#bytes, this.#length, from, to);
  }
}
