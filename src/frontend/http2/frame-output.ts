// Writes the frames of one HTTP/2 connection: what is written in one turn of the loop leaves together.
import { setImmediate as nextTurn } from 'node:timers';
import type { ByteSocket } from '../../upstream/byte-socket.js';
import { latin1 } from '../../upstream/latin1.js';
import { giveBuffer, READ_BYTES, takeBuffer } from '../../upstream/read-buffers.js';
import { queuedBytes } from '../../upstream/socket-reader.js';
import {
  type ErrorCodeValue,
  Flag,
  FRAME_HEAD_BYTES,
  FrameType,
  MAX_FRAME_BYTES,
  writeFrameHead,
  writeUint32,
} from '../../wire/http2/frame.js';

/** Told when the socket takes bytes again. */
export interface OutputOwner {
  onUnblocked(): void;
}

/** Up to so many bytes leave as text, which costs less than a Buffer; see `Outlet`. */
const TEXT_BYTES = 16_384;

/** Outputs with something to write, in this turn. */
let dirty: FrameOutput[] = [];
let spare: FrameOutput[] = [];

function flushAll(): void {
  const outputs = dirty;
  dirty = spare;
  for (const output of outputs) output.flush();
  outputs.length = 0;
  spare = outputs;
}

/** The writing end of one connection. */
export class FrameOutput {
  /** Bytes are left that the kernel did not take. */
  isBlocked = false;
  /** Bytes of frames, so far. */
  bytesOut = 0;
  /** HEADERS, and pieces of DATA that no window has cut short, so far: what the client has asked for. */
  answerFrames = 0;
  readonly #socket: ByteSocket;
  readonly #owner: OutputOwner;
  #bytes: Buffer | undefined = undefined;
  #length = 0;
  #isDirty = false;

  constructor(socket: ByteSocket, owner: OutputOwner) {
    this.#socket = socket;
    this.#owner = owner;
    socket.on('drain', () => this.#onDrain());
  }

  /** Bytes that wait here and in the socket, which may know of less than it holds: TLS seals one write at a time. */
  get queuedBytes(): number {
    return this.#length + this.#socket.writableLength;
  }

  /** Bytes that the kernel has taken so far: it grows as the client reads. */
  get takenBytes(): number {
    const socket = this.#socket;
    return this.bytesOut - this.#length - Math.min(queuedBytes(socket), socket.writableLength);
  }

  /** @param payload - pairs of an id and a value */
  settings(pairs: readonly (readonly [number, number])[]): void {
    const bytes = this.#begin(pairs.length * 6, FrameType.settings, 0, 0);
    for (const [id, value] of pairs) {
      bytes[this.#length++] = id >>> 8;
      bytes[this.#length++] = id;
      this.#length = writeUint32(bytes, this.#length, value);
    }
  }

  settingsAck(): void {
    this.#begin(0, FrameType.settings, Flag.ack, 0);
  }

  /** @param isAnswer - to the PING whose eight bytes are at `from` */
  ping(isAnswer: boolean, payload: Buffer, from: number): void {
    const bytes = this.#begin(8, FrameType.ping, isAnswer ? Flag.ack : 0, 0);
    this.#length += payload.copy(bytes, this.#length, from, from + 8);
  }

  windowUpdate(streamId: number, increment: number): void {
    const bytes = this.#begin(4, FrameType.windowUpdate, 0, streamId);
    this.#length = writeUint32(bytes, this.#length, increment);
  }

  reset(streamId: number, code: ErrorCodeValue): void {
    const bytes = this.#begin(4, FrameType.rstStream, 0, streamId);
    this.#length = writeUint32(bytes, this.#length, code);
  }

  /** @param reason - why, for the client's developer; ASCII */
  goaway(lastStreamId: number, code: ErrorCodeValue, reason: string): void {
    const bytes = this.#begin(8 + reason.length, FrameType.goaway, 0, 0);
    const at = writeUint32(bytes, writeUint32(bytes, this.#length, lastStreamId), code);
    this.#length = at + bytes.write(reason, at, 'latin1');
  }

  /** A header block `block[0..length)`, in as many frames as it takes. */
  headers(streamId: number, block: Buffer, length: number, endsStream: boolean): void {
    const flags = endsStream ? Flag.endStream : 0;
    this.answerFrames++;
    let from = 0;
    let to = Math.min(length, MAX_FRAME_BYTES);
    let endHeaders = to === length ? Flag.endHeaders : 0;
    let bytes = this.#begin(to, FrameType.headers, flags | endHeaders, streamId);
    this.#length += block.copy(bytes, this.#length, from, to);
    while (to < length) {
      from = to;
      to = Math.min(length, from + MAX_FRAME_BYTES);
      endHeaders = to === length ? Flag.endHeaders : 0;
      bytes = this.#begin(to - from, FrameType.continuation, endHeaders, streamId);
      this.#length += block.copy(bytes, this.#length, from, to);
    }
  }

  /** The bytes `data[from..to)`, which the windows must have room for. */
  data(streamId: number, data: Buffer, from: number, to: number, endsStream: boolean): void {
    let at = from;
    do {
      const end = Math.min(to, at + MAX_FRAME_BYTES);
      const flags = endsStream && end === to ? Flag.endStream : 0;
      const bytes = this.#begin(end - at, FrameType.data, flags, streamId);
      this.#length += data.copy(bytes, this.#length, at, end);
      at = end;
    } while (at < to);
  }

  /** Writes what there is to the socket. */
  flush(): void {
    this.#isDirty = false;
    this.#write();
  }

  /** Writes the head of a frame, and makes room for its payload behind it, at `#length`. */
  #begin(payloadBytes: number, type: number, flags: number, streamId: number): Buffer {
    const size = FRAME_HEAD_BYTES + payloadBytes;
    if (this.#length + size > READ_BYTES) this.#write();
    this.#bytes ??= takeBuffer();
    if (!this.#isDirty) {
      this.#isDirty = true;
      if (dirty.push(this) === 1) nextTurn(flushAll);
    }
    this.bytesOut += size;
    const bytes = this.#bytes;
    this.#length = writeFrameHead(bytes, this.#length, payloadBytes, type, flags, streamId);
    return bytes;
  }

  #write(): void {
    const bytes = this.#bytes;
    const length = this.#length;
    if (bytes === undefined) return;
    this.#bytes = undefined;
    this.#length = 0;
    const socket = this.#socket;
    let hasRoom: boolean;
    if (!socket.writable) {
      // It has ended: some sockets would take this for a fault, and drop what is still on its way.
      giveBuffer(bytes);
      return;
    }
    if (length <= TEXT_BYTES) {
      hasRoom = socket.write(latin1(bytes, 0, length), 'latin1');
      giveBuffer(bytes);
    } else hasRoom = this.#writeBulk(bytes, length);
    if (!hasRoom && socket.writableLength > 0) this.isBlocked = true;
  }

  /** The buffer goes back once it has left. A socket that takes all of it at once may not say so. */
  #writeBulk(bytes: Buffer, length: number): boolean {
    let isGiven = false;
    const give = (): void => {
      if (!isGiven) giveBuffer(bytes);
      isGiven = true;
    };
    const hasRoom = this.#socket.write(bytes.subarray(0, length), give);
    if (this.#socket.queuedBytes === 0) give();
    return hasRoom;
  }

  #onDrain(): void {
    if (!this.isBlocked) return;
    this.isBlocked = false;
    this.#owner.onUnblocked();
  }
}
