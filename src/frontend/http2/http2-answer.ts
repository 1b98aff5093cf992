// Writes answers to one stream of HTTP/2: heads as fields, bodies as DATA without chunked framing.
import { latin1 } from '../../upstream/latin1.js';
import { SourcedOutlet } from '../../upstream/sourced-outlet.js';
import { applyEdits } from '../../wire/http1/edit.js';
import type { ResponseHead } from '../../wire/http1/response-head.js';
import type { AnswerOutlet, AnswerWriter, BodyPiece } from '../http/answer-writer.js';
import type { ClientStream } from './client-stream.js';

/** Told when the client takes no more bytes, and when it takes some again. */
export interface Http2AnswerOwner {
  onBlocked(): void;
  onUnblocked(): void;
}

const NO_BYTES: Buffer = Buffer.alloc(0);

/**
 * The writing end of one stream. What its windows have no room for is copied, and the source rests until it has left: so a client that
 * does not read holds one piece, at most 64 KiB.
 */
export class Http2Answer extends SourcedOutlet implements AnswerWriter, AnswerOutlet {
  readonly maxStatus = 599;
  readonly readBuffer = undefined;
  readonly #stream: ClientStream;
  readonly #owner: Http2AnswerOwner;
  #seenBytes = 0;
  #seenMoved = 0;
  bytesOut = 0;

  constructor(stream: ClientStream, owner: Http2AnswerOwner) {
    super();
    this.#stream = stream;
    this.#owner = owner;
  }

  writeInformational(head: ResponseHead, bytes: Buffer): void {
    this.#sendHead(latin1(bytes, applyEdits(bytes, head), head.end), head.status, false);
  }

  writeHead(head: ResponseHead, bytes: Buffer, body: BodyPiece, lines: string): void {
    const dataStart = head.end;
    const start = applyEdits(bytes, head);
    const text = `${latin1(bytes, start, head.end - 2)}${lines}\r\n`;
    const dataEnd = body.keptEnd;
    const isWhole = body.isDone && dataEnd === dataStart && body.trailers === '';
    this.#sendHead(text, head.status, isWhole);
    if (isWhole) return;
    if (body.isDone) this.#end(bytes, dataStart, dataEnd, body.trailers);
    else if (dataEnd > dataStart) this.#write(bytes, dataStart, dataEnd);
  }

  writeBody(bytes: Buffer, body: BodyPiece): void {
    if (body.isDone) this.#end(bytes, 0, body.keptEnd, body.trailers);
    else if (body.keptEnd > 0) this.#write(bytes, 0, body.keptEnd);
  }

  writeEnd(): void {
    this.#end(NO_BYTES, 0, 0, '');
  }

  /** No stream becomes a tunnel: the relay takes a switch that nobody asked for as a fault. */
  writeSwitch(): void {}

  /** Writes a whole answer of the balancer's own. @param text - as for HTTP/1.1, without a body for HEAD */
  writeOwn(text: string, status: number): void {
    const bodyStart = text.indexOf('\r\n\r\n') + 4;
    const hasBody = bodyStart < text.length;
    this.#sendHead(text.slice(0, bodyStart), status, !hasBody);
    if (hasBody) {
      const body = Buffer.from(text.slice(bodyStart), 'latin1');
      this.#end(body, 0, body.length, '');
    }
  }

  /** While something is to be written: whether the client took some of it since the last question. */
  hasProgressed(): boolean {
    const { pendingBytes, movedBytes } = this.#stream;
    const hasMoved = pendingBytes < this.#seenBytes || movedBytes > this.#seenMoved;
    this.#seenBytes = pendingBytes;
    this.#seenMoved = movedBytes;
    return hasMoved;
  }

  /** What was kept has left. */
  onDrain(): void {
    if (!this.isBlocked) return;
    this.isBlocked = false;
    if (this.source?.destroyed === false) this.source.resume();
    this.#owner.onUnblocked();
  }

  #sendHead(text: string, status: number, isEnd: boolean): void {
    this.bytesOut += text.length;
    this.#stream.sendHead(text, status, isEnd);
  }

  #write(bytes: Buffer, from: number, to: number): void {
    this.bytesOut += to - from;
    if (!this.#stream.write(bytes, from, to)) this.#block();
  }

  #end(bytes: Buffer, from: number, to: number, trailers: string): void {
    this.bytesOut += to - from;
    if (!this.#stream.end(bytes, from, to, trailers)) this.hasProgressed();
  }

  #block(): void {
    if (this.isBlocked) return;
    this.isBlocked = true;
    this.hasProgressed();
    this.source?.pause();
    this.#owner.onBlocked();
  }
}
