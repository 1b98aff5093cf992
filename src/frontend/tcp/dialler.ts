// Finds a connected member for a TCP client: acquire, dial, and on failure the next member.

import { renderHostPort } from '../../core/address.js';
import { isLocalFault } from '../../core/local-fault.js';
import { type DeadlineOwner, WheelTimer } from '../../core/timer-wheel.js';
import type { Lease, LeaseOwner, PendingLease, Refusal } from '../../pool/lease.js';
import type { Pool } from '../../pool/pool.js';
import type { ByteSocket } from '../../upstream/byte-socket.js';
import { dialSocket } from '../../upstream/dial-socket.js';
import {
  describeDialFault,
  dialTls,
  isMisdirected,
  type TlsDial,
  tlsDialFor,
} from '../../upstream/dial-tls.js';
import { ReaderSlot, type SocketReader } from '../../upstream/socket-reader.js';
import type { ClientConnection, FrontendContext } from '../handler.js';
import { SourcePick } from '../pick.js';
import type { ConnectionTrace } from './connection-trace.js';
import { SHARED_BUFFER } from './flow.js';
import { proxyHeader } from './proxy-header.js';

/** A member that answered. */
export interface Connected {
  readonly lease: Lease;
  readonly socket: ByteSocket;
  /** Where the socket's bytes go; to be set before the caller returns. */
  readonly slot: ReaderSlot;
}

/** Who wants a member. */
export interface DiallerOwner {
  onConnected(connected: Connected): void;
  /** There is none to be had. @param reason - for people */
  onNoMember(reason: string): void;
}

const NOBODY: SocketReader = { nextBuffer: () => undefined, onRead: () => {} };

/**
 * States: idle -> (queued ->) dialling -> connected | failed, with a way back from dialling to idle
 * for as long as the pool's retries allow: `dialling -> (pausing ->) idle`.
 */
export class Dialler implements DeadlineOwner, LeaseOwner {
  readonly #pool: Pool;
  readonly #pick: SourcePick;
  readonly #context: FrontendContext;
  readonly #owner: DiallerOwner;
  readonly #client: ClientConnection;
  readonly #timer: WheelTimer;
  readonly #trace: ConnectionTrace | undefined;
  #lease: Lease | undefined = undefined;
  #pending: PendingLease | undefined = undefined;
  #socket: ByteSocket | undefined = undefined;
  #fault = '';
  #tries = 0;
  /** The pool has taken back the member that is being dialled: that is none of its doing. */
  #isRevoked = false;
  #isDone = false;

  /** @param trace - hears of each member */
  constructor(
    pool: Pool,
    client: ClientConnection,
    context: FrontendContext,
    owner: DiallerOwner,
    trace?: ConnectionTrace,
  ) {
    this.#pool = pool;
    this.#client = client;
    this.#pick = new SourcePick(client.source);
    this.#context = context;
    this.#owner = owner;
    this.#trace = trace;
    this.#timer = new WheelTimer(context.wheel, this);
  }

  /** Begins; the owner hears exactly once how it ended, unless it cancels. */
  start(): void {
    this.#pool.retries.onRequest(this.#context.environment.clock.now());
    this.#acquire();
  }

  /** Gives up: nothing is heard of it any more. */
  cancel(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#timer.dispose();
    this.#pending?.cancel();
    this.#socket?.destroy();
    this.#lease?.release('aborted');
  }

  /** @internal The pool takes the member back while it is being dialled. */
  onRevoke(_lease: Lease, reason: string): void {
    this.#fault = reason;
    this.#isRevoked = true;
    this.#socket?.destroy();
  }

  /** @internal The connect timeout, or the pause before another try, is over. */
  onDeadline(): void {
    if (this.#socket === undefined) {
      this.#acquire();
      return;
    }
    this.#fault = 'connect timeout';
    this.#socket.destroy();
  }

