// How an answer is written to a client: one implementation per HTTP version.
import type { Source } from '../../upstream/sourced-outlet.js';
import type { BodyReader } from '../../wire/http1/body.js';
import type { ResponseHead } from '../../wire/http1/response-head.js';

/** The client's side of one exchange, as far as it takes bytes. */
export interface AnswerOutlet {
  /** Rests while the client takes no bytes. */
  source: Source | undefined;
  /** The client does not take what was written. */
  readonly isBlocked: boolean;
  /** The buffer that the source should read into while a bulk body passes; undefined = the shared one. */
  readonly readBuffer: Buffer | undefined;
}

/** What a writer needs to know of a body: where what is to be written ends, and whether it is all. */
export type BodyPiece = Pick<BodyReader, 'mode' | 'isDone' | 'keptEnd' | 'tail' | 'trailers'>;

/**
 * Writes a member's answer. What is handed over is valid during the call only, and a head may be edited where it lies.
 */
export interface AnswerWriter {
  /** The highest status that can be written. */
  readonly maxStatus: number;
  /** Bytes written; whoever counts them sets it back. */
  bytesOut: number;
  /** A 1xx head. Nothing follows it that belongs to it. */
  writeInformational(head: ResponseHead, bytes: Buffer): void;
  /**
   * The final head, and the body bytes `bytes[head.end..body.keptEnd)` that came with it.
   * @param lines - header lines to add, each with its CRLF
   */
  writeHead(head: ResponseHead, bytes: Buffer, body: BodyPiece, lines: string): void;
  /** The body bytes `bytes[0..body.keptEnd)`, and the end of the answer if the body is done. */
  writeBody(bytes: Buffer, body: BodyPiece): void;
  /** The body has ended with the member's connection. */
  writeEnd(): void;
  /**
   * A head behind which the connection is a tunnel.
   * @param upgrade - the protocol; '' after CONNECT
   * @param lines - header lines to add, each with its CRLF
   */
  writeSwitch(head: ResponseHead, bytes: Buffer, upgrade: string, lines: string): void;
}
