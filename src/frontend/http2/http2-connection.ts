// One client connection of HTTP/2: its requests, its idle time, and its end.
import { type DeadlineOwner, WheelTimer } from '../../core/timer-wheel.js';
import { frameReadBuffer } from '../../upstream/read-buffers.js';
import type { SecureSocket } from '../../upstream/secure-socket.js';
import { ErrorCode, type ErrorCodeValue } from '../../wire/http2/frame.js';
import type { HeaderField } from '../../wire/http2/header-field.js';
import { type RequestFault, renderRequest } from '../../wire/http2/request-text.js';
import type {
  ClientConnection,
  FrontendContext,
  HandlerSwitch,
  ServedConnection,
} from '../handler.js';
import { ForwardedLines } from '../http/forwarded-lines.js';
import type { HttpSettings } from '../http/http-settings.js';
import type { SessionHandler } from '../http/session-handler.js';
import type { ClientStream } from './client-stream.js';
import { ConnectionNames } from './connection-names.js';
import { Http2Request, type StreamParts } from './http2-request.js';
import { Http2Session, type SessionOwner } from './http2-session.js';
import { ResetBudget } from './reset-budget.js';

/** How long a connection may take to end by itself, and a new one to open its first stream when the frontend drains, ms. */
const LINGER_MS = 2000;
/** How much a closing connection may go on sending before it is cut; less if it was told to be calm. */
const LINGER_BYTES = 1_048_576;
const CALM_BYTES = 65_536;
/** A PING as it leaves, bytes. */
const PING_BYTES = 17;
/** Header fields beyond the limit of lines that are read, so that they can be answered 431: pseudo-headers, pieces of Cookie. */
const SPARE_FIELDS = 64;

const TOO_MANY_FIELDS: RequestFault = { status: 431, reason: 'too many header fields' };

/**
 * ```
 * opening -> open -> closing -> ended     the client's SETTINGS have come; GOAWAY is said: no new streams; nothing more is said
 * ```
 */
type State = 'opening' | 'open' | 'closing' | 'ended';

/** A request whose frames were read; it begins when all that came with it was. */
interface Fresh {
  readonly stream: ClientStream;
  readonly text: string | RequestFault;
  readonly isFirst: boolean;
}

/** Serves one client connection. */
export class Http2Connection implements ServedConnection, StreamParts, SessionOwner, DeadlineOwner {
  readonly client: ClientConnection;
  readonly context: FrontendContext;
  readonly forwarded: ForwardedLines;
  readonly names: ConnectionNames | undefined;
  readonly #handlers: HandlerSwitch<SessionHandler>;
  readonly #session: Http2Session;
  readonly #timer: WheelTimer;
  /** Runs while a header block, or a frame other than DATA, has begun and is not whole. */
  readonly #frameTimer: WheelTimer;
  readonly #resets: ResetBudget = new ResetBudget();
  readonly #fresh: Fresh[] = [];
  #settings: HttpSettings;
  #state: State = 'opening';
  #isDraining = false;
  #unfinished = 0;
  #streams = 0;
  isFirst = false;
  #bytesIn = 0;
  #lingerBytes = LINGER_BYTES;
  /** Bytes that had come and gone at the last look. */
  #seenBytes = -1;
  /** A PING is out. */
  #isAsked = false;

