// One accepted TCP connection, from the door to its end.

import { unmapAddress } from '../core/address.js';
import { EvenkeelError } from '../core/errors.js';
import type { Linked } from '../core/linked-list.js';
import { type DeadlineOwner, WheelTimer } from '../core/timer-wheel.js';
import type { HeldPlace } from '../rate-limit/delay-line.js';
import type { ServerTerms } from '../tls/server-terms.js';
import type { Accepted } from '../upstream/accept.js';
import type { ByteSocket } from '../upstream/byte-socket.js';
import { putTlsOn } from '../upstream/put-tls-on.js';
import type { SecureSocket } from '../upstream/secure-socket.js';
import { ReaderSlot, type SocketReader, startReading } from '../upstream/socket-reader.js';
import { type ProxyAddresses, parseProxyHeader } from '../wire/proxy-protocol.js';
import type { Candidate } from './admission.js';
import type { ClientConnection, ServedConnection, TlsFacts } from './handler.js';
import { Handshake, type HandshakeOwner } from './handshake.js';
import type { Entry } from './limits/connection-limits.js';
import { resetSocket } from './reset-socket.js';

/** How long a peer that must send a PROXY header has for it, ms. The specification asks for 3 s at least. */
export const PROXY_HEADER_TIMEOUT_MS = 5000;

const NO_BYTES: Buffer = Buffer.alloc(0);

/** What the door makes of its arrivals. */
export interface ArrivalOwner extends HandshakeOwner {
  readonly mustSendProxyHeader: boolean;
  /** undefined = in the clear. */
  readonly terms: ServerTerms | undefined;
  /** The buffer that an arrival's first bytes are read into. */
  firstBuffer(): Buffer;
  /** The PROXY header named the client: whether it may come in. A promise holds it. */
  mayEnter(arrival: Arrival): Entry | Promise<Entry>;
  /** Who serves it. */
  serve(arrival: Arrival): ServedConnection;
  /** It was reset before anybody served it. */
  onRejected(arrival: Arrival): void;
  /** It closed, or was closed, before TLS stood. */
  onHandshakeFailed(arrival: Arrival): void;
  /** It is gone. */
  onGone(arrival: Arrival): void;
}

/**
 * States: (held ->) admitted -> (looking, or reading the PROXY header, and shaking hands ->) served -> gone.
 * A held connection is not read at all: back-pressure reaches the client, and its end is not seen. So one that was held is looked
 * at before it is served: it begins with its first bytes, or after a moment of silence; one that has ended meanwhile is dropped.
 */
