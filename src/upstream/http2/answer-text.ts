// The answer that comes on a stream, turned into the bytes of an HTTP/1.1 answer.
import { renderResponse, renderTrailers } from '../../wire/http2/response-text.js';
import { CHUNK_BYTES, frameChunk } from '../chunk.js';
import { writeLatin1 } from '../latin1.js';
import { READ_BYTES, sharedBytes, sharedReadBuffer } from '../read-buffers.js';

/** Takes the bytes; they are valid during the call only. */
export interface AnswerTaker {
  take(bytes: Buffer, length: number): void;
}

/** No parser takes it for the head of an answer. */
const MALFORMED = 'HTTP/2 \r\n\r\n';

/** Follows one answer. */
export class AnswerText {
  readonly #taker: AnswerTaker;
  readonly #isHead: boolean;
  #isChunked = false;
  #trailers = '';

  /** @param isHead - it answers HEAD */
  constructor(taker: AnswerTaker, isHead: boolean) {
    this.#taker = taker;
    this.#isHead = isHead;
  }

  /** A head, of a 1xx or the final answer. */
  onHead(fields: readonly string[], isEnded: boolean): void {
    const head = renderResponse(fields, isEnded, this.#isHead);
    this.#isChunked = head?.isChunked === true;
    const text = head === undefined || head.text.length > READ_BYTES ? MALFORMED : head.text;
    this.#taker.take(sharedReadBuffer, writeLatin1(sharedBytes, text, 0));
  }

  onData(chunk: Buffer): void {
    if (!this.#isChunked) {
      this.#taker.take(chunk, chunk.length);
      return;
    }
    for (let at = 0; at < chunk.length; at += CHUNK_BYTES) {
      const length = frameChunk(chunk, at, Math.min(chunk.length, at + CHUNK_BYTES));
      this.#taker.take(sharedReadBuffer, length);
    }
  }

  onTrailers(fields: readonly string[]): void {
    this.#trailers = renderTrailers(fields);
  }

  /** The member has ended the stream as it should. */
  onEnd(): void {
    if (!this.#isChunked) return;
    const length = writeLatin1(sharedBytes, `0\r\n${this.#trailers}\r\n`, 0);
    this.#taker.take(sharedReadBuffer, length);
  }
}
