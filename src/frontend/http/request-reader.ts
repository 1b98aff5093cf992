// Turns the bytes of a client connection into requests, one at a time; what comes too early waits.
import type { Outlet } from '../../upstream/outlet.js';
import { editable } from '../../upstream/read-buffers.js';
import { BodyMode, BodyReader } from '../../wire/http1/body.js';
import { hasLineEnd, ParseResult } from '../../wire/http1/message-head.js';
import { parseRequestHead, RequestHead } from '../../wire/http1/request-head.js';
import { Backlog } from './backlog.js';
import type { HttpSettings } from './http-settings.js';

/** Pipelined bytes, and those of one read, that are kept while a request is in flight; then reading rests. */
const BACKLOG_BYTES = 8192;

/** Body bytes that are read and dropped so that a connection can be kept after an answer. */
const DISCARD_BYTES = 65_536;

/** One record for all: a head is done with before the next one is parsed. */
const head = new RequestHead();

/** Who serves the requests. */
export interface RequestSink {
  /** The present request is done with: the next one may begin. */
  readonly isReady: boolean;
  /** The settings for the next request. */
  nextSettings(): HttpSettings;
  /**
   * A head is whole: whether the request may go on now. If not, it waits as it came until `advance`, and is read again.
   */
  admit(head: RequestHead, bytes: Buffer): boolean;
  /**
   * A head is whole, and the body as far as it has come. `head` and `bytes` are valid during the call only.
   * @param isFramed - false: the body's framing is broken already
   */
  onRequest(head: RequestHead, bytes: Buffer, isFramed: boolean): void;
  /** A part of a head has come. */
  onPartialHead(): void;
  /** The head is malformed: nothing behind it can be told from a request. */
  onRefused(status: number, reason: string): void;
  /** All that has come is read, and the next request may begin. */
  onCaughtUp(): void;
}

/**
 * Reads one client connection. Invariant: while a request is in flight, what comes behind it is in the backlog,
 * which grows to a bound; then the socket rests, so that a pipelining flood costs its sender and not us.
 */
export class RequestReader {
  /** The body of the present request. */
  readonly body: BodyReader = new BodyReader();
  readonly #sink: RequestSink;
  readonly #client: Outlet;
  readonly #backlog: Backlog = new Backlog();
  /** Longest head that the present settings allow. */
  #headBytes = 0;
  #isAdvancing = false;

  constructor(sink: RequestSink, client: Outlet) {
    this.#sink = sink;
    this.#client = client;
  }

  /** Whether bytes wait to be read. */
  get hasBacklog(): boolean {
    return this.#backlog.length > 0;
  }

  /** What came early, for another reader; it is forgotten here. */
  takeBacklog(): Buffer {
    return this.#backlog.takeAll();
  }

  /** Takes bytes while no request is in flight. */
  onBytes(buffer: Buffer, length: number): void {
    if (this.#backlog.length === 0 && !this.#client.isBlocked) {
      // Guarded like a turn of `advance`: an answer given at once must not start the next request inside this one.
      this.#isAdvancing = true;
      this.#readRequest(editable(buffer, length), length, false);
      this.#isAdvancing = false;
      if (this.#backlog.length > 0 || this.#client.socket.isPaused()) this.advance();
      return;
    }
    if (this.#client.isBlocked) {
      this.keepBack(buffer, 0, length);
      return;
    }
    this.#backlog.append(buffer, 0, length);
    if (hasLineEnd(buffer, 0, length) || this.#backlog.length > this.#headBytes) this.advance();
  }

  /** Takes body bytes: false = the framing is broken. `body` says what of them is to be forwarded. */
  onBodyBytes(buffer: Buffer, length: number): boolean {
    const end = this.body.feed(buffer, 0, length);
    if (end < 0) return false;
    if (end < length) this.keepBack(buffer, end, length);
    return true;
  }

  /** Whether the body is longer than that, as far as is known. */
  hasMoreThan(bytes: number): boolean {
    return this.body.payloadBytes + this.body.announcedBytes > bytes;
  }

  /** Whether the rest of the body is short enough to be read and dropped. @param isComing - whether the client will send it */
  canFinish(isComing: boolean): boolean {
    const { body } = this;
    if (body.isDone) return true;
    if (!isComing || body.mode !== BodyMode.length) return false;
    return body.announcedBytes <= DISCARD_BYTES;
  }

  /** Keeps bytes back that came too early. */
  keepBack(bytes: Buffer, from: number, to: number): void {
    this.#backlog.append(bytes, from, to);
    if (this.#backlog.length > BACKLOG_BYTES) this.#client.socket.pause();
  }

  /** Goes on with what was kept back, as far as it goes. */
  advance(): void {
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    while (this.#sink.isReady && !this.#client.isBlocked) {
      const held = this.#backlog.length;
      if (held === 0) break;
      this.#readRequest(this.#backlog.layOut(), held, true);
      if (this.#backlog.length === held) break;
    }
    this.#isAdvancing = false;
    if (!this.#sink.isReady || this.#client.isBlocked) return;
    this.resume();
    this.#sink.onCaughtUp();
  }

  /** Reads on, if it rested. */
  resume(): void {
    const { socket } = this.#client;
    if (socket.isPaused()) socket.resume();
  }

  /** Reads the request at the start of `bytes[0..to)`; what follows it is in the backlog afterwards. */
  #readRequest(bytes: Buffer, to: number, isBacklog: boolean): void {
    const { limits } = this.#sink.nextSettings();
    this.#headBytes = limits.headerBytes;
    const result = parseRequestHead(head, bytes, 0, to, limits);
    if (result === ParseResult.complete) {
      if (this.#sink.admit(head, bytes)) this.#beginBody(bytes, to, isBacklog);
      else if (!isBacklog) this.keepBack(bytes, 0, to);
    } else if (result === ParseResult.partial) {
      if (!isBacklog) this.#backlog.append(bytes, 0, to);
      this.#sink.onPartialHead();
    } else {
      this.#backlog.takeAll();
      this.body.start(BodyMode.none);
      this.#sink.onRefused(head.status, head.reason);
    }
  }

  #beginBody(bytes: Buffer, to: number, isBacklog: boolean): void {
    const { body } = this;
    if (head.isChunked) body.start(BodyMode.chunked);
    else body.start(head.contentLength > 0 ? BodyMode.length : BodyMode.none, head.contentLength);
    const end = body.feed(bytes, head.end, to);
    if (end >= 0) {
      if (isBacklog) this.#backlog.consume(end);
      else if (end < to) this.keepBack(bytes, end, to);
    }
    this.#sink.onRequest(head, bytes, end >= 0);
  }
}
