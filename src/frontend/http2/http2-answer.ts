// Writes answers to one stream of HTTP/2: heads as fields, bodies as DATA without chunked framing.
import type { ServerHttp2Stream, ServerStreamResponseOptions } from 'node:http2';
import { latin1 } from '../../upstream/latin1.js';
import { SourcedOutlet } from '../../upstream/sourced-outlet.js';
import { BodyMode } from '../../wire/http1/body.js';
import { applyEdits } from '../../wire/http1/edit.js';
import type { ResponseHead } from '../../wire/http1/response-head.js';
import { answerFields, lineFields } from '../../wire/http2/fields.js';
import type { AnswerOutlet, AnswerWriter, BodyPiece } from '../http/answer-writer.js';

/** Told when the client takes no more bytes, and when it takes some again. */
export interface Http2AnswerOwner {
  onBlocked(): void;
  onUnblocked(): void;
}

/** A member's Date passes, and what the balancer says itself has one. */
interface ResponseOptions extends ServerStreamResponseOptions {
  readonly sendDate: false;
}
const OPEN: ResponseOptions = { sendDate: false };
const ENDED: ResponseOptions = { sendDate: false, endStream: true };
const WITH_TRAILERS: ResponseOptions = { sendDate: false, waitForTrailers: true };

/**
 * The writing end of one stream. What is written is copied: node:http2 keeps it until the client's window lets it go.
 * While it does the source rests, so a client that does not read holds one piece, at most 64 KiB.
 */
export class Http2Answer extends SourcedOutlet implements AnswerWriter, AnswerOutlet {
  readonly maxStatus = 599;
  readonly readBuffer = undefined;
  readonly #stream: ServerHttp2Stream;
  readonly #owner: Http2AnswerOwner;
  #trailers = '';
  #queuedBytes = 0;
  #hearsDrain = false;
  bytesOut = 0;

  constructor(stream: ServerHttp2Stream, owner: Http2AnswerOwner) {
    super();
    this.#stream = stream;
    this.#owner = owner;
  }

  writeInformational(head: ResponseHead, bytes: Buffer): void {
    const stream = this.#stream;
    const text = latin1(bytes, applyEdits(bytes, head), head.end);
    if (stream.closed || stream.destroyed) return;
    this.bytesOut += text.length;
    stream.additionalHeaders(answerFields(text, head.status));
  }

  writeHead(head: ResponseHead, bytes: Buffer, body: BodyPiece, lines: string): void {
    const dataStart = head.end;
    const start = applyEdits(bytes, head);
    const text = `${latin1(bytes, start, head.end - 2)}${lines}\r\n`;
    const dataEnd = body.keptEnd;
    this.#trailers = body.trailers;
    const isWhole = body.isDone && dataEnd === dataStart && body.trailers === '';
    const mayTrail = body.mode === BodyMode.chunked && (!body.isDone || body.trailers !== '');
    this.#respond(text, head.status, isWhole ? ENDED : mayTrail ? WITH_TRAILERS : OPEN);
    if (isWhole) return;
    if (body.isDone) this.#end(bytes, dataStart, dataEnd);
    else if (dataEnd > dataStart) this.#write(bytes, dataStart, dataEnd);
  }

  writeBody(bytes: Buffer, body: BodyPiece): void {
    if (body.isDone) {
      this.#trailers = body.trailers;
      this.#end(bytes, 0, body.keptEnd);
    } else if (body.keptEnd > 0) this.#write(bytes, 0, body.keptEnd);
  }

  writeEnd(): void {
    if (!this.#stream.destroyed) this.#stream.end();
  }

  /** No stream becomes a tunnel: the relay takes a switch that nobody asked for as a fault. */
  writeSwitch(): void {}

  /** Writes a whole answer of the balancer's own. @param text - as for HTTP/1.1, without a body for HEAD */
  writeOwn(text: string, status: number): void {
    const bodyStart = text.indexOf('\r\n\r\n') + 4;
    const body = bodyStart === text.length ? undefined : text.slice(bodyStart);
    this.#respond(text.slice(0, bodyStart), status, body === undefined ? ENDED : OPEN);
    if (body !== undefined && !this.#stream.destroyed) this.#stream.end(body, 'latin1');
    this.bytesOut += body?.length ?? 0;
  }

  /** While something is to be written: whether the client took some of it since the last question. */
  hasProgressed(): boolean {
    const queued = this.#stream.bufferSize;
    const hasMoved = queued < this.#queuedBytes;
    this.#queuedBytes = queued;
    return hasMoved;
  }

  #respond(text: string, status: number, options: ResponseOptions): void {
    const stream = this.#stream;
    if (stream.closed || stream.destroyed) return;
    this.bytesOut += text.length;
    if (options.waitForTrailers === true) {
      stream.on('wantTrailers', () => stream.sendTrailers(lineFields(this.#trailers)));
    }
    stream.respond(answerFields(text, status), options);
  }

  #write(bytes: Buffer, from: number, to: number): void {
    const stream = this.#stream;
    if (stream.closed || stream.destroyed) return;
    this.bytesOut += to - from;
    if (!stream.write(copyOf(bytes, from, to))) this.#block();
  }

  #end(bytes: Buffer, from: number, to: number): void {
    const stream = this.#stream;
    if (stream.closed || stream.destroyed) return;
    this.bytesOut += to - from;
    if (to > from) stream.end(copyOf(bytes, from, to));
    else stream.end();
  }

  #block(): void {
    if (this.isBlocked) return;
    this.isBlocked = true;
    this.#queuedBytes = this.#stream.bufferSize;
    if (!this.#hearsDrain) {
      this.#hearsDrain = true;
      this.#stream.on('drain', () => this.#onDrain());
    }
    this.source?.pause();
    this.#owner.onBlocked();
  }

  #onDrain(): void {
    if (!this.isBlocked) return;
    this.isBlocked = false;
    if (this.source?.destroyed === false) this.source.resume();
    this.#owner.onUnblocked();
  }
}

function copyOf(bytes: Buffer, from: number, to: number): Buffer {
  return Buffer.from(bytes.subarray(from, to));
}
