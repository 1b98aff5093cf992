// The body of a stream's request, counted and framed as HTTP/1.1 wants it.
import { CHUNK_BYTES, frameChunk } from '../../upstream/chunk.js';
import { sharedBytes } from '../../upstream/read-buffers.js';
import type { RequestHead } from '../../wire/http1/request-record.js';
import { TrailerFilter } from '../../wire/http1/trailers.js';
import type { AnswerStatus } from '../http/answers.js';
import type { Exchange } from '../http/exchange.js';

const EMPTY = Buffer.alloc(0);

/** Follows one body. */
export class RequestBody {
  /** Nothing more comes. */
  isWhole: boolean;
  payloadBytes = 0;
  #declaredBytes = 0;
  #isChunked = false;
  #maxBytes = 0;

  constructor(isWhole: boolean) {
    this.isWhole = isWhole;
  }

  /** Takes the framing from the head. @param maxBytes - longest body that is taken */
  begin(head: RequestHead, maxBytes: number): void {
    this.#isChunked = head.isChunked;
    this.#declaredBytes = Math.max(0, head.contentLength);
    this.#maxBytes = maxBytes;
    if (!head.isChunked && this.#declaredBytes === 0) this.isWhole = true;
  }

  /** So many bytes have come: the status of the answer if they may not, 0 if they may. */
  count(bytes: number): AnswerStatus {
    this.payloadBytes += bytes;
    if (this.payloadBytes > this.#maxBytes) return 413;
    return this.#isChunked || this.payloadBytes <= this.#declaredBytes ? 0 : 400;
  }

  /** Passes `bytes[from..to)` on. With a declared length the last piece is known as such. */
  send(bytes: Buffer, from: number, to: number, exchange: Exchange): void {
    if (!this.#isChunked) {
      this.isWhole = this.payloadBytes === this.#declaredBytes;
      exchange.sendBody(bytes, from, to, '', this.isWhole);
      return;
    }
    for (let at = from; at < to; at += CHUNK_BYTES) {
      const length = frameChunk(bytes, at, Math.min(to, at + CHUNK_BYTES));
      exchange.sendBody(sharedBytes, 0, length, '', false);
    }
  }

  /** The stream has ended: false = before the body did. @param trailers - lines, each with its CRLF */
  end(exchange: Exchange, trailers: string): boolean {
    if (this.isWhole) return true;
    if (!this.#isChunked) return false;
    this.isWhole = true;
    exchange.sendBody(EMPTY, 0, 0, `0\r\n${allowedTrailers(trailers)}\r\n`, true);
    return true;
  }
}

/** The trailers that may pass, as lines. A malformed one takes all of them with it. */
function allowedTrailers(lines: string): string {
  if (lines === '') return '';
  const filter = new TrailerFilter();
  const bytes = Buffer.from(`${lines}\r\n`, 'latin1');
  return filter.feed(bytes, 0, bytes.length) === bytes.length ? filter.kept : '';
}
