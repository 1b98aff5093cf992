// Compresses the body of one answer while it passes; in other threads, with bounded memory on both sides.
import type { CompressionAlgorithm } from '../../../spec/http-features-config.js';
import { type CodingStream, createCodingStream, flushKind } from './codecs.js';

/** Body bytes that wait to be compressed; from there on the member rests. */
const MAX_WAITING = 65_536;

/** Told what comes out. */
export interface EncoderOwner {
  /** Compressed bytes, nobody else's. */
  onEncoded(bytes: Buffer): void;
  /** All of the body has come out. */
  onEncodedEnd(): void;
  /** It takes bytes again after `isFull`. */
  onEncoderReady(): void;
  /** It broke. The body can't be finished. */
  onEncoderFault(): void;
}

/** One body. */
export class BodyEncoder {
  readonly #stream: CodingStream;
  readonly #flushKind: number;
  readonly #owner: EncoderOwner;
  #isEnded = false;
  #isDestroyed = false;
  #wasFull = false;
  /** Bytes were written since the last flush. */
  #isUnflushed = false;

  constructor(algorithm: CompressionAlgorithm, owner: EncoderOwner) {
    const stream = createCodingStream(algorithm);
    this.#stream = stream;
    this.#flushKind = flushKind(algorithm);
    this.#owner = owner;
    stream.on('data', (bytes: Buffer) => {
      if (!this.#isDestroyed) owner.onEncoded(bytes);
    });
    stream.on('end', () => {
      if (!this.#isDestroyed) owner.onEncodedEnd();
    });
    stream.on('error', () => {
      if (!this.#isDestroyed) owner.onEncoderFault();
    });
  }

  /** It has more to do than it should hold: the source is to rest until `onEncoderReady`. */
  get isFull(): boolean {
    return this.#stream.writableLength >= MAX_WAITING;
  }

  /** Takes a copy of `bytes[from..to)`. */
  write(bytes: Buffer, from: number, to: number): void {
    if (to === from) return;
    this.#isUnflushed = true;
    this.#stream.write(Buffer.from(bytes.subarray(from, to)), () => this.#onTaken());
    if (this.isFull) this.#wasFull = true;
  }

  /** The body ends here. */
  end(): void {
    this.#isEnded = true;
    this.#stream.end();
  }

  /** Gives its memory back; nothing is heard of it any more. */
  destroy(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    this.#stream.destroy();
  }

  /** What is known to be all for now goes out: an event of a slow stream must not wait for the next one. */
  #onTaken(): void {
    if (this.#isDestroyed) return;
    if (this.#wasFull && !this.isFull) {
      this.#wasFull = false;
      this.#owner.onEncoderReady();
    }
    if (this.#isEnded) return;
    if (this.#stream.writableLength > 0 || !this.#isUnflushed) return;
    this.#isUnflushed = false;
    this.#stream.flush(this.#flushKind);
  }
}
