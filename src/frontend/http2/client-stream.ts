// One stream of an HTTP/2 connection: what is written waits for its window, what is read waits for somebody to take it.

import type { Linked } from '../../core/linked-list.js';
import { giveBuffer, takeBuffer } from '../../upstream/read-buffers.js';
import type { Source } from '../../upstream/sourced-outlet.js';
import { ErrorCode, type ErrorCodeValue, INITIAL_WINDOW } from '../../wire/http2/frame.js';
import type { FrameOutput } from './frame-output.js';

/** Told of what a stream brings. */
export interface StreamOwner {
  /** Body bytes, valid during the call only. */
  onData(bytes: Buffer, from: number, to: number): void;
  /** The client has said all. @param trailers - lines, each with its CRLF */
  onEnd(trailers: string): void;
  /** What was written has been passed on, after `write` had to keep some. */
  onDrain(): void;
  /** The stream is over, well or not; not told from within `sendHead` and `end`. */
  onClosed(): void;
}

/** What a stream asks of its connection. */
export interface StreamHome {
  readonly output: FrameOutput;
  /** Bytes that may be sent on the connection. */
  sendWindow: number;
  /** Writes a block for the head of an answer. */
  sendAnswerHead(stream: ClientStream, text: string, status: number, isEnd: boolean): void;
  sendTrailers(stream: ClientStream, lines: string): void;
  /** It has something to write, and has to wait. */
  onWaiting(stream: ClientStream): void;
  /** The client has made a fault that costs it this stream. */
  countFault(): void;
  /** Both sides have said all, or it was reset. */
  onStreamOver(stream: ClientStream, wasReset: boolean): void;
}

/** So much of a window is used before it is given back. */
const CREDIT_BYTES = 32_768;

/** Shared by all streams that nothing waits in: nothing is put into it. */
const NONE: Buffer[] = [];

/** One stream, from its HEADERS on. */
export class ClientStream implements Source, Linked<ClientStream> {
  readonly id: number;
  /** Something follows the head. */
  readonly hasBody: boolean;
  /** Nobody hears of it before its request is known. */
  owner: StreamOwner | undefined = undefined;
  sendWindow: number;
  /** The client has said all. */
  isRemoteEnded: boolean;
  /** Nothing more may be said to the client. */
  isLocalEnded = false;
  isClosed = false;
  /** The whole answer was handed over, though it may wait here. */
  isAnswered = false;
  previousLinked: ClientStream | undefined = undefined;
  nextLinked: ClientStream | undefined = undefined;
  readonly #home: StreamHome;
  // What the client sends.
  #receiveWindow: number = INITIAL_WINDOW;
  #used = 0;
  #isPaused = true;
  #held: Buffer | undefined = undefined;
  #heldBytes = 0;
  #trailers = '';
  #isEndTold: boolean;
  #isTelling = false;
  /** The owner is the one who writes: it looks by itself whether the stream is over. */
  #isWriting = false;
  #refusesRest = false;
  // What waits to be sent.
  #pending: Buffer[] = NONE;
  #pendingBytes = 0;
  #endsAfter = false;
  #ownTrailers = '';

  constructor(home: StreamHome, id: number, sendWindow: number, isEnded: boolean) {
    this.#home = home;
    this.id = id;
    this.sendWindow = sendWindow;
    this.hasBody = !isEnded;
    this.isRemoteEnded = isEnded;
    this.#isEndTold = isEnded;
  }

  get destroyed(): boolean {
    return this.isClosed;
  }

  /** Bytes of the answer that have not become frames yet. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Bytes that the client has taken of all streams, if what this one waits for is not its own window; else 0. */
  get movedBytes(): number {
    return this.sendWindow > 0 ? this.#home.output.takenBytes : 0;
  }

  // --- what the client sends

  /**
   * A piece of a DATA frame. False = it does not fit the window that the client was given.
   * @param paddingBytes - counts as data does
   */
  receive(bytes: Buffer, from: number, to: number, paddingBytes: number, isEnd: boolean): boolean {
    this.#receiveWindow -= to - from + paddingBytes;
    if (this.#receiveWindow < 0) return false;
    if (isEnd) this.isRemoteEnded = true;
    if (paddingBytes > 0) this.#credit(paddingBytes);
    if (to > from) {
      if (this.#isPaused || this.#isTelling) this.#hold(bytes, from, to);
      else this.#tell(bytes, from, to);
    }
    if (isEnd) this.#endRemotely();
    return true;
  }

  /** The stream ends with trailers. */
  receiveEnd(trailers: string): void {
    this.isRemoteEnded = true;
    this.#trailers = trailers;
    this.#endRemotely();
  }

  #endRemotely(): void {
    if (this.isClosed) return;
    if (this.isLocalEnded) this.#over(false);
    else this.#tellEnd();
  }

  pause(): void {
    this.#isPaused = true;
  }

  isPaused(): boolean {
    return this.#isPaused;
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#isTelling || this.isClosed) return;
    const held = this.#held;
    if (held !== undefined) {
      const bytes = this.#heldBytes;
      this.#held = undefined;
      this.#heldBytes = 0;
      this.#tell(held, 0, bytes);
      giveBuffer(held);
    }
    if (this.isRemoteEnded) this.#tellEnd();
  }

  /** The client's window never exceeds a buffer. */
  #hold(bytes: Buffer, from: number, to: number): void {
    this.#held ??= takeBuffer();
    this.#heldBytes += bytes.copy(this.#held, this.#heldBytes, from, to);
  }

