// One client connection of HTTP/2: its streams, its idle time, and its end.
import http2, { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type net from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type DeadlineOwner, WheelTimer } from '../../core/timer-wheel.js';
import type {
  ClientConnection,
  FrontendContext,
  HandlerSwitch,
  ServedConnection,
} from '../handler.js';
import { ForwardedLines } from '../http/forwarded-lines.js';
import type { HttpSettings } from '../http/http-settings.js';
import type { SessionHandler } from '../http/session-handler.js';
import { ConnectionNames } from './connection-names.js';
import { Http2Request, type StreamParts } from './http2-request.js';
import { ResetBudget } from './reset-budget.js';
import { sessionOptions } from './session-options.js';

/** How long a connection may take to end by itself, and a new one to open its first stream when the frontend drains, ms. */
const LINGER_MS = 2000;
/** A PING as it leaves, at most, with the wrapping of TLS, bytes. */
const PING_BYTES = 64;
/** Set on a stream that the peer has ended with it. */
const END_STREAM = constants.NGHTTP2_FLAG_END_STREAM;

/**
 * ```
 * opening -> open -> closing     the client's SETTINGS have come; GOAWAY is said: no new streams
 * ```
 */
type State = 'opening' | 'open' | 'closing';

/** Serves one client connection. node:http2 reads and writes its socket. */
export class Http2Connection implements ServedConnection, StreamParts, DeadlineOwner {
  readonly client: ClientConnection;
  readonly context: FrontendContext;
  readonly forwarded: ForwardedLines;
  readonly names: ConnectionNames | undefined;
  readonly #handlers: HandlerSwitch<SessionHandler>;
  readonly #socket: net.Socket;
  readonly #session: ServerHttp2Session;
  readonly #timer: WheelTimer;
  readonly #resets: ResetBudget = new ResetBudget();
  #settings: HttpSettings;
  #state: State = 'opening';
  #isDraining = false;
  #open = 0;
  #streams = 0;
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
      client.tls && new ConnectionNames(client.socket as TLSSocket, client.tls.serverName);
    const socket = client.toStream();
    this.#socket = socket;
    // Where sockets are read through 'data' events: from now on node:http2 reads.
    socket.removeAllListeners('data');
    this.#timer = new WheelTimer(context.wheel, this);
    this.#timer.arm(this.#settings.timeouts.requestHead);
    this.#session = http2.performServerHandshake(socket, sessionOptions(this.#settings));
    this.#session
      .on('stream', (stream: ServerHttp2Stream, _: unknown, flags: number, fields: string[]) =>
        this.#onStream(stream, fields, (flags & END_STREAM) !== 0),
      )
      .on('remoteSettings', () => this.#onSettings())
      .on('error', ignore);
    socket
      .on('end', () => this.#end(constants.NGHTTP2_NO_ERROR))
      .on('close', () => this.#timer.dispose());
  }

  get handler(): SessionHandler {
    return this.#handlers.current;
  }

  get isFirst(): boolean {
    return this.#streams === 1;
  }

  // --- bytes that came before node:http2 had the socket

  nextBuffer(): undefined {
    return undefined;
  }

  onRead(buffer: Buffer, length: number): void {
    // node:http2 looks at what waits in the socket before it reads on.
    this.#socket.unshift(Buffer.from(buffer.subarray(0, length)));
  }

  // --- streams

  #onSettings(): void {
    if (this.#state !== 'opening') return;
    this.#state = 'open';
    if (this.#open === 0 && !this.#isDraining) this.#timer.arm(this.#settings.timeouts.keepAlive);
  }

  #onStream(stream: ServerHttp2Stream, fields: string[], isEnded: boolean): void {
    const { nowMs } = this.context.wheel;
    this.#streams++;
    this.#resets.onOpened(nowMs);
    // Reset in the same read: nothing was done for it yet.
    if (stream.destroyed || stream.closed) {
      stream.on('error', ignore);
      this.#countReset();
      return;
    }
    this.#open++;
    this.#renewSettings();
    if (this.#open === 1) this.#watch();
    const request = new Http2Request(stream, this, isEnded);
    stream.on('error', ignore).on('close', () => this.#onStreamClosed(request));
    request.start(fields);
    if (this.#isDraining || this.#streams >= this.#settings.requestsPerConnection) this.#close();
  }

  #onStreamClosed(request: Http2Request): void {
    this.#open--;
    if (!request.onClosed()) this.#countReset();
    if (this.#open > 0 || this.#socket.destroyed) return;
    const isClosing = this.#state === 'closing' || this.#session.destroyed;
    this.#timer.arm(isClosing ? LINGER_MS : this.#settings.timeouts.keepAlive);
  }

  #countReset(): void {
    if (!this.#resets.onReset(this.context.wheel.nowMs) || this.#session.destroyed) return;
    this.context.counters.rejected++;
    this.#end(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  /** After a reload the client is told how many streams it may open now. */
  #renewSettings(): void {
    const { settings } = this.#handlers.current;
    if (settings === this.#settings) return;
    const { maxConcurrentStreams } = settings;
    if (maxConcurrentStreams !== this.#settings.maxConcurrentStreams) {
      this.#session.settings({ maxConcurrentStreams });
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
    if (this.#state === 'closing' || this.#session.destroyed) return;
    this.#state = 'closing';
    if (this.#open === 0) this.#timer.arm(LINGER_MS);
    this.#session.close();
  }

  /** Ends everything; what is written still leaves, for a moment. */
  #end(code: number): void {
    this.#state = 'closing';
    this.#timer.arm(LINGER_MS);
    // The code alone: what is missing in the type definitions is in the documentation.
    this.#session.destroy(code as unknown as Error);
  }

  #watch(): void {
    this.#timer.arm(this.#settings.timeouts.client);
  }

  /**
   * Streams are open, and time has passed. nghttp2 ends a session by itself after some faults of the client, and node:http2 is not
   * told: nothing is read or written any more, not even the end of the socket is seen, and the streams stay for ever.
   */
  #look(): void {
    const { bytesRead, bytesWritten } = this.#socket;
    const moved = bytesRead + bytesWritten - this.#seenBytes;
    const isStill = this.#isAsked ? moved <= PING_BYTES : moved === 0;
    if (isStill && this.#isAsked) {
      this.#end(constants.NGHTTP2_NO_ERROR);
      return;
    }
    this.#seenBytes += moved;
    if (isStill) {
      this.#isAsked = this.#session.ping((error) => {
        if (error === null) this.#isAsked = false;
      });
    }
    this.#watch();
  }

  onDeadline(): void {
    const isAlive = !this.#session.destroyed;
    if (isAlive && this.#open > 0) this.#look();
    else if (isAlive && this.#state === 'open') this.#close();
    else this.#socket.destroy();
  }
}

function ignore(): void {}
