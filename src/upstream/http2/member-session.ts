// One connection of HTTP/2 to a member: dialled, shared by many requests, closed when it has rested long enough.
import http2, {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  constants,
  type OutgoingHttpHeaders,
  type SecureClientSessionOptions,
} from 'node:http2';
import type net from 'node:net';
import type { TLSSocket } from 'node:tls';
import { isLocalFault } from '../../core/local-fault.js';
import { type DeadlineOwner, type TimerWheel, WheelTimer } from '../../core/timer-wheel.js';
import type { Member } from '../../model/member.js';
import { dialPlain } from '../dial-socket.js';
import { describeDialFault, dialTls, isMisdirected, type TlsDial } from '../dial-tls.js';
import type { LinkUser } from '../member-link.js';
import { type StreamHost, StreamLink } from './stream-link.js';

/** Requests on one connection at a time, if the member allows so many. */
const MAX_STREAMS = 100;
/** Streams before a connection is replaced: their ids end at 2^31. */
const MAX_OPENED = 1_000_000_000;
/** How long a connection that says goodbye may take to end, ms. */
const LINGER_MS = 2000;
/** Bytes that all streams together may have on their way to us. */
const WINDOW_BYTES = 1_048_576;

/** What clients may say too, though the type definitions know it of servers only. */
interface SessionOptions extends SecureClientSessionOptions {
  readonly maxSessionInvalidFrames: number;
}

const OPTIONS: SessionOptions = {
  // Longer heads than the parser of answers takes, so that it can say so.
  maxHeaderListPairs: 1024,
  maxSessionInvalidFrames: 100,
  maxReservedRemoteStreams: 0,
  maxSettings: 32,
  // Megabytes: all streams at their fullest, and as much as node:http2 gives for the rest.
  maxSessionMemory: 10 + Math.ceil((MAX_STREAMS * 2 * 65_536) / 1e6),
  settings: { enablePush: false, maxHeaderListSize: 65_536 },
};

/** Who keeps connections, and hears how they fare. */
export interface SessionKeeper {
  /** Nobody uses it: how long it may rest, ms; 0 = not at all. */
  idleMs(session: MemberSession): number;
  /** The member allows fewer requests at a time than wait for the connection: find another one for `link`. */
  rehome(link: StreamLink, session: MemberSession): void;
  onClosed(session: MemberSession): void;
}

/** How a member is dialled. */
export interface SessionDial {
  readonly member: Member;
  /** Undefined = in the clear. */
  readonly tls: TlsDial | undefined;
  /** Sent in the clear before everything else; '' = nothing. */
  readonly preamble: string;
  /** It serves one request only. */
  readonly isPrivate: boolean;
}

/**
 * ```
 * dialling -> open -> closing -> closed     the member's SETTINGS have come; no new streams
 * ```
 */
type State = 'dialling' | 'open' | 'closing' | 'closed';

/** A connection and its links. */
export class MemberSession implements StreamHost, DeadlineOwner {
  readonly member: Member;
  readonly wheel: TimerWheel;
  readonly dial: SessionDial;
  readonly #keeper: SessionKeeper;
  readonly #socket: net.Socket;
  readonly #timer: WheelTimer;
  readonly #links: Set<StreamLink> = new Set();
  #session: ClientHttp2Session | undefined = undefined;
  #state: State = 'dialling';
  #opened = 0;
  #maxStreams = MAX_STREAMS;
  /** The member acts on no stream beyond this one. */
  #lastStreamId: number = Number.POSITIVE_INFINITY;
  /** A PING is out that says whether the connection still stands; it takes no requests meanwhile. */
  #isDoubted = false;
  isConnected = false;
  fault = '';
  isBlameless = false;

