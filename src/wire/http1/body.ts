// Follows the framing of one message body, and leaves out in place what must not be forwarded of chunked framing.
import { CLASS, CR, HEX_VALUE, LF, SEMICOLON, VALUE } from './byte-class.js';
import { TrailerFilter } from './trailers.js';

/** How the end of a body is found (RFC 9112 6.3). */
export const BodyMode = { none: 0, length: 1, chunked: 2, untilClose: 3 } as const;
export type BodyMode = (typeof BodyMode)[keyof typeof BodyMode];

/** Longest chunk extension, bytes between the size and CRLF. */
const MAX_EXTENSION = 256;
/** Most bytes of extensions in one body. */
const MAX_EXTENSIONS = 16_384;
/** Most hexadecimal digits of a chunk size. */
const MAX_SIZE_DIGITS = 16;

/**
 * States of chunked framing:
 * ```
 * sizeStart -> size -> [extension ->] sizeLf -> data -> dataCr -> dataLf -> sizeStart
 *                                     sizeLf (size 0) -> trailer -> [trailers ->] endLf -> done
 * ```
 */
const State = {
  sizeStart: 0,
  size: 1,
  extension: 2,
  sizeLf: 3,
  data: 4,
  dataCr: 5,
  dataLf: 6,
  trailer: 7,
  trailers: 8,
  endLf: 9,
} as const;

/** Reads one body after the other; one object per direction of a connection. */
export class BodyReader {
  mode: BodyMode = BodyMode.none;
  /** The whole body has been consumed. A body until close is done when its connection ends: see {@link end}. */
  isDone = true;
  /** Payload bytes consumed so far, framing not counted. */
  payloadBytes = 0;
  /**
   * Set by {@link feed}: what is to be forwarded of the fed bytes is `bytes[from..keptEnd)`. It is the returned index
   * unless chunk extensions, trailers or (with `keepsFraming` false) chunk framing were left out: then the bytes behind
   * them have been moved up in the buffer.
   */
  keptEnd = 0;
  /** Chunked only: what follows the kept bytes once the body is done, '' mostly. Trailers that may pass, and the empty line. */
  tail = '';
  /** Chunked only: the trailers that may pass, as lines, once the body is done. */
  trailers = '';
  /** Why `feed` refused, for logs. */
  reason = '';

  #keepsFraming = true;
  #state: number = State.sizeStart;
  #left = 0;
  #digits = 0;
  #extension = 0;
  #extensions = 0;
  #trailers: TrailerFilter | undefined;
  /** Payload bytes that a chunk size has announced and that are not there yet. */
  get announcedBytes(): number {
    return this.mode === BodyMode.none || this.mode === BodyMode.untilClose ? 0 : this.#left;
  }

  /**
   * Begins a body. `keepsFraming: false` passes on the payload of a chunked body only, for HTTP/1.0 clients.
   */
  start(mode: BodyMode, length = 0, keepsFraming = true): void {
    this.mode = mode;
    this.isDone = mode === BodyMode.none || (mode === BodyMode.length && length === 0);
    this.payloadBytes = 0;
    this.tail = '';
    this.trailers = '';
    this.reason = '';
    this.#keepsFraming = keepsFraming;
    this.#state = State.sizeStart;
    this.#left = mode === BodyMode.length ? length : 0;
    this.#extensions = 0;
    this.#trailers = undefined;
  }

