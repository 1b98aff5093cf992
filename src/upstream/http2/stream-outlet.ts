// The writing end of one stream to a member: takes a request of HTTP/1.1, sends it as fields and DATA.
import type { ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2';
import { BodyMode, BodyReader } from '../../wire/http1/body.js';
import { lineFields } from '../../wire/http2/fields.js';
import { requestFields } from '../../wire/http2/request-fields.js';
import type { LinkOutlet } from '../member-link.js';
import { SourcedOutlet } from '../sourced-outlet.js';

/** Opens the stream, and hears when its member takes bytes again. */
export interface StreamOpener {
  readonly scheme: 'http' | 'https';
  /** Undefined = its connection takes no more. */
  open(
    fields: OutgoingHttpHeaders,
    isWhole: boolean,
    mayTrail: boolean,
  ): ClientHttp2Stream | undefined;
  /** What was to be sent is not framed as it says: nothing of it may look whole. */
  onUnframed(): void;
  onUnblocked(): void;
}

/** Writes one request. What is written is copied: node:http2 keeps it until the member's window lets it go. */
export class StreamOutlet extends SourcedOutlet implements LinkOutlet {
  readonly readBuffer = undefined;
  readonly #opener: StreamOpener;
  readonly #body: BodyReader = new BodyReader();
  #stream: ClientHttp2Stream | undefined = undefined;

  constructor(opener: StreamOpener) {
    super();
    this.#opener = opener;
  }

  /** Whether all of the request has left. */
  get hasSentAll(): boolean {
    return this.#body.isDone && this.#stream?.writableFinished === true;
  }

  send(bytes: Buffer, from: number, to: number): void {
    this.#take(Buffer.from(bytes.subarray(from, to)));
  }

  sendText(text: string): void {
    if (this.#stream === undefined) this.#begin(text);
    else this.#take(Buffer.from(text, 'latin1'));
  }

  sendOwned(bytes: Buffer): void {
    // Chunked framing is taken off where it lies, and the caller may send the same again.
    this.#take(this.#body.mode === BodyMode.chunked ? Buffer.from(bytes) : bytes);
  }

  /** The framing has told already. */
  endMessage(): void {}

  #begin(text: string): void {
    const { fields, mode, bodyBytes, bodyStart } = requestFields(text, this.#opener.scheme);
    this.#body.start(mode, bodyBytes, false);
    const stream = this.#opener.open(fields, this.#body.isDone, mode === BodyMode.chunked);
    this.#stream = stream;
    if (stream === undefined || this.#body.isDone) return;
    if (mode === BodyMode.chunked) {
      stream.on('wantTrailers', () => stream.sendTrailers(lineFields(this.#body.trailers)));
    }
    stream.on('drain', () => this.#onDrain());
    if (bodyStart < text.length) this.#take(Buffer.from(text.slice(bodyStart), 'latin1'));
  }

  #take(bytes: Buffer): void {
    const stream = this.#stream;
    const body = this.#body;
    if (stream === undefined || body.isDone || stream.closed || stream.destroyed) return;
    if (body.feed(bytes, 0, bytes.length) < 0) {
      this.#opener.onUnframed();
      return;
    }
    const kept = body.keptEnd;
    if (body.isDone) {
      if (kept > 0) stream.end(bytes.subarray(0, kept));
      else stream.end();
    } else if (kept > 0 && !stream.write(bytes.subarray(0, kept))) this.#block();
  }

  #block(): void {
    if (this.isBlocked) return;
    this.isBlocked = true;
    this.source?.pause();
  }

  #onDrain(): void {
    if (!this.isBlocked) return;
    this.isBlocked = false;
    if (this.source?.destroyed === false) this.source.resume();
    this.#opener.onUnblocked();
  }
}
