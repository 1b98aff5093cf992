// A member's answer that is compressed on its way: small ones at once and with a length, others while they pass.
import type { CompressionAlgorithm } from '../../../spec/http-features-config.js';
import { BodyMode, type BodyReader } from '../../../wire/http1/body.js';
import { removeFields } from '../../../wire/http1/remove-fields.js';
import type { ResponseHead } from '../../../wire/http1/response-head.js';
import type { AnswerWriter, BodyPiece } from '../answer-writer.js';
import { BodyEncoder, type EncoderOwner } from './body-encoder.js';
import { compressAtOnce } from './codecs.js';
import { codingLines } from './compression.js';

/** A whole body up to this size is compressed in this thread: that takes less than a millisecond. */
const AT_ONCE_BYTES = 16_384;

const NOTHING = Buffer.alloc(0);
const NO_BODY_YET = { isDone: false, tail: '', trailers: '' } as const;

/** Told how an answer under way fares. */
export interface EncodedOwner {
  /** It takes no more for now: the member is to rest until `onEncoderReady`. */
  onEncoderFull(): void;
  onEncoderReady(): void;
  /** All of it is written. */
  onEncodedEnd(): void;
  onEncoderFault(): void;
}

/** What becomes of one answer. */
export interface EncodedStart {
  readonly head: ResponseHead;
  readonly bytes: Buffer;
  /** Started without chunked framing, and fed with what came with the head. */
  readonly body: BodyReader;
  /** Lines to add besides, each with its CRLF. */
  readonly lines: string;
  readonly algorithm: CompressionAlgorithm;
  /** Whether the client takes chunked framing: HTTP/1.1. */
  readonly isChunked: boolean;
}

/**
 * Writes the head, and what there is of the body.
 * @returns what takes the rest of the body; undefined = the answer is whole
 */
export function startEncoded(
  start: EncodedStart,
  writer: AnswerWriter,
  owner: EncodedOwner,
): EncodedAnswer | undefined {
  const { head, body } = start;
  if (head.contentLength >= 0) head.removeLine(head.lengthLineStart, head.lengthLineEnd);
  // Trailers need chunks, and the end of them.
  const isWhole = body.isDone && body.trailers === '';
  if (isWhole && body.keptEnd - head.end <= AT_ONCE_BYTES) {
    writeAtOnce(start, writer);
    return undefined;
  }
  const { bytes, lines, algorithm } = start;
  const answer = new EncodedAnswer(start, writer, owner);
  // Copied before the head is edited: its lines may need the room.
  answer.write(bytes, head.end, body);
  const coded = codingLines(algorithm, head, bytes);
  removeFields(bytes, head, coded.removed);
  head.isChunked = true;
  const nothing: BodyPiece = { ...NO_BODY_YET, mode: body.mode, keptEnd: head.end };
  writer.writeHead(head, bytes, nothing, lines + coded.lines);
  return answer;
}

function writeAtOnce(
  { head, bytes, body, lines, algorithm }: EncodedStart,
  writer: AnswerWriter,
): void {
  const plain = bytes.subarray(head.end, body.keptEnd);
  const coded = compressAtOnce(algorithm, plain);
  const isSmaller = coded.length < plain.length;
  const { removed, lines: more } = codingLines(isSmaller ? algorithm : 'negotiable', head, bytes);
  const length = isSmaller ? coded.length : plain.length;
  if (isSmaller) coded.copy(bytes, head.end);
  removeFields(bytes, head, removed);
  head.isChunked = false;
  const piece: BodyPiece = {
    mode: body.mode,
    isDone: true,
    keptEnd: head.end + length,
    tail: '',
    trailers: '',
  };
  writer.writeHead(head, bytes, piece, `${lines}${more}Content-Length: ${length}\r\n`);
}

/** The rest of an answer. */
export class EncodedAnswer implements EncoderOwner {
  readonly #writer: AnswerWriter;
  readonly #owner: EncodedOwner;
  readonly #isChunked: boolean;
  readonly #encoder: BodyEncoder;
  #trailers = '';
  /** The body is in the encoder whole; it has to come out yet. */
  isEnding = false;

  constructor({ algorithm, isChunked }: EncodedStart, writer: AnswerWriter, owner: EncodedOwner) {
    this.#writer = writer;
    this.#owner = owner;
    this.#isChunked = isChunked;
    this.#encoder = new BodyEncoder(algorithm, this);
  }

  /** Takes `bytes[from..body.keptEnd)`, and the end of the body when it is done. */
  write(bytes: Buffer, from: number, body: BodyReader): void {
    this.#encoder.write(bytes, from, body.keptEnd);
    if (body.isDone) {
      this.#trailers = body.trailers;
      this.end();
    } else if (this.#encoder.isFull) this.#owner.onEncoderFull();
  }

  /** The body ends with what was written. */
  end(): void {
    this.isEnding = true;
    this.#encoder.end();
  }

  /** Nothing more of it is written. */
  destroy(): void {
    this.#encoder.destroy();
  }

  onEncoded(bytes: Buffer): void {
    if (!this.#isChunked) {
      this.#write(bytes);
      return;
    }
    const size = `${bytes.length.toString(16)}\r\n`;
    const chunk = Buffer.allocUnsafe(size.length + bytes.length + 2);
    chunk.write(size, 0, 'latin1');
    bytes.copy(chunk, size.length);
    chunk.write('\r\n', size.length + bytes.length, 'latin1');
    this.#write(chunk);
  }

  #write(bytes: Buffer): void {
    const mode = BodyMode.chunked;
    this.#writer.writeBody(bytes, { ...NO_BODY_YET, mode, keptEnd: bytes.length });
  }

  onEncodedEnd(): void {
    const trailers = this.#trailers;
    const tail = this.#isChunked ? `0\r\n${trailers}\r\n` : '';
    const mode = BodyMode.chunked;
    this.#writer.writeBody(NOTHING, { mode, isDone: true, keptEnd: 0, tail, trailers });
    this.#owner.onEncodedEnd();
  }

  onEncoderReady(): void {
    this.#owner.onEncoderReady();
  }

  onEncoderFault(): void {
    this.#owner.onEncoderFault();
  }
}
