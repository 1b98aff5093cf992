// A client and a member joined: two flows, their idle time, and how each kind of end reaches the other side.

import { type DeadlineOwner, WheelTimer } from '../../core/timer-wheel.js';
import type { Outcome } from '../../model/outcome.js';
import type { Lease, LeaseOwner } from '../../pool/lease.js';
import type { ByteSocket } from '../../upstream/byte-socket.js';
import { startReading } from '../../upstream/socket-reader.js';
import type { ClientConnection, FrontendContext } from '../handler.js';
import { resetSocket } from '../reset-socket.js';
import type { ConnectionEnd, ConnectionTrace } from './connection-trace.js';
import type { Connected } from './dialler.js';
import { Flow, type FlowOwner } from './flow.js';

/** How long nothing may flow in either direction, ms. */
export interface RelayTimeouts {
  /** While only the client is waited for: it has not spoken yet, or the member has sent its FIN. */
  readonly client: number;
  /** While only the member is waited for: it has not spoken yet, or the client has sent its FIN. */
  readonly server: number;
  /** Once both have spoken. */
  readonly tunnel: number;
}

/** What a member gets before anything else. */
export interface Opening {
  /** A PROXY header, and what the client sent early; undefined = nothing. */
  readonly bytes: Buffer | undefined;
  /** How much of it the client sent. */
  readonly clientBytes: number;
}

/**
 * How ends travel:
 * - FIN is passed on as FIN once everything before it is written; the other direction stays open
 * - RST, a timeout and a revoked lease reset the other side: a cut stream must not look complete
 * - a side that goes away after its own FIN cuts nothing that it had sent
 */
export class Relay implements FlowOwner, DeadlineOwner, LeaseOwner {
  readonly #client: ByteSocket;
  readonly #member: ByteSocket;
  readonly #lease: Lease;
  readonly #context: FrontendContext;
  readonly #timeouts: RelayTimeouts;
  readonly #timer: WheelTimer;
  readonly #up: Flow;
  #outcome: Outcome = 'ok';
  readonly #trace: ConnectionTrace | undefined;
  #end: ConnectionEnd = 'ok';
  #idleMs: number;
  #hasClientSpoken = false;
  #hasMemberSpoken = false;
  #hasClientEnded = false;
  #hasMemberEnded = false;
  #openSides = 2;

  /**
   * @param trace - hears of the end
   */
  constructor(
    client: ClientConnection,
    connected: Connected,
    opening: Opening,
    timeouts: RelayTimeouts,
    context: FrontendContext,
    trace?: ConnectionTrace,
  ) {
    this.#client = client.socket;
    this.#member = connected.socket;
    this.#lease = connected.lease;
    this.#context = context;
    this.#timeouts = timeouts;
    this.#trace = trace;
    this.#timer = new WheelTimer(context.wheel, this);
    this.#lease.owner = this;
    this.#up = new Flow(this.#client, this.#member, this);
    client.slot.reader = this.#up;
    connected.slot.reader = new Flow(this.#member, this.#client, this);
    this.#client.on('close', () => this.#onClientClosed());
    this.#member.on('close', () => this.#onMemberClosed());
    this.#idleMs = this.#idleLimit();
    this.#timer.arm(this.#idleMs);
    if (opening.bytes !== undefined) this.#member.write(opening.bytes);
    if (opening.clientBytes > 0) this.onBytes(this.#up, opening.clientBytes);
    // A TLS client may have said all it has to say in the segment that ended the handshake.
    this.#up.catchUp();
    startReading(this.#client);
  }

  onBytes(flow: Flow, length: number): void {
    const { counters } = this.#context;
    const { totals } = this.#lease.member.state;
    if (flow === this.#up) {
      counters.bytesIn += length;
      if (this.#trace !== undefined) this.#trace.bytesIn += length;
      totals.bytesIn += length;
      if (!this.#hasClientSpoken) {
        this.#hasClientSpoken = true;
        this.#idleMs = this.#idleLimit();
      }
    } else {
      counters.bytesOut += length;
      if (this.#trace !== undefined) this.#trace.bytesOut += length;
      totals.bytesOut += length;
      if (!this.#hasMemberSpoken) {
        this.#hasMemberSpoken = true;
        this.#idleMs = this.#idleLimit();
      }
    }
    this.#timer.arm(this.#idleMs);
  }

  onEnd(flow: Flow): void {
    if (flow === this.#up) this.#hasClientEnded = true;
    else this.#hasMemberEnded = true;
    this.#idleMs = this.#idleLimit();
    this.#timer.arm(this.#idleMs);
  }

  /** @internal The pool wants its member back. */
  onRevoke(): void {
    this.#end = 'cut';
    this.#cut('aborted');
  }

  /** @internal Nothing has flowed for too long. */
  onDeadline(): void {
    const isMembersTurn = this.#hasClientSpoken && !this.#hasMemberSpoken;
    const isOneSided = this.#hasClientEnded !== this.#hasMemberEnded;
    const waitsForMember = isOneSided ? this.#hasClientEnded : isMembersTurn;
    this.#end = waitsForMember ? 'member-timeout' : 'client-timeout';
    // One that has spoken works: that it does not end is not held against it.
    this.#cut(isMembersTurn ? 'timeout' : 'ok');
  }

  #idleLimit(): number {
    const { client, server, tunnel } = this.#timeouts;
    if (this.#hasClientEnded !== this.#hasMemberEnded)
      return this.#hasClientEnded ? server : client;
    if (this.#hasClientSpoken !== this.#hasMemberSpoken) {
      return this.#hasClientSpoken ? server : client;
    }
    return this.#hasClientSpoken ? tunnel : Math.min(client, server);
  }

  #cut(outcome: Outcome): void {
    this.#outcome = outcome;
    resetSocket(this.#client);
    resetSocket(this.#member);
  }

  #onClientClosed(): void {
    const member = this.#member;
    const isWhole = this.#hasClientEnded && this.#hasMemberEnded;
    if (!member.destroyed && !isWhole) {
      this.#outcome = 'aborted';
      if (this.#end === 'ok') this.#end = 'client-abort';
      if (!this.#hasClientEnded || member.writableFinished) resetSocket(member);
      else {
        // All that the client sent is still to reach the member; what the member says has nowhere to go.
        member.pause();
        member.once('finish', () => member.destroy());
      }
    }
    this.#settle();
  }

  #onMemberClosed(): void {
    // After its FIN the member's side of the stream is whole; it only takes no more from the client.
    if (!this.#hasMemberEnded && !this.#client.destroyed) {
      this.#outcome = 'reset';
      if (this.#end === 'ok') this.#end = 'member-fault';
      resetSocket(this.#client);
    }
    this.#lease.release(this.#outcome);
    this.#settle();
  }

  /** One side has closed. */
  #settle(): void {
    if (--this.#openSides > 0) return;
    this.#timer.dispose();
    this.#trace?.finish(this.#end);
  }
}