  #tell(bytes: Buffer, from: number, to: number): void {
    this.#isTelling = true;
    this.owner?.onData(bytes, from, to);
    this.#isTelling = false;
    this.#credit(to - from);
  }

  #tellEnd(): void {
    if (this.#isEndTold || this.#isPaused || this.#isTelling || this.#heldBytes > 0) return;
    if (this.isClosed) return;
    this.#isEndTold = true;
    this.owner?.onEnd(this.#trailers);
  }

  #credit(bytes: number): void {
    this.#used += bytes;
    if (this.#used < CREDIT_BYTES || this.isRemoteEnded || this.isClosed) return;
    this.#receiveWindow += this.#used;
    this.#home.output.windowUpdate(this.id, this.#used);
    this.#used = 0;
  }

  // --- what is sent to it

  /** @param isEnd - nothing follows */
  sendHead(text: string, status: number, isEnd: boolean): void {
    if (this.isLocalEnded) return;
    this.#home.sendAnswerHead(this, text, status, isEnd);
    if (!isEnd) return;
    this.isAnswered = true;
    this.#isWriting = true;
    this.#endLocally();
    this.#isWriting = false;
  }

  /** Sends `bytes[from..to)`, or keeps a copy of what may not leave yet. False = it keeps some. */
  write(bytes: Buffer, from: number, to: number): boolean {
    return this.#send(bytes, from, to, false, '');
  }

  /** The same, and the end. @param trailers - lines, each with its CRLF */
  end(bytes: Buffer, from: number, to: number, trailers: string): boolean {
    this.isAnswered = true;
    this.#isWriting = true;
    const hasLeft = this.#send(bytes, from, to, true, trailers);
    this.#isWriting = false;
    return hasLeft;
  }

  #send(bytes: Buffer, from: number, to: number, isEnd: boolean, trailers: string): boolean {
    if (this.isLocalEnded || this.#endsAfter) return true;
    const home = this.#home;
    let at = from;
    if (this.#pendingBytes === 0) {
      home.output.answerFrames++;
      at += this.#room(to - from);
      if (at === to) {
        this.#sendNow(bytes, from, to, isEnd, trailers);
        return true;
      }
      if (at > from) this.#sendNow(bytes, from, at, false, '');
    }
    if (this.#pending === NONE) this.#pending = [];
    if (to > at) this.#pending.push(Buffer.from(bytes.subarray(at, to)));
    this.#pendingBytes += to - at;
    this.#endsAfter = isEnd;
    this.#ownTrailers = trailers;
    home.onWaiting(this);
    return false;
  }

  /** How many of so many bytes may leave now. */
  #room(bytes: number): number {
    const home = this.#home;
    if (bytes === 0) return 0;
    if (home.output.isBlocked) return 0;
    return Math.max(0, Math.min(bytes, this.sendWindow, home.sendWindow));
  }

  #sendNow(bytes: Buffer, from: number, to: number, isEnd: boolean, trailers: string): void {
    const home = this.#home;
    const length = to - from;
    const isLast = isEnd && trailers === '';
    this.sendWindow -= length;
    home.sendWindow -= length;
    if (length > 0 || isLast) home.output.data(this.id, bytes, from, to, isLast);
    if (isEnd && !isLast) home.sendTrailers(this, trailers);
    if (isEnd) this.#endLocally();
  }

  /** Sends some of what waits, at most `maxBytes`. False = nothing of it may leave now, or none is left. */
  pump(maxBytes: number): boolean {
    const first = this.#pending[0];
    if (first === undefined) return false;
    const bytes = this.#room(Math.min(first.length, maxBytes));
    if (bytes === 0) return false;
    this.#pendingBytes -= bytes;
    if (bytes === Math.min(first.length, maxBytes)) this.#home.output.answerFrames++;
    if (bytes === first.length) this.#pending.shift();
    else this.#pending[0] = first.subarray(bytes);
    const isEnd = this.#endsAfter && this.#pendingBytes === 0;
    this.#sendNow(first, 0, bytes, isEnd, isEnd ? this.#ownTrailers : '');
    if (this.#pendingBytes > 0) return true;
    if (!this.isClosed) this.owner?.onDrain();
    return false;
  }

  /** The client is told at once, and what waits is dropped. */
  reset(code: ErrorCodeValue): void {
    if (this.isClosed) return;
    this.#home.output.reset(this.id, code);
    this.#over(true);
  }

  /** The rest of the request is not wanted: the client hears so behind the answer (RFC 9113 8.1). */
  refuseRest(): void {
    this.#refusesRest = true;
    if (this.isLocalEnded && !this.isRemoteEnded) this.reset(ErrorCode.noError);
  }

  /** Its request was bad in a way that costs more than an answer. */
  countFault(): void {
    this.#home.countFault();
  }

  /** The client has reset it, or the connection is gone. */
  cut(): void {
    if (!this.isClosed) this.#over(true);
  }

  #endLocally(): void {
    this.isLocalEnded = true;
    if (this.isRemoteEnded) this.#over(false);
    else if (this.#refusesRest) this.reset(ErrorCode.noError);
  }

  #over(wasReset: boolean): void {
    this.isClosed = true;
    this.isLocalEnded = true;
    this.#pending = NONE;
    this.#pendingBytes = 0;
    if (this.#held !== undefined) {
      giveBuffer(this.#held);
      this.#held = undefined;
      this.#heldBytes = 0;
    }
    this.#home.onStreamOver(this, wasReset);
    if (!this.#isWriting) this.owner?.onClosed();
  }
}