  #acquire(): void {
    this.#pick.nowMs = this.#context.environment.clock.now();
    const answer = this.#pool.acquire(this.#pick);
    if (answer.kind !== 'pending') {
      this.#onAnswer(answer);
      return;
    }
    this.#pending = answer;
    // A pending lease always resolves, so there is nothing to catch.
    void answer.then((late) => {
      this.#pending = undefined;
      this.#onAnswer(late);
    });
  }

  #onAnswer(answer: Lease | Refusal): void {
    if (answer.kind === 'refusal') {
      this.#fail(this.#fault === '' ? answer.reason : this.#fault);
    } else if (this.#isDone) {
      answer.release('aborted');
    } else {
      this.#dial(answer);
    }
  }

  #dial(lease: Lease): void {
    lease.owner = this;
    this.#lease = lease;
    this.#tries++;
    this.#fault = '';
    this.#isRevoked = false;
    this.#trace?.onLease(lease.member.name);
    lease.member.state.totals.dialled++;
    const slot = new ReaderSlot(NOBODY);
    const tls = this.#tlsDial(lease);
    const { host, port } = lease.member;
    const socket =
      tls === undefined
        ? dialSocket({ host, port }, slot, SHARED_BUFFER)
        : dialTls(tls, slot, SHARED_BUFFER);
    this.#socket = socket;
    this.#timer.arm(this.#pool.config.timeouts.connect);
    let isBlameless = false;
    socket.on('error', (error) => {
      if (this.#fault === '')
        this.#fault = tls === undefined ? error.message : describeDialFault(error);
      isBlameless = isLocalFault(error) || isMisdirected(error, tls);
      socket.destroy();
    });
    socket.on('close', () => this.#onClosed(lease, isBlameless));
    socket.on(tls === undefined ? 'connect' : 'secureConnect', () => {
      this.#isDone = true;
      this.#timer.dispose();
      this.#owner.onConnected({ lease, socket, slot });
    });
  }

  /** A tcp member is asked for no protocol unless the spec says so: what the client speaks is not known here. */
  #tlsDial({ member }: Lease): TlsDial | undefined {
    const { tls } = this.#pool.config;
    if (tls === undefined) return undefined;
    const host = this.#client.tls?.serverName ?? '';
    return tlsDialFor(tls, member, host, proxyHeader(this.#pool.config, this.#client), tls.alpn);
  }

  /** @param isBlameless - the member is well, and another one would be no better */
  #onClosed(lease: Lease, isBlameless: boolean): void {
    this.#socket = undefined;
    this.#lease = undefined;
    // It was joined to its client, or given up.
    if (this.#isDone) return;
    this.#timer.disarm();
    lease.release(isBlameless || this.#isRevoked ? 'aborted' : 'connect-failed');
    const { clock, random } = this.#context.environment;
    const { retries } = this.#pool;
    if (isBlameless || !retries.allows('connect-failure', this.#tries, clock.now())) {
      this.#fail(`${renderHostPort(lease.member)}: ${this.#fault}`);
      return;
    }
    this.#pick.tried.push(lease.member);
    if (!this.#pool.hasUntried(this.#pick)) {
      // The pool refuses, and says why.
      retries.refund(clock.now());
      this.#acquire();
      return;
    }
    lease.member.state.totals.retriedAway++;
    this.#announceRetry(lease.member.name);
    const pauseMs = retries.backoffMs(this.#tries, random);
    if (pauseMs > 0) this.#timer.arm(pauseMs);
    else this.#acquire();
  }

  #announceRetry(from: string): void {
    const { events, environment, name } = this.#context;
    if (!events.hears('request:retried')) return;
    const at = environment.clock.wallTime();
    const reason = this.#fault;
    const pool = this.#pool.name;
    events.emit('request:retried', {
      frontend: name,
      pool,
      from,
      attempt: this.#tries,
      at,
      reason,
    });
  }

  #fail(reason: string): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#timer.dispose();
    this.#owner.onNoMember(reason);
  }
}
