// Cuts the bytes of an HTTP/2 connection into frames (RFC 9113 4.1). What the frames mean is for others to say.
import {
  ErrorCode,
  type ErrorCodeValue,
  Flag,
  FRAME_HEAD_BYTES,
  FrameType,
  MAX_FRAME_BYTES,
  PREFACE,
  readUint31,
} from './frame.js';

/** Told of each frame. What is handed over is valid during the call only. */
export interface FrameSink {
  /** A frame other than DATA, whole: its payload is `bytes[from..to)`. */
  onFrame(
    type: number,
    flags: number,
    streamId: number,
    bytes: Buffer,
    from: number,
    to: number,
  ): void;
  /**
   * A piece of a DATA frame. A frame without data has one piece of nothing.
   * @param paddingBytes - of the padding, which counts as data does; said with the first piece
   * @param isEnd - the frame ends here, and the stream with it
   */
  onData(
    streamId: number,
    bytes: Buffer,
    from: number,
    to: number,
    paddingBytes: number,
    isEnd: boolean,
  ): void;
  /** The connection can't go on. */
  onFrameFault(code: ErrorCodeValue, reason: string): void;
}

const EMPTY: Buffer = Buffer.alloc(0);

/** Bytes of the preface, and of frames that have not come whole: of at most one. */
export class FrameReader {
  /** Frames so far. */
  frames = 0;
  readonly #sink: FrameSink;
  #isStopped = false;
  #prefaceBytes = 0;
  #early: Buffer = EMPTY;
  #earlyLength = 0;
  /** Bytes that are needed to go on from `#early`. */
  #needed = 0;
  // The DATA frame that is read.
  #dataStream = 0;
  #dataLeft = 0;
  #paddingLeft = 0;
  /** Padding that nobody was told of yet. */
  #padding = 0;
  #endsStream = false;
  #isInData = false;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** The preface, or a frame that is read whole, has begun and is not there yet. */
  get isInHead(): boolean {
    return this.#earlyLength > 0 || (this.#prefaceBytes > 0 && this.#prefaceBytes < PREFACE.length);
  }

  /** Whatever comes is dropped from now on. */
  stop(): void {
    this.#isStopped = true;
    this.#early = EMPTY;
    this.#earlyLength = 0;
  }

  /** Takes `bytes[0..length)`. */
  read(bytes: Buffer, length: number): void {
    if (this.#isStopped) return;
    let at = 0;
    if (this.#earlyLength > 0) {
      at = this.#complete(bytes, length);
      if (this.#earlyLength > 0) return;
    }
    if (this.#prefaceBytes < PREFACE.length) at = this.#readPreface(bytes, at, length);
    this.#keep(bytes, this.#readFrames(bytes, at, length), length);
  }

  /** Frames in `bytes[from..to)`: where one begins that is not whole. */
  #readFrames(bytes: Buffer, from: number, to: number): number {
    let at = from;
    while (at < to && !this.#isStopped) {
      if (this.#isInData) {
        at = this.#readData(bytes, at, to);
        continue;
      }
      this.#needed = FRAME_HEAD_BYTES;
      if (to - at < FRAME_HEAD_BYTES) break;
      const length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
      const type = bytes[at + 3]!;
      const flags = bytes[at + 4]!;
      const streamId = readUint31(bytes, at + 5);
      const start = at + FRAME_HEAD_BYTES;
      if (length > MAX_FRAME_BYTES) {
        this.#sink.onFrameFault(ErrorCode.frameSizeError, 'a frame is too long');
        break;
      }
      if (type === FrameType.data) {
        const hasPadding = (flags & Flag.padded) !== 0;
        this.#needed = FRAME_HEAD_BYTES + 1;
        if (hasPadding && length > 0 && start === to) break;
        this.frames++;
        at = this.#beginData(bytes, start, length, flags, streamId);
      } else {
        this.#needed = FRAME_HEAD_BYTES + length;
        if (to - start < length) break;
        this.frames++;
        this.#sink.onFrame(type, flags, streamId, bytes, start, start + length);
        at = start + length;
      }
    }
    return this.#isStopped ? to : at;
  }

  #beginData(
    bytes: Buffer,
    start: number,
    length: number,
    flags: number,
    streamId: number,
  ): number {
    const padded = (flags & Flag.padded) === 0 ? 0 : 1;
    if (padded > length) {
      this.#sink.onFrameFault(ErrorCode.frameSizeError, 'no room for the length of the padding');
      return start;
    }
    const padding = padded === 0 ? 0 : bytes[start]!;
    if (padded + padding > length) {
      this.#sink.onFrameFault(ErrorCode.protocolError, 'more padding than payload');
      return start;
    }
    this.#isInData = true;
    this.#dataStream = streamId;
    this.#endsStream = (flags & Flag.endStream) !== 0;
    this.#dataLeft = length - padded - padding;
    this.#paddingLeft = padding;
    this.#padding = padded + padding;
    if (this.#dataLeft === 0) this.#tellData(bytes, start + padded, start + padded);
    return start + padded;
  }

  #readData(bytes: Buffer, from: number, to: number): number {
    const end = Math.min(to, from + this.#dataLeft);
    if (end > from) {
      this.#dataLeft -= end - from;
      this.#tellData(bytes, from, end);
    }
    const paddingEnd = Math.min(to, end + this.#paddingLeft);
    this.#paddingLeft -= paddingEnd - end;
    if (this.#dataLeft === 0 && this.#paddingLeft === 0) this.#isInData = false;
    return paddingEnd;
  }

  #tellData(bytes: Buffer, from: number, to: number): void {
    const padding = this.#padding;
    const isEnd = this.#endsStream && this.#dataLeft === 0;
    this.#padding = 0;
    if (this.#dataLeft === 0 && this.#paddingLeft === 0) this.#isInData = false;
    this.#sink.onData(this.#dataStream, bytes, from, to, padding, isEnd);
  }

  #readPreface(bytes: Buffer, from: number, to: number): number {
    let at = from;
    while (at < to && this.#prefaceBytes < PREFACE.length) {
      if (bytes[at] !== PREFACE[this.#prefaceBytes]) {
        this.#sink.onFrameFault(ErrorCode.protocolError, 'this is not HTTP/2');
        return to;
      }
      this.#prefaceBytes++;
      at++;
    }
    return at;
  }

  /** Puts to what came early as many of the new bytes as its frame needs; how many that were. */
  #complete(bytes: Buffer, length: number): number {
    let at = 0;
    for (;;) {
      const taken = Math.min(length - at, this.#needed - this.#earlyLength);
      this.#reserve(this.#needed);
      bytes.copy(this.#early, this.#earlyLength, at, at + taken);
      this.#earlyLength += taken;
      at += taken;
      if (this.#earlyLength < this.#needed) return at;
      const early = this.#early;
      const needed = this.#needed;
      const end = this.#readFrames(early, 0, this.#earlyLength);
      if (end > 0 || this.#isStopped || this.#needed === needed) {
        this.#early = EMPTY;
        this.#earlyLength = 0;
        return at;
      }
      // Its head is whole now, and says how much the frame needs.
    }
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    if (this.#isStopped || from >= to) return;
    this.#reserve(Math.max(this.#needed, to - from));
    this.#earlyLength = bytes.copy(this.#early, 0, from, to);
  }

  /** No frame is longer than {@link MAX_FRAME_BYTES}. */
  #reserve(bytes: number): void {
    if (this.#early.length >= bytes) return;
    const larger = Buffer.allocUnsafeSlow(bytes);
    this.#early.copy(larger, 0, 0, this.#earlyLength);
    this.#early = larger;
  }
}