  constructor(
    client: ClientConnection,
    context: FrontendContext,
    handlers: HandlerSwitch<SessionHandler>,
  ) {
    this.client = client;
    this.context = context;
    this.#handlers = handlers;
    this.#settings = handlers.current.settings;
    this.forwarded = new ForwardedLines(client);
    this.names =
      client.tls && new ConnectionNames(client.socket as SecureSocket, client.tls.serverName);
    this.#timer = new WheelTimer(context.wheel, this);
    this.#timer.arm(this.#settings.timeouts.requestHead);
    const session = new Http2Session(client.socket, this);
    this.#session = session;
    this.#frameTimer = new WheelTimer(context.wheel, {
      onDeadline: () => session.fail(ErrorCode.protocolError, 'a frame does not end'),
    });
    client.socket.on('end', () => this.#onClientEnd()).on('close', () => this.#onClosed());
  }

  get handler(): SessionHandler {
    return this.#handlers.current;
  }

  get nowMs(): number {
    return this.context.wheel.nowMs;
  }

  get maxConcurrentStreams(): number {
    return this.#settings.maxConcurrentStreams;
  }

  get maxFields(): number {
    return this.#settings.limits.headers + SPARE_FIELDS;
  }

  // --- bytes of the client

  nextBuffer(): Buffer {
    return frameReadBuffer;
  }

  onRead(buffer: Buffer, length: number): void {
    this.#bytesIn += length;
    if (this.#state === 'ended') {
      this.#lingerBytes -= length;
      if (this.#lingerBytes < 0) this.client.socket.destroy();
      return;
    }
    // Heads are written to the buffer that the first bytes came in.
    if (buffer !== frameReadBuffer) buffer.copy(frameReadBuffer, 0, 0, length);
    this.#session.read(frameReadBuffer, length);
    if (this.#fresh.length > 0) this.#begin();
    const { unfinished } = this.#session;
    if (unfinished !== this.#unfinished) this.#onUnfinished(unfinished);
  }

  /** A frame that comes slowly, or a header block, has the time of a request's head. */
  #onUnfinished(frame: number): void {
    this.#unfinished = frame;
    if (frame === 0) this.#frameTimer.disarm();
    else this.#frameTimer.arm(this.#settings.timeouts.requestHead);
  }

  // --- streams

  onBegun(): void {
    if (this.#state !== 'opening') return;
    this.#state = 'open';
    if (!this.#isDraining) this.#timer.arm(this.#settings.timeouts.keepAlive);
  }

  onRequest(stream: ClientStream, fields: readonly HeaderField[] | undefined): void {
    this.#streams++;
    this.#renewSettings();
    const text = fields === undefined ? TOO_MANY_FIELDS : renderRequest(fields, !stream.hasBody);
    // What is refused at once is no excuse for a reset.
    if (typeof text === 'string') this.#resets.onOpened(this.nowMs);
    this.#fresh.push({ stream, text, isFirst: this.#streams === 1 });
    if (this.#session.openStreams === 1) this.#watch();
    if (this.#isDraining || this.#streams >= this.#settings.requestsPerConnection) this.#close();
  }

  /** What was reset in the same read never begins. */
  #begin(): void {
    for (const { stream, text, isFirst } of this.#fresh) {
      if (stream.isClosed) continue;
      this.isFirst = isFirst;
      new Http2Request(stream, this).start(text);
    }
    this.#fresh.length = 0;
  }

  onStreamOver(stream: ClientStream, wasReset: boolean): void {
    if (wasReset && !stream.isAnswered) this.#countReset();
    if (this.#session.openStreams > 0 || this.#session.isOver) return;
    if (this.#state === 'closing') this.#end();
    else this.#timer.arm(this.#settings.timeouts.keepAlive);
  }

  #countReset(): void {
    if (!this.#resets.onReset(this.nowMs)) return;
    this.#session.fail(ErrorCode.enhanceYourCalm, 'too many resets');
  }

  /** After a reload the client is told how many streams it may open now. */
  #renewSettings(): void {
    const { settings } = this.#handlers.current;
    if (settings === this.#settings) return;
    const { maxConcurrentStreams } = settings;
    if (maxConcurrentStreams !== this.#settings.maxConcurrentStreams) {
      this.#session.announceStreams(maxConcurrentStreams);
    }
    this.#settings = settings;
  }

  // --- the end

  /** The first stream of a new connection may be on its way: it is still served. */
  drain(): void {
    this.#isDraining = true;
    if (this.#streams === 0) this.#timer.arm(LINGER_MS);
    else this.#close();
  }

  /**
   * Says GOAWAY, and ends with the last stream. Streams that are on their way are not served: the client knows by the stream
   * that is named as the last, and may send their requests elsewhere (RFC 9113 6.8).
   */
  #close(): void {
    if (this.#state === 'closing' || this.#session.isOver) return;
    this.#state = 'closing';
    this.#session.goaway();
    if (this.#session.openStreams === 0) this.#end();
  }

  /** Says no more, and drops what still comes for a while, so that the last answer is not lost in a reset. */
  #end(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#session.stop();
    this.#frameTimer.dispose();
    this.client.socket.end();
    this.#timer.arm(LINGER_MS);
  }

  onFailed(code: ErrorCodeValue): void {
    if (code === ErrorCode.enhanceYourCalm) {
      this.context.counters.rejected++;
      this.#lingerBytes = CALM_BYTES;
    } else if (code !== ErrorCode.noError) this.context.counters.malformed++;
    this.#end();
  }

  #onClientEnd(): void {
    if (this.#state !== 'ended') this.#session.fail(ErrorCode.noError, '');
  }

  #onClosed(): void {
    this.#state = 'ended';
    this.#timer.dispose();
    this.#frameTimer.dispose();
    this.#session.onSocketClosed();
  }

  #watch(): void {
    this.#timer.arm(this.#settings.timeouts.client);
  }

  /** Streams are open, and time has passed: who takes and sends nothing is asked whether it is there. */
  #look(): void {
    const { output } = this.#session;
    const moved = this.#bytesIn + output.takenBytes - this.#seenBytes;
    const isStill = this.#isAsked ? moved <= PING_BYTES : moved === 0;
    if (isStill && this.#isAsked) {
      this.#session.fail(ErrorCode.noError, 'nothing moves');
      return;
    }
    this.#seenBytes += moved;
    this.#isAsked = isStill;
    if (isStill) output.ping(false, PING_TEXT, 0);
    this.#watch();
  }

  onDeadline(): void {
    if (this.#state === 'ended') this.client.socket.destroy();
    else if (this.#session.openStreams > 0) this.#look();
    else if (this.#state === 'open') this.#close();
    else this.#end();
  }
}

const PING_TEXT: Buffer = Buffer.from('evenkeel', 'latin1');
