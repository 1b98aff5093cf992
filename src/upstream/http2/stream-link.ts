// One request on a stream of a connection that others use too, seen as a link that speaks HTTP/1.1.
import {
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { type DeadlineOwner, type TimerWheel, WheelTimer } from '../../core/timer-wheel.js';
import type { Member } from '../../model/member.js';
import type { LinkUser, MemberLink } from '../member-link.js';
import { resetStream } from '../reset-stream.js';
import type { Source } from '../sourced-outlet.js';
import { type AnswerTaker, AnswerText } from './answer-text.js';
import { type StreamOpener, StreamOutlet } from './stream-outlet.js';

/** How long a stream whose answer is whole may take to end, ms. */
const LINGER_MS = 5000;

/** The connection, as its streams see it. */
export interface StreamHost {
  readonly member: Member;
  readonly wheel: TimerWheel;
  readonly scheme: 'http' | 'https';
  readonly isConnected: boolean;
  /** It had served before the request came, and can serve no more: it may have been closing when the request was sent. */
  readonly isStale: boolean;
  readonly fault: string;
  readonly isBlameless: boolean;
  /** Opens a stream; undefined = the connection takes no more. */
  request(fields: OutgoingHttpHeaders, options: object): ClientHttp2Stream | undefined;
  /** Whether the member has said that it did not act on the stream. */
  hasRefused(stream: ClientHttp2Stream): boolean;
  /** The member did not answer, and maybe nothing at all, since `bytesRead`. @param isOverdue - it had its time */
  onSilent(bytesRead: number, isOverdue: boolean): void;
  readonly bytesRead: number;
  /** The link is done with. */
  onLeft(link: StreamLink): void;
}

/**
 * ```
 * waiting -> standing -> open -> left     the connection is dialled; it stands; the request is sent; nobody listens any more
 * ```
 */
export class StreamLink implements MemberLink, StreamOpener, AnswerTaker, DeadlineOwner {
  readonly member: Member;
  readonly outlet: StreamOutlet;
  readonly timer: WheelTimer;
  #host: StreamHost;
  /** The connection stood already when the request came. */
  readonly #isLate: boolean;
  #user: LinkUser | undefined;
  #stream: ClientHttp2Stream | undefined = undefined;
  #answer: AnswerText | undefined = undefined;
  #isLeft = false;
  /** The member has ended its side as it should: what a reset cuts off looks the same to node:http2. */
  #isEndSeen = false;
  #bytesRead = 0;
  #isOverdue = false;
  isRefused = false;

  constructor(host: StreamHost, user: LinkUser) {
    this.member = host.member;
    this.#host = host;
    this.#user = user;
    this.#isLate = host.isConnected;
    this.outlet = new StreamOutlet(this);
    this.timer = new WheelTimer(host.wheel, this);
  }

  get scheme(): 'http' | 'https' {
    return this.#host.scheme;
  }

  get isConnected(): boolean {
    return this.#host.isConnected;
  }

  get isReused(): boolean {
    // Refused by a connection that takes no more: that says nothing about the member either.
    return (this.#isLate || this.isRefused) && this.#host.isStale;
  }

  get fault(): string {
    return this.#host.fault;
  }

  get isBlameless(): boolean {
    return this.#host.isBlameless;
  }

  get mayRefuse(): boolean {
    return true;
  }

  get hasSentAll(): boolean {
    return this.outlet.hasSentAll;
  }

  get source(): Source {
    return this.#stream ?? NO_SOURCE;
  }

  /** A link serves one request. */
  lendTo(user: LinkUser): void {
    this.#user = user;
  }

  /** There are no tunnels through a stream. */
  end(): void {}

  // --- the request

  open(
    fields: OutgoingHttpHeaders,
    isWhole: boolean,
    mayTrail: boolean,
  ): ClientHttp2Stream | undefined {
    const stream = this.#host.request(fields, { endStream: isWhole, waitForTrailers: mayTrail });
    if (stream === undefined) {
      // Not before the caller is done with sending.
      process.nextTick(() => this.onHostLost());
      return undefined;
    }
    this.#stream = stream;
    this.#bytesRead = this.#host.bytesRead;
    this.#answer = new AnswerText(this, fields[':method'] === 'HEAD');
    const push = stream.push.bind(stream);
    stream.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
      if (chunk === null && !stream.closed) this.#isEndSeen = true;
      return push(chunk, encoding);
    };
    stream
      .on('headers', (_: IncomingHttpHeaders, flags: number, raw: string[]) =>
        this.#onHead(raw, flags),
      )
      .on('response', (_: IncomingHttpHeaders, flags: number, raw: string[]) =>
        this.#onHead(raw, flags),
      )
      .on('data', (chunk: Buffer) => this.#onData(chunk))
      .on('trailers', (_: IncomingHttpHeaders, __: number, raw: string[]) =>
        this.#answer?.onTrailers(raw),
      )
      .on('end', () => this.#onEnd())
      .on('error', ignore) // 'close' follows
      .on('close', () => this.#onClosed());
    return stream;
  }

  onUnframed(): void {
    if (this.#stream !== undefined) resetStream(this.#stream, constants.NGHTTP2_CANCEL);
  }

  onUnblocked(): void {
    this.#user?.onMemberUnblocked();
  }

  // --- the answer

  #onHead(fields: string[], flags: number): void {
    const isEnded = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    this.#answer?.onHead(fields, isEnded);
  }

  #onData(chunk: Buffer): void {
    // Behind the end of the answer: nobody asked for it.
    if (this.#user === undefined) this.#cut();
    else this.#answer?.onData(chunk);
  }

  #onEnd(): void {
    if (this.#isEndSeen) this.#answer?.onEnd();
  }

  take(bytes: Buffer, length: number): void {
    this.#user?.onMemberBytes(bytes, length);
  }

  #onClosed(): void {
    const stream = this.#stream!;
    this.isRefused = this.#host.hasRefused(stream);
    this.#fail();
  }

  /** The connection could not be made, or takes no more. */
  onHostLost(): void {
    if (this.#stream === undefined) {
      this.isRefused = true;
      this.#fail();
    }
  }

  #fail(): void {
    const user = this.#user;
    this.#leave();
    user?.onMemberClosed();
  }

  /** Waits for another connection. */
  moveTo(host: StreamHost): void {
    this.#host = host;
  }

  /** The connection stands. */
  onHostConnected(): void {
    this.#user?.onMemberConnected();
  }

  onDeadline(): void {
    this.#isOverdue = true;
    if (this.#user === undefined) this.#cut();
    else this.#user.onMemberDeadline();
    this.#isOverdue = false;
  }

  // --- the end

  /** The answer is whole: the stream may end by itself. */
  rest(): void {
    this.#user = undefined;
    this.outlet.source = undefined;
    const stream = this.#stream;
    if (stream === undefined || stream.destroyed) this.#leave();
    else {
      stream.resume();
      this.timer.arm(LINGER_MS);
    }
  }

  destroy(): void {
    this.#user = undefined;
    this.outlet.source = undefined;
    this.#cut();
  }

  #cut(): void {
    const stream = this.#stream;
    if (stream !== undefined && !stream.destroyed) {
      if (!this.#isEndSeen) this.#host.onSilent(this.#bytesRead, this.#isOverdue);
      resetStream(stream, constants.NGHTTP2_CANCEL);
    }
    this.#leave();
  }

  #leave(): void {
    this.#user = undefined;
    this.timer.dispose();
    if (this.#isLeft) return;
    this.#isLeft = true;
    this.#host.onLeft(this);
  }
}

const NO_SOURCE: Source = { destroyed: true, pause: ignore, resume: ignore };

function ignore(): void {}