export class Arrival
  implements ClientConnection, Candidate, SocketReader, DeadlineOwner, Linked<Arrival>
{
  readonly slot: ReaderSlot;
  /** Who serves it, once somebody does. */
  served: ServedConnection | undefined = undefined;
  /** Whether it counts among the open connections: not while it is held. */
  hasPlace = false;
  /** Whether a rate limit makes it wait, unread. */
  isDelayed = false;
  /** Where it waits for its turn. */
  place: HeldPlace | undefined = undefined;
  /** Whether it had to wait for its place. */
  wasHeld = false;
  /** Whether it counts in its source's share. */
  isSourceClaimed = false;
  previousLinked: Arrival | undefined = undefined;
  nextLinked: Arrival | undefined = undefined;
  /** What TLS told of the client; undefined = in the clear, or not yet. */
  tls: TlsFacts | undefined = undefined;
  readonly #accepted: Accepted;
  readonly #owner: ArrivalOwner;
  readonly #peer: string;
  readonly #peerPort: number;
  #socket: ByteSocket | undefined = undefined;
  #claimed: ProxyAddresses | undefined = undefined;
  #header: Buffer | undefined = undefined;
  #headerLength = 0;
  #isLooking = false;
  #handshake: Handshake | undefined = undefined;
  #timer: WheelTimer | undefined = undefined;

  /** @param accepted - with its remote address known */
  constructor(accepted: Accepted, owner: ArrivalOwner) {
    this.#accepted = accepted;
    this.#owner = owner;
    this.#peer = unmapAddress(accepted.remoteAddress ?? '');
    this.#peerPort = accepted.remotePort;
    this.slot = new ReaderSlot(this);
  }

  /** There is none while it is held: what is not admitted is not opened. */
  get socket(): ByteSocket {
    if (this.#socket === undefined) throw new EvenkeelError('EK_STATE', 'the connection is held');
    return this.#socket;
  }

  get source(): string {
    return this.#claimed?.source ?? this.#peer;
  }

  get sourcePort(): number {
    return this.#claimed?.sourcePort ?? this.#peerPort;
  }

  get destination(): string {
    return this.#claimed?.destination ?? unmapAddress(this.socket.localAddress ?? '');
  }

  get destinationPort(): number {
    return this.#claimed?.destinationPort ?? this.#accepted.localPort;
  }

  /** Address of the TCP peer, whatever a PROXY header says. */
  get peer(): string {
    return this.#peer;
  }

  onAdmitted(): void {
    const owner = this.#owner;
    this.hasPlace = true;
    const { terms } = owner;
    if (terms !== undefined && !owner.mustSendProxyHeader) {
      const socket = this.#accepted.openTls(this.slot, owner.firstBuffer(), terms);
      this.#onOpen(socket);
      this.#shakeHands(socket, terms);
      return;
    }
    const socket = this.#accepted.open(this.slot, owner.firstBuffer());
    this.#onOpen(socket);
    if (socket.destroyed) return;
    if (owner.mustSendProxyHeader) this.#awaitHeader();
    else if (this.wasHeld) this.#look();
    else this.#serve();
  }

  #onOpen(socket: ByteSocket): void {
    this.#socket = socket;
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#onClosed());
  }

  #onClosed(): void {
    this.#timer?.dispose();
    if (this.#handshake !== undefined) {
      this.#handshake.dispose();
      this.#handshake = undefined;
      this.#owner.onHandshakeFailed(this);
    }
    this.#owner.onGone(this);
  }

  onHoldTimeout(): void {
    this.reject();
    this.#owner.onGone(this);
  }

  /** Ends it before it was served. */
  reject(how: Exclude<Entry, 'enter'> = 'reset'): void {
    this.#owner.onRejected(this);
    const socket = this.#socket;
    if (socket === undefined) this.#accepted[how]();
    else if (how === 'close') socket.destroy();
    else resetSocket(socket);
  }

  /** @internal Bytes of the PROXY header, and maybe of what follows it. */
  onRead(buffer: Buffer, length: number): void {
    if (this.socket.destroyed) return;
    if (this.#isLooking) {
      this.#endLook(buffer.subarray(0, length));
      return;
    }
    const before = this.#headerLength;
    const bytes = before === 0 ? buffer : this.#keep(buffer, length);
    const total = before === 0 ? length : this.#headerLength;
    const header = parseProxyHeader(bytes, total);
    if (header === 'malformed') this.reject();
    else if (header === 'incomplete') {
      if (before === 0) this.#keep(buffer, length);
    } else {
      this.#claimed = header.addresses;
      this.#header = undefined;
      this.#timer?.dispose();
      const entry = this.#owner.mayEnter(this);
      const early = bytes.subarray(header.length, total);
      if (entry instanceof Promise) this.#hold(entry, Buffer.from(early));
      else this.#enter(entry, early);
    }
  }

  /** @internal */
  nextBuffer(): Buffer | undefined {
    return undefined;
  }

  /** @internal The PROXY header did not come in time, or a client that was held waits for the member to speak. */
  onDeadline(): void {
    if (this.#isLooking) this.#endLook(NO_BYTES);
    else this.reject();
  }

  #look(): void {
    this.#isLooking = true;
    this.socket.on('end', () => {
      if (this.served === undefined) this.socket.destroy();
    });
    this.#timer = new WheelTimer(this.#owner.wheel, this);
    this.#timer.arm(0);
    startReading(this.socket);
  }

  #endLook(early: Buffer): void {
    this.#isLooking = false;
    this.#timer?.dispose();
    this.#serve(early);
  }

  #awaitHeader(): void {
    this.socket.on('end', () => {
      if (this.served === undefined) this.reject();
    });
    this.#timer = new WheelTimer(this.#owner.wheel, this);
    this.#timer.arm(PROXY_HEADER_TIMEOUT_MS);
    startReading(this.socket);
  }

  /** Reads no more until it is clear whether it may come in. */
  #hold(entry: Promise<Entry>, early: Buffer): void {
    const { socket } = this;
    socket.pause();
    void entry.then((answer) => {
      if (socket.destroyed) return;
      this.#enter(answer, early);
      if (this.served !== undefined && this.served.readsLater !== true) socket.resume();
    });
  }

  #enter(entry: Entry, early: Buffer): void {
    if (entry === 'enter') this.#begin(early);
    else this.reject(entry);
  }

  /** The PROXY header is read; what follows it is the client's, in the clear or TLS. */
  #begin(early: Buffer): void {
    const owner = this.#owner;
    const { terms } = owner;
    if (terms === undefined) {
      this.#serve(early);
      return;
    }
    const first = owner.firstBuffer();
    // A copy: what is handed back to the socket is read later.
    const socket = putTlsOn(this.socket, this.slot, first, terms, Buffer.from(early));
    this.#onOpen(socket);
    this.#shakeHands(socket, terms);
  }

  #shakeHands(socket: SecureSocket, terms: ServerTerms): void {
    socket.on('end', () => {
      if (this.served === undefined) socket.destroy();
    });
    this.#handshake = new Handshake(socket, terms, this.#owner, (facts) => {
      this.#handshake = undefined;
      this.tls = facts;
      this.#serve();
    });
  }

  #keep(buffer: Buffer, length: number): Buffer {
    // One read may bring the rest of the header and a buffer full of payload behind it.
    const needed = this.#headerLength + length;
    if (this.#header === undefined || this.#header.length < needed) {
      const larger = Buffer.allocUnsafe(Math.max(needed, 2 * (this.#header?.length ?? 256)));
      this.#header?.copy(larger, 0, 0, this.#headerLength);
      this.#header = larger;
    }
    buffer.copy(this.#header, this.#headerLength, 0, length);
    this.#headerLength = needed;
    return this.#header;
  }

  #serve(early?: Buffer): void {
    const served = this.#owner.serve(this);
    this.served = served;
    this.slot.reader = served;
    if (this.socket.destroyed) return;
    if (this.tls !== undefined) {
      // It is read since the handshake.
      if (served.readsLater === true) this.socket.pause();
      return;
    }
    if (early === undefined) {
      if (served.readsLater !== true) startReading(this.socket);
      return;
    }
    if (served.readsLater === true) this.socket.pause();
    if (early.length > 0) served.onRead(early, early.length);
  }
}
