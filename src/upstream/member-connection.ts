// One TCP connection to a member: dialled, used by one request at a time, kept in between.

import { isLocalFault } from '../core/local-fault.js';
import { type DeadlineOwner, type TimerWheel, WheelTimer } from '../core/timer-wheel.js';
import type { Member } from '../model/member.js';
import type { ByteSocket } from './byte-socket.js';
import { dialSocket } from './dial-socket.js';
import { describeDialFault, dialTls, isMisdirected, type TlsDial } from './dial-tls.js';
import type { LinkUser, MemberLink } from './member-link.js';
import { Outlet } from './outlet.js';
import { sharedReadBuffer } from './read-buffers.js';
import { ReaderSlot, type SocketReader } from './socket-reader.js';

/** Who keeps idle connections, and hears when one is gone. */
export interface ConnectionKeeper {
  /** An idle connection is no use any more. */
  onUseless(connection: MemberConnection): void;
  onClosed(connection: MemberConnection): void;
}

/**
 * dialling -> in use <-> idle -> closed. An idle one that gets a byte, an end or its idle timeout is thrown away.
 */
export class MemberConnection implements MemberLink, SocketReader, DeadlineOwner {
  readonly member: Member;
  readonly socket: ByteSocket;
  readonly outlet: Outlet;
  readonly timer: WheelTimer;
  readonly #keeper: ConnectionKeeper;
  #user: LinkUser | undefined;
  isConnected = false;
  /** Whether it has served a request before: its member may be closing it this very moment. */
  isReused = false;
  readonly mayRefuse = false;
  readonly isRefused = false;
  fault = '';
  isBlameless = false;
  /** How TLS was asked for; undefined = in the clear. */
  readonly tls: TlsDial | undefined;

  constructor(
    keeper: ConnectionKeeper,
    member: Member,
    wheel: TimerWheel,
    user: LinkUser,
    tls: TlsDial | undefined,
  ) {
    this.member = member;
    this.#keeper = keeper;
    this.#user = user;
    this.tls = tls;
    this.timer = new WheelTimer(wheel, this);
    const slot = new ReaderSlot(this);
    this.socket =
      tls === undefined
        ? dialSocket({ host: member.host, port: member.port }, slot, sharedReadBuffer)
        : dialTls(tls, slot, sharedReadBuffer);
    this.outlet = new Outlet(this.socket, {
      onBlocked: ignore,
      onUnblocked: () => this.#user?.onMemberUnblocked(),
    });
    this.socket
      .on(tls === undefined ? 'connect' : 'secureConnect', () => this.#onConnect())
      .on('end', () => this.#onEnd())
      .on('error', (error) => this.#onError(error))
      .on('close', () => this.#onClose());
  }

  lendTo(user: LinkUser): void {
    this.isReused = true;
    this.#user = user;
  }

  /** Ends the present use; the connection is clean and may serve another request. Undefined user = idle. */
  rest(idleTimeoutMs: number): void {
    this.#user = undefined;
    this.outlet.source = undefined;
    if (this.socket.isPaused()) this.socket.resume();
    this.timer.arm(idleTimeoutMs);
  }

  /** Throws the connection away; its user hears nothing more. */
  destroy(): void {
    this.#user = undefined;
    this.timer.dispose();
    this.outlet.source = undefined;
    this.socket.destroy();
  }

  /** Whether it can still carry a request. */
  get isUsable(): boolean {
    return !this.socket.destroyed && this.socket.writable;
  }

  get source(): ByteSocket {
    return this.socket;
  }

  get hasSentAll(): boolean {
    return this.socket.writableLength === 0;
  }

  end(): void {
    this.socket.end();
  }

  nextBuffer(): Buffer {
    return this.#user?.memberReadBuffer() ?? sharedReadBuffer;
  }

  onRead(buffer: Buffer, length: number): void {
    const user = this.#user;
    if (user === undefined) this.#discard();
    else user.onMemberBytes(buffer, length);
  }

  onDeadline(): void {
    if (this.#user === undefined) this.#discard();
    else this.#user.onMemberDeadline();
  }

  #onConnect(): void {
    this.isConnected = true;
    this.#user?.onMemberConnected();
  }

  /** 'close' follows. */
  #onError(error: Error): void {
    if (!this.isConnected) {
      this.isBlameless = isLocalFault(error) || isMisdirected(error, this.tls);
      if (this.tls !== undefined || this.isBlameless) this.fault = describeDialFault(error);
    }
    // A fault of TLS on a connection that stands is told, but closes nothing.
    this.socket.destroy();
  }

  #onEnd(): void {
    // In the middle of a handshake: an 'error' follows.
    if (!this.isConnected) return;
    if (this.#user === undefined) this.#discard();
    else this.#user.onMemberEnd();
  }

  #onClose(): void {
    this.timer.dispose();
    this.#keeper.onClosed(this);
    const user = this.#user;
    this.#user = undefined;
    user?.onMemberClosed();
  }

  /** An idle connection that is no use any more leaves the list at once. */
  #discard(): void {
    this.#keeper.onUseless(this);
    this.destroy();
  }
}

function ignore(): void {}
