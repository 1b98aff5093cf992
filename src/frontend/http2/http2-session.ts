// The frames of one HTTP/2 connection and what they do to its streams (RFC 9113 5 and 6).
import { LinkedList } from '../../core/linked-list.js';
import type { ByteSocket } from '../../upstream/byte-socket.js';
import {
  ErrorCode,
  type ErrorCodeValue,
  Flag,
  FrameType,
  INITIAL_WINDOW,
  MAX_WINDOW,
  readUint31,
} from '../../wire/http2/frame.js';
import { FrameReader, type FrameSink } from '../../wire/http2/frame-reader.js';
import type { HeaderField } from '../../wire/http2/header-field.js';
import { HpackDecoder, MAX_BLOCK_BYTES } from '../../wire/http2/hpack-decoder.js';
import { blockRoom, HpackEncoder } from '../../wire/http2/hpack-encoder.js';
import { PeerSettings, SETTING_BYTES } from '../../wire/http2/peer-settings.js';
import { renderRequestTrailers } from '../../wire/http2/request-text.js';
import { ClientStream, type StreamHome } from './client-stream.js';
import { ClosedStreams } from './closed-streams.js';
import { FloodBudget } from './flood-budget.js';
import { FrameOutput, type OutputOwner } from './frame-output.js';
import { HeaderBlock } from './header-block.js';

/** Told of what happens on a connection. */
export interface SessionOwner {
  /** Monotonic ms. */
  readonly nowMs: number;
  /** Streams that the client may have open at once. */
  readonly maxConcurrentStreams: number;
  /** Most header fields that are looked at. */
  readonly maxFields: number;
  /** The client's first SETTINGS have come. */
  onBegun(): void;
  /** A request. @param fields - valid during the call; undefined = there were too many */
  onRequest(stream: ClientStream, fields: readonly HeaderField[] | undefined): void;
  /** @param wasReset - by the client, before it was over */
  onStreamOver(stream: ClientStream, wasReset: boolean): void;
  /** GOAWAY with this code is written, and all streams are gone. */
  onFailed(code: ErrorCodeValue): void;
}

const SETTINGS_MAX_STREAMS = 3;
const SETTINGS_MAX_HEADER_LIST = 6;
/** Longest list of header fields that is looked at, as RFC 9113 counts it, bytes. */
const HEADER_LIST_BYTES = 65_536;
/** Window of the connection, bytes: each stream has a window of its own, which holds its client back. */
const CONNECTION_WINDOW = 1_048_576;
/** So much of it is used before it is given back. */
const CREDIT_BYTES = CONNECTION_WINDOW / 2;
/** Bytes that one stream sends before the next one's turn. */
const TURN_BYTES = 16_384;
/** Bytes that may wait for a client that takes nothing. What has a window waits elsewhere, so that hardly any do. */
const MAX_QUEUED_BYTES = 1_048_576;

/** Blocks are written here before they are cut into frames. */
let scratch: Buffer = Buffer.allocUnsafeSlow(16_384);

/** Room for the block of so many bytes of text. */
function scratchFor(textBytes: number): Buffer {
  const room = blockRoom(textBytes);
  if (scratch.length < room) scratch = Buffer.allocUnsafeSlow(room);
  return scratch;
}

/** The server's end of one connection. */
export class Http2Session implements FrameSink, StreamHome, OutputOwner {
  readonly output: FrameOutput;
  sendWindow: number = INITIAL_WINDOW;
  readonly #owner: SessionOwner;
  readonly #reader: FrameReader;
  readonly #decoder: HpackDecoder = new HpackDecoder();
  readonly #encoder: HpackEncoder = new HpackEncoder();
  readonly #peer: PeerSettings = new PeerSettings();
  readonly #streams: Map<number, ClientStream> = new Map();
  readonly #waiting: LinkedList<ClientStream> = new LinkedList();
  readonly #closed: ClosedStreams = new ClosedStreams();
  readonly #floods: FloodBudget;
  readonly #block: HeaderBlock = new HeaderBlock();
  #receiveWindow: number = CONNECTION_WINDOW;
  #used = 0;
  #lastId = 0;
  /** The last stream that is served, once GOAWAY was said. */
  #lastServed: number = MAX_WINDOW;
  #hasBegun = false;
  /** The stream that the client resets just now. */
  #resetByClient: ClientStream | undefined = undefined;
  #isOver = false;
  #isPumping = false;