  constructor(keeper: SessionKeeper, dial: SessionDial, wheel: TimerWheel) {
    this.#keeper = keeper;
    this.dial = dial;
    this.member = dial.member;
    this.wheel = wheel;
    this.#timer = new WheelTimer(wheel, this);
    const { member, tls } = dial;
    this.#socket =
      tls === undefined ? dialPlain({ host: member.host, port: member.port }) : dialTls(tls);
    this.#socket
      .on(tls === undefined ? 'connect' : 'secureConnect', () => this.#onConnect())
      .on('error', (error) => this.#onError(error))
      .on('close', () => this.#onClose());
  }

  get scheme(): 'http' | 'https' {
    return this.dial.tls === undefined ? 'http' : 'https';
  }

  get isIdle(): boolean {
    return this.#links.size === 0;
  }

  /** Whether it is being dialled. */
  get isDialling(): boolean {
    return this.#state === 'dialling';
  }

  /** Whether another request can share it. */
  get hasRoom(): boolean {
    if (this.dial.isPrivate || this.#links.size >= this.#maxStreams) return false;
    return this.#state === 'dialling' || this.#takesRequests;
  }

  get isStale(): boolean {
    return this.isConnected && !this.#takesRequests;
  }

  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  get #takesRequests(): boolean {
    const session = this.#session;
    if (this.#state !== 'open' || this.#isDoubted) return false;
    return session?.closed === false && !session.destroyed;
  }

  /** A link for `user`; of a connection that is being dialled it hears when that stands. */
  join(user: LinkUser): StreamLink {
    const link = new StreamLink(this, user);
    this.#add(link);
    return link;
  }

  /** Takes a link over that waited for another connection; this one is being dialled. */
  adopt(link: StreamLink): void {
    link.moveTo(this);
    this.#add(link);
  }

  #add(link: StreamLink): void {
    this.#timer.disarm();
    this.#links.add(link);
  }

  // --- what the streams ask

  request(fields: OutgoingHttpHeaders, options: object): ClientHttp2Stream | undefined {
    if (!this.#takesRequests) return undefined;
    if (++this.#opened >= MAX_OPENED) this.#state = 'closing';
    return this.#session!.request(fields, options);
  }

  hasRefused(stream: ClientHttp2Stream): boolean {
    if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM || stream.pending) return true;
    return stream.id !== undefined && stream.id > this.#lastStreamId;
  }

  /** A member that is gone without a word would keep everybody waiting who shares its connection. */
  onSilent(bytesRead: number, isOverdue: boolean): void {
    if (this.#state === 'open' && this.bytesRead === bytesRead) this.close();
    else if (isOverdue && this.#takesRequests) this.#doubt();
  }

  /** nghttp2 ends a session by itself after some faults of the member, and node:http2 is not told: nothing comes or goes any more. */
  #doubt(): void {
    this.#isDoubted = this.#session!.ping((error) => {
      this.#isDoubted = false;
      if (error === null && this.#links.size > 0) this.#timer.disarm();
    });
    if (this.#isDoubted) this.#timer.arm(LINGER_MS);
  }

  onLeft(link: StreamLink): void {
    this.#links.delete(link);
    if (this.#links.size > 0 || this.#state === 'closed') return;
    if (this.#state === 'dialling' || this.dial.isPrivate) this.destroy();
    else if (this.#state === 'closing') this.#sayGoodbye();
    else this.#rest();
  }

  #rest(): void {
    const idleMs = this.#keeper.idleMs(this);
    if (idleMs > 0) this.#timer.arm(idleMs);
    else this.close();
  }

  // --- the connection

  #onConnect(): void {
    const { tls, preamble } = this.dial;
    const socket = this.#socket;
    if (tls !== undefined && (socket as TLSSocket).alpnProtocol !== 'h2') {
      socket.destroy(new Error('the member does not speak HTTP/2 (ALPN)'));
      return;
    }
    if (tls === undefined && preamble !== '') socket.write(preamble, 'latin1');
    const session = http2.connect(`${this.scheme}://member`, {
      ...OPTIONS,
      createConnection: () => socket,
    });
    this.#session = session;
    session
      .on('connect', () => session.setLocalWindowSize(WINDOW_BYTES))
      .on('remoteSettings', ({ maxConcurrentStreams }) => this.#onSettings(maxConcurrentStreams))
      .on('goaway', (_: number, lastStreamId: number) => {
        this.#lastStreamId = lastStreamId;
        if (this.#state === 'open') this.#state = 'closing';
      })
      .on('error', (error: Error) => {
        this.fault ||= describeDialFault(error);
      });
    socket.on('end', () => session.destroy());
  }

  #onSettings(maxConcurrentStreams: number | undefined): void {
    // Who allows none for now allows some later: node:http2 waits for it.
    this.#maxStreams = Math.max(1, Math.min(MAX_STREAMS, maxConcurrentStreams ?? MAX_STREAMS));
    if (this.#state !== 'dialling') return;
    this.#state = 'open';
    this.isConnected = true;
    const waiting = [...this.#links];
    for (const link of waiting.slice(this.#maxStreams)) {
      this.#links.delete(link);
      this.#keeper.rehome(link, this);
    }
    for (const link of waiting.slice(0, this.#maxStreams)) link.onHostConnected();
    if (this.#links.size === 0) this.#rest();
  }

  #onError(error: Error): void {
    if (this.isConnected) return;
    this.fault = describeDialFault(error);
    this.isBlameless = isLocalFault(error) || isMisdirected(error, this.dial.tls);
  }

  #onClose(): void {
    this.#state = 'closed';
    this.#timer.dispose();
    this.#keeper.onClosed(this);
    this.#session?.destroy();
    for (const link of this.#links) link.onHostLost();
  }

  // --- the end

  /** Takes no more requests, and ends with the last one it has. */
  close(): void {
    if (this.#state === 'dialling' || this.#state === 'open') this.#state = 'closing';
    if (this.#state === 'closing') this.#sayGoodbye();
  }

  #sayGoodbye(): void {
    if (this.#links.size > 0) return;
    if (this.#session === undefined) this.destroy();
    else {
      this.#session.close();
      this.#timer.arm(LINGER_MS);
    }
  }

  destroy(): void {
    this.#socket.destroy();
  }

  onDeadline(): void {
    if (this.#state === 'open' && !(this.#isDoubted && this.#links.size > 0)) this.close();
    else this.destroy();
  }
}
