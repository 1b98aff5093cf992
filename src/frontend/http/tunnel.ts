// What a connection becomes after 101 or CONNECT: bytes both ways, until both sides have ended or nothing moves.

import type { Lease, LeaseOwner } from '../../pool/lease.js';
import type { LinkOutlet, LinkUser, MemberLink } from '../../upstream/member-link.js';
import type { Outlet } from '../../upstream/outlet.js';
import type { FrontendContext } from '../handler.js';
import { resetSocket } from '../reset-socket.js';
import type { RequestTrace } from './request-trace.js';

/** Pieces below this size are passed on from the shared buffer, so that a quiet tunnel holds no buffer. */
const SMALL_BYTES = 16_384;

/** What a tunnel is made from. */
export interface TunnelParts {
  readonly context: FrontendContext;
  /** The writing end to the client. */
  readonly client: Outlet;
  readonly connection: MemberLink;
  readonly lease: Lease;
  /** Keeps what flows; undefined = nobody wants to know. */
  readonly trace: RequestTrace | undefined;
  /** Something moved: the inactivity timeout begins anew. */
  readonly onActivity: () => void;
}

/** A client and a member, joined. Each side's end is passed on (half-close). */
export class Tunnel implements LinkUser, LeaseOwner {
  readonly #context: FrontendContext;
  readonly #client: Outlet;
  readonly #connection: MemberLink;
  readonly #lease: Lease;
  readonly #trace: RequestTrace | undefined;
  readonly #onActivity: () => void;
  /** Bytes that the client sent through it. */
  bytesIn = 0;

  constructor(parts: TunnelParts) {
    this.#context = parts.context;
    this.#client = parts.client;
    this.#connection = parts.connection;
    this.#lease = parts.lease;
    this.#trace = parts.trace;
    this.#onActivity = parts.onActivity;
    this.#lease.owner = this;
    this.#connection.timer.disarm();
    this.#connection.lendTo(this);
    this.#client.source = this.#connection.source;
    this.#connection.outlet.source = this.#client.socket;
  }

  /** Passes on what had come before it was one. */
  open(fromMember: Buffer, fromClient: Buffer): void {
    const { outlet } = this.#connection;
    const { socket } = this.#client;
    if (fromMember.length > 0) {
      // What a member sent behind its head was counted as it came.
      this.#countOut(fromMember.length);
      this.#client.sendOwned(fromMember);
    }
    if (fromClient.length > 0) {
      this.#countIn(fromClient.length);
      outlet.sendOwned(fromClient);
    }
    if (socket.isPaused() && !outlet.isBlocked) socket.resume();
  }

  /** The buffer for the client's bytes; undefined = the shared one. */
  get clientReadBuffer(): Buffer | undefined {
    return this.#connection.outlet.readBuffer;
  }

  memberReadBuffer(): Buffer | undefined {
    return this.#client.readBuffer;
  }

  onClientBytes(bytes: Buffer, length: number): void {
    this.#onActivity();
    this.#countIn(length);
    pass(this.#connection.outlet, bytes, length);
  }

  onMemberBytes(bytes: Buffer, length: number): void {
    this.#onActivity();
    this.#countOut(length);
    this.#lease.member.state.totals.bytesOut += length;
    pass(this.#client, bytes, length);
  }

  #countIn(length: number): void {
    this.bytesIn += length;
    this.#lease.member.state.totals.bytesIn += length;
  }

  #countOut(length: number): void {
    if (this.#trace !== undefined) this.#trace.bytesOut += length;
    this.#context.counters.bytesOut += length;
  }

  onClientEnd(): void {
    this.#connection.end();
  }

  onMemberEnd(): void {
    this.#client.socket.end();
  }

  /** The client is gone, or the time is up. */
  cut(): void {
    this.#connection.destroy();
    this.#client.socket.destroy();
    this.#lease.release('ok');
  }

  onMemberClosed(): void {
    this.#lease.release('ok');
    const { socket } = this.#client;
    // After the member's end what is written still leaves; without one the client must see a cut.
    if (socket.writableEnded) socket.destroySoon();
    else resetSocket(socket);
  }

  onRevoke(): void {
    this.cut();
  }

  onMemberConnected(): void {}

  onMemberUnblocked(): void {
    this.#onActivity();
  }

  onMemberDeadline(): void {}
}

function pass(outlet: LinkOutlet, bytes: Buffer, length: number): void {
  outlet.send(bytes, 0, length);
  if (length < SMALL_BYTES) outlet.endMessage();
}