  constructor(socket: ByteSocket, owner: SessionOwner) {
    this.#owner = owner;
    this.output = new FrameOutput(socket, this);
    this.#floods = new FloodBudget(this.output);
    this.#reader = new FrameReader(this);
    this.output.settings([
      [SETTINGS_MAX_STREAMS, owner.maxConcurrentStreams],
      [SETTINGS_MAX_HEADER_LIST, HEADER_LIST_BYTES],
    ]);
    this.output.windowUpdate(0, CONNECTION_WINDOW - INITIAL_WINDOW);
  }

  /** Nothing is read or written any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get openStreams(): number {
    return this.#streams.size;
  }

  /** The number of the frame other than DATA, or of the header block, that has begun and is not whole; 0 = there is none. */
  get unfinished(): number {
    if (this.#block.isOpen) return -this.#block.number;
    return this.#reader.isInHead ? this.#reader.frames + 1 : 0;
  }

  read(bytes: Buffer, length: number): void {
    if (!this.#isOver) this.#reader.read(bytes, length);
  }

  /** Tells the client how many streams it may open from now on. */
  announceStreams(maxConcurrentStreams: number): void {
    if (!this.#isOver) this.output.settings([[SETTINGS_MAX_STREAMS, maxConcurrentStreams]]);
  }

  /** Says GOAWAY: streams that have begun finish, later ones are left out. */
  goaway(): void {
    if (this.#isOver || this.#lastServed < MAX_WINDOW) return;
    this.#lastServed = this.#lastId;
    this.output.goaway(this.#lastId, ErrorCode.noError, '');
  }

  /** Ends everything. @param reason - why, ASCII */
  fail(code: ErrorCodeValue, reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reader.stop();
    this.output.goaway(Math.min(this.#lastId, this.#lastServed), code, reason);
    this.output.flush();
    this.#cutAll();
    this.#owner.onFailed(code);
  }

  /** Nothing is read or written from now on. */
  stop(): void {
    if (!this.#isOver) this.output.flush();
    this.#isOver = true;
    this.#reader.stop();
  }

  /** The connection is gone. */
  onSocketClosed(): void {
    this.#isOver = true;
    this.#reader.stop();
    this.#cutAll();
  }

  #cutAll(): void {
    for (const stream of this.#streams.values()) stream.cut();
  }

  // --- frames

  onFrameFault(code: ErrorCodeValue, reason: string): void {
    this.fail(code, reason);
  }

  onFrame(type: number, flags: number, id: number, bytes: Buffer, from: number, to: number): void {
    if (this.#block.isOpen && (type !== FrameType.continuation || id !== this.#block.streamId)) {
      return this.#refuse('a frame between those of a header block');
    }
    if (!this.#hasBegun && (type !== FrameType.settings || (flags & Flag.ack) !== 0)) {
      return this.#refuse('the first frame must be SETTINGS');
    }
    switch (type) {
      case FrameType.headers:
        return this.#onHeaders(flags, id, bytes, from, to);
      case FrameType.continuation:
        return this.#onContinuation(flags, bytes, from, to);
      case FrameType.windowUpdate:
        return this.#onWindowUpdate(id, bytes, from, to);
      case FrameType.rstStream:
        return this.#onReset(id, to - from);
      case FrameType.settings:
        return this.#onSettings(flags, id, bytes, from, to);
      case FrameType.ping:
        return this.#onPing(flags, id, bytes, from, to);
      case FrameType.priority:
        return this.#onPriority(id, to - from);
      case FrameType.goaway:
        if (id !== 0) return this.#refuse('GOAWAY on a stream');
        if (to - from < 8) return this.#badSize();
        return this.#countFrame();
      case FrameType.pushPromise:
        return this.#refuse('PUSH_PROMISE of a client');
      default:
        return this.#countFrame();
    }
  }

  #refuse(reason: string): void {
    this.fail(ErrorCode.protocolError, reason);
  }

  #badSize(): void {
    this.fail(ErrorCode.frameSizeError, 'a frame has the wrong length');
  }

  /** A frame that brings nothing along. */
  #countFrame(): void {
    if (this.#floods.onFrame(this.#owner.nowMs)) this.#calm('too many frames for nothing');
    else if (this.output.queuedBytes > MAX_QUEUED_BYTES) this.#calm('nothing is read');
  }

  #calm(reason: string): void {
    this.fail(ErrorCode.enhanceYourCalm, reason);
  }

  /** Ends one stream for a fault of the client. */
  #resetFor(id: number, code: ErrorCodeValue): void {
    const stream = this.#streams.get(id);
    if (stream !== undefined) stream.reset(code);
    else {
      this.output.reset(id, code);
      this.#closed.add(id, 'left');
    }
    this.countFault();
  }

  countFault(): void {
    if (this.#floods.onFault(this.#owner.nowMs)) this.#calm('too many faults');
  }

  // --- header blocks

  #onHeaders(flags: number, id: number, bytes: Buffer, from: number, to: number): void {
    if (id % 2 === 0) return this.#refuse('HEADERS on no stream of a client');
    let start = from;
    let end = to;
    if ((flags & Flag.padded) !== 0) {
      if (start === end) return this.#badSize();
      end -= bytes[start]!;
      start++;
    }
    if ((flags & Flag.priority) !== 0) start += 5;
    if (start > end) {
      return to - from < 5 ? this.#badSize() : this.#refuse('more padding than payload');
    }
    if ((flags & Flag.endHeaders) === 0) {
      this.#block.begin(id, (flags & Flag.endStream) !== 0, bytes, start, end);
      return;
    }
    this.#onBlock(id, (flags & Flag.endStream) !== 0, bytes, start, end);
  }

  #onContinuation(flags: number, bytes: Buffer, from: number, to: number): void {
    const block = this.#block;
    if (!block.isOpen) return this.#refuse('CONTINUATION of nothing');
    if (!block.add(bytes, from, to)) return this.#calm('a header block is too long');
    if ((flags & Flag.endHeaders) === 0) return;
    const whole = block.take();
    this.#onBlock(block.streamId, block.endsStream, whole, 0, whole.length);
  }

  #onBlock(id: number, endsStream: boolean, bytes: Buffer, from: number, to: number): void {
    if (to - from > MAX_BLOCK_BYTES) return this.#calm('a header block is too long');
    const limits = { bytes: HEADER_LIST_BYTES, fields: this.#owner.maxFields };
    const result = this.#decoder.decode(bytes, from, to, limits);
    if (result === 'malformed') {
      return this.fail(ErrorCode.compressionError, 'a header block can not be read');
    }
    const fields = result === 'read' ? this.#decoder.fields : undefined;
    if (id <= this.#lastId) this.#onLaterBlock(id, endsStream, fields);
    else this.#open(id, endsStream, fields);
  }

  #open(id: number, endsStream: boolean, fields: readonly HeaderField[] | undefined): void {
    this.#lastId = id;
    // The client hears from GOAWAY that nobody looks at it.
    if (id > this.#lastServed) return this.#countFrame();
    if (this.#streams.size >= this.#owner.maxConcurrentStreams) {
      return this.#resetFor(id, ErrorCode.refusedStream);
    }
    if (this.output.queuedBytes > MAX_QUEUED_BYTES) return this.#calm('nothing is read');
    const stream = new ClientStream(this, id, this.#peer.initialWindow, endsStream);
    this.#streams.set(id, stream);
    this.#owner.onRequest(stream, fields);
  }

  /** Trailers; anything else is a fault. */
  #onLaterBlock(id: number, endsStream: boolean, fields: readonly HeaderField[] | undefined): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) this.#onClosedHeaders(id);
    else if (stream.isRemoteEnded) this.#resetFor(id, ErrorCode.streamClosed);
    else {
      const trailers = fields === undefined ? undefined : renderRequestTrailers(fields);
      if (!endsStream || trailers === undefined) this.#resetFor(id, ErrorCode.protocolError);
      else stream.receiveEnd(trailers);
    }
  }

  #onClosedHeaders(id: number): void {
    if (id > this.#lastServed) return this.#countFrame();
    const end = this.#closed.endOf(id);
    if (end === 'left') return this.#countFrame();
    if (end === 'unknown') this.#refuse('a stream with a number below that of the last one');
    else this.fail(ErrorCode.streamClosed, 'HEADERS on a stream that is closed');
  }

  // --- DATA

  onData(
    id: number,
    bytes: Buffer,
    from: number,
    to: number,
    paddingBytes: number,
    isEnd: boolean,
  ): void {
    if (this.#block.isOpen) return this.#refuse('a frame between those of a header block');
    if (!this.#hasBegun) return this.#refuse('the first frame must be SETTINGS');
    if (id === 0 || id > this.#lastId) return this.#refuse('DATA on no open stream');
    const counted = to - from + paddingBytes;
    if (counted === 0 && !isEnd) this.countFault();
    if (this.#isOver || !this.#countReceived(counted)) return;
    const stream = this.#streams.get(id);
    if (stream === undefined) this.#onClosedData(id);
    else if (stream.isRemoteEnded) this.#resetFor(id, ErrorCode.streamClosed);
    else if (!stream.receive(bytes, from, to, paddingBytes, isEnd)) {
      this.#resetFor(id, ErrorCode.flowControlError);
    }
  }

  #onClosedData(id: number): void {
    if (id > this.#lastServed) return;
    const end = this.#closed.endOf(id);
    if (end === 'whole') this.fail(ErrorCode.streamClosed, 'DATA on a stream that is closed');
    else if (end !== 'left') this.#resetFor(id, ErrorCode.streamClosed);
  }

  /** The connection's window is given back as bytes come: what they are for, their stream's window bounds. */
  #countReceived(bytes: number): boolean {
    this.#receiveWindow -= bytes;
    this.#used += bytes;
    if (this.#receiveWindow < 0) {
      this.fail(ErrorCode.flowControlError, 'more than the window of the connection');
      return false;
    }
    if (this.#used >= CREDIT_BYTES) {
      this.output.windowUpdate(0, this.#used);
      this.#receiveWindow += this.#used;
      this.#used = 0;
    }
    return true;
  }

  // --- other frames

  #onSettings(flags: number, id: number, bytes: Buffer, from: number, to: number): void {
    if (id !== 0) return this.#refuse('SETTINGS on a stream');
    const length = to - from;
    if ((flags & Flag.ack) !== 0) return length === 0 ? this.#countFrame() : this.#badSize();
    if (length % SETTING_BYTES !== 0) return this.#badSize();
    const windowBefore = this.#peer.initialWindow;
    const fault = this.#peer.read(bytes, from, to);
    if (fault !== 0) return this.fail(fault, 'a setting that may not be');
    this.#encoder.resize(this.#peer.smallestTableBytes);
    this.#encoder.resize(this.#peer.tableBytes);
    this.output.settingsAck();
    this.#widenAll(this.#peer.initialWindow - windowBefore);
    if (this.#isOver) return;
    this.#countFrame();
    if (this.#hasBegun || this.#isOver) return;
    this.#hasBegun = true;
    this.#owner.onBegun();
  }

  /** The windows of all streams change (RFC 9113 6.9.2). */
  #widenAll(bytes: number): void {
    if (bytes === 0) return;
    for (const stream of this.#streams.values()) {
      stream.sendWindow += bytes;
      if (stream.sendWindow > MAX_WINDOW) {
        return this.fail(ErrorCode.flowControlError, 'a window is too large');
      }
      if (bytes <= 0 || stream.pendingBytes === 0) continue;
      this.onWaiting(stream);
      // As a WINDOW_UPDATE of its own would: else one frame has a piece of one byte of each stream sent (CVE-2019-9511).
      this.#countFrame();
      if (this.#isOver) return;
    }
    this.#pump();
  }

  #onPing(flags: number, id: number, bytes: Buffer, from: number, to: number): void {
    if (id !== 0) return this.#refuse('PING on a stream');
    if (to - from !== 8) return this.#badSize();
    if ((flags & Flag.ack) === 0) this.output.ping(true, bytes, from);
    this.#countFrame();
  }

  /** Priorities are not followed (RFC 9113 5.3.2). */
  #onPriority(id: number, length: number): void {
    if (id === 0) return this.#refuse('PRIORITY on no stream');
    if (length === 5) return this.#countFrame();
    if (id > this.#lastId) return this.#badSize();
    this.#resetFor(id, ErrorCode.frameSizeError);
  }

  #onReset(id: number, length: number): void {
    if (length !== 4) return this.#badSize();
    if (id === 0 || id > this.#lastId) return this.#refuse('RST_STREAM on no open stream');
    const stream = this.#streams.get(id);
    if (stream === undefined) return this.#countFrame();
    this.#resetByClient = stream;
    stream.cut();
    this.#resetByClient = undefined;
  }

  #onWindowUpdate(id: number, bytes: Buffer, from: number, to: number): void {
    if (to - from !== 4) return this.#badSize();
    const increment = readUint31(bytes, from);
    if (id === 0) return this.#widenConnection(increment);
    if (id > this.#lastId) return this.#refuse('WINDOW_UPDATE on no open stream');
    this.#countFrame();
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    if (increment === 0) return this.#resetFor(id, ErrorCode.protocolError);
    stream.sendWindow += increment;
    if (stream.sendWindow > MAX_WINDOW) return this.#resetFor(id, ErrorCode.flowControlError);
    this.onWaiting(stream);
    this.#pump();
  }

  #widenConnection(increment: number): void {
    if (increment === 0) return this.#refuse('WINDOW_UPDATE of nothing');
    this.sendWindow += increment;
    if (this.sendWindow > MAX_WINDOW) {
      return this.fail(ErrorCode.flowControlError, 'a window is too large');
    }
    this.#countFrame();
    this.#pump();
  }

  // --- what the streams ask for

  sendAnswerHead(stream: ClientStream, text: string, status: number, isEnd: boolean): void {
    const block = scratchFor(text.length);
    const length = this.#encoder.encodeAnswer(text, status, block);
    this.output.headers(stream.id, block, length, isEnd);
  }

  sendTrailers(stream: ClientStream, lines: string): void {
    const block = scratchFor(lines.length);
    this.output.headers(stream.id, block, this.#encoder.encodeLines(lines, block), true);
  }

  onWaiting(stream: ClientStream): void {
    if (stream.pendingBytes > 0 && !this.#waiting.has(stream)) this.#waiting.add(stream);
  }

  onStreamOver(stream: ClientStream, wasReset: boolean): void {
    this.#streams.delete(stream.id);
    this.#waiting.delete(stream);
    const wasByClient = this.#resetByClient === stream;
    this.#closed.add(stream.id, wasByClient ? 'reset' : wasReset ? 'left' : 'whole');
    this.#owner.onStreamOver(stream, wasByClient);
  }

  onUnblocked(): void {
    this.#pump();
  }

  /** Sends what waits, a piece of each stream in turn, as far as the windows and the socket go. */
  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (!this.output.isBlocked && this.sendWindow > 0 && !this.#isOver) {
      const stream = this.#waiting.first;
      if (stream === undefined) break;
      this.#waiting.delete(stream);
      // One whose own window is empty comes back with its WINDOW_UPDATE.
      if (stream.pump(TURN_BYTES)) this.#waiting.add(stream);
    }
    this.#isPumping = false;
  }
}