  /**
   * Consumes body bytes of `bytes[from..to)`: the index behind the last byte of this message, or -1 when the framing is
   * malformed. Sets `isDone` and `keptEnd`. Nothing is consumed once the body is done.
   */
  feed(bytes: Uint8Array, from: number, to: number): number {
    if (this.isDone) {
      this.keptEnd = from;
      return from;
    }
    if (this.mode === BodyMode.chunked) return this.#feedChunked(bytes, from, to);
    let end = to;
    if (this.mode === BodyMode.length) {
      end = Math.min(to, from + this.#left);
      this.#left -= end - from;
      this.isDone = this.#left === 0;
    }
    this.payloadBytes += end - from;
    this.keptEnd = end;
    return end;
  }

  /** The connection has ended: whether the body is whole. */
  end(): boolean {
    if (this.mode === BodyMode.untilClose) this.isDone = true;
    return this.isDone;
  }

  #feedChunked(bytes: Uint8Array, from: number, to: number): number {
    let i = from;
    // bytes[from..out) is kept already; bytes[held..i) is kept next, moved up to `out`.
    let out = from;
    let held = from;
    while (i < to && !this.isDone) {
      if (this.#state === State.data) {
        const end = Math.min(to, i + this.#left);
        this.#left -= end - i;
        this.payloadBytes += end - i;
        if (!this.#keepsFraming) {
          out = move(bytes, i, end, out);
          held = end;
        }
        i = end;
        if (this.#left === 0) this.#state = State.dataCr;
        continue;
      }
      if (this.#state === State.trailers) {
        out = move(bytes, held, i, out);
        i = this.#feedTrailers(bytes, i, to);
        if (i < 0) return -1;
        held = i;
        continue;
      }
      if (this.#state === State.extension) {
        out = move(bytes, held, i, out);
        while (i < to && (CLASS[bytes[i]!]! & VALUE) !== 0) {
          i++;
          this.#extension++;
        }
        held = i;
        if (this.#extension > MAX_EXTENSION) return this.#refuse('chunk extension too long');
        if (i === to) break;
        this.#extensions += this.#extension;
        if (this.#extensions > MAX_EXTENSIONS) return this.#refuse('too many chunk extensions');
      }
      if (!this.#step(bytes[i]!)) return this.#refuse('bad chunked framing');
      if (this.#state !== State.extension && this.#state !== State.trailers) i++;
      if (!this.#keepsFraming) held = i;
    }
    if (this.#keepsFraming) out = move(bytes, held, i, out);
    this.keptEnd = out;
    return i;
  }

  /** One byte of framing; false = malformed. `extension` and `trailers` are entered without consuming it. */
  #step(byte: number): boolean {
    switch (this.#state) {
      case State.sizeStart:
        this.#left = 0;
        this.#digits = 0;
        this.#state = State.size;
        return this.#sizeDigit(byte);
      case State.size:
        if (byte === CR) {
          this.#state = State.sizeLf;
          return true;
        }
        if (byte === SEMICOLON) {
          this.#extension = 0;
          this.#state = State.extension;
          return true;
        }
        return this.#sizeDigit(byte);
      case State.extension:
        this.#state = State.sizeLf;
        return byte === CR;
      case State.sizeLf:
        this.#state = this.#left === 0 ? State.trailer : State.data;
        return byte === LF;
      case State.dataCr:
        this.#state = State.dataLf;
        return byte === CR;
      case State.dataLf:
        this.#state = State.sizeStart;
        return byte === LF;
      case State.trailer:
        this.#state = byte === CR ? State.endLf : State.trailers;
        return true;
      default:
        this.isDone = true;
        return byte === LF;
    }
  }

  #sizeDigit(byte: number): boolean {
    const value = HEX_VALUE[byte]!;
    if (value > 15) return false;
    this.#left = this.#left * 16 + value;
    return ++this.#digits <= MAX_SIZE_DIGITS && this.#left <= Number.MAX_SAFE_INTEGER;
  }

  #feedTrailers(bytes: Uint8Array, from: number, to: number): number {
    this.#trailers ??= new TrailerFilter();
    const end = this.#trailers.feed(bytes, from, to);
    if (end < 0) return this.#refuse(this.#trailers.reason);
    if (this.#trailers.isDone) {
      this.isDone = true;
      this.trailers = this.#trailers.kept;
      if (this.#keepsFraming) this.tail = `${this.trailers}\r\n`;
    }
    return end;
  }

  #refuse(reason: string): -1 {
    this.reason = reason;
    return -1;
  }
}

/** Moves `bytes[from..to)` up to `at` (`at` <= `from`); where it ends now. */
function move(bytes: Uint8Array, from: number, to: number, at: number): number {
  if (at !== from && to > from) bytes.copyWithin(at, from, to);
  return at + (to - from);
}
