// One UDP client's conversation: which member it is with, and when it is over.
import { isLocalFault } from '../../core/local-fault.js';
import { type DeadlineOwner, type TimerWheel, WheelTimer } from '../../core/timer-wheel.js';
import type { HealthState, Member } from '../../model/member.js';
import type { Outcome } from '../../model/outcome.js';
import type { Lease, LeaseOwner, PendingLease, Refusal } from '../../pool/lease.js';
import type { Pool } from '../../pool/pool.js';
import { SourcePick } from '../pick.js';
import { type LinkOwner, MemberLink } from './member-link.js';

/** What a session needs of the frontend. */
export interface SessionHost {
  readonly wheel: TimerWheel;
  /** Silence after which a session ends, ms. */
  readonly idleMs: number;
  nowMs(): number;
  /** The pool that takes a client at present. */
  poolFor(source: string): Pool | undefined;
  /** A datagram found no member. */
  onDropped(): void;
  onBytesIn(bytes: number): void;
  onBytesOut(bytes: number): void;
}

/** The client's side of a session. */
export interface SessionClient {
  readonly source: string;
  /** Sends to the client, from the address it had asked. */
  reply(message: Buffer): void;
  /** Forgets the session. */
  onSessionEnd(): void;
}

/** Datagrams kept while a sticky store is asked; what does not fit is dropped. */
const MAX_HELD = 16;

/** Never written to. */
const NOBODY: Member[] = [];

/**
 * Keeps a client with its member for as long as it talks, and finds another one at the next datagram when the member is
 * down, in maintenance, ejected, removed, or refuses (ICMP). A draining member keeps its clients.
 */
export class UdpSession implements DeadlineOwner, LeaseOwner, LinkOwner {
  readonly #host: SessionHost;
  readonly #client: SessionClient;
  readonly #pick: SourcePick;
  readonly #timer: WheelTimer;
  #pool: Pool | undefined = undefined;
  #lease: Lease | undefined = undefined;
  #link: MemberLink | undefined = undefined;
  /** Its health when it was picked: a pool in panic lends members that are down. */
  #healthAtPick: HealthState = 'unknown';
  /** Members that refused since the last answer: each is passed over while there is another. */
  #refused: Member[] = NOBODY;
  /** A sticky store is asked. */
  #pending: PendingLease | undefined = undefined;
  readonly #held: Buffer[] = [];
  #hasEnded = false;

  constructor(client: SessionClient, host: SessionHost) {
    this.#client = client;
    this.#host = host;
    this.#pick = new SourcePick(client.source, false);
    this.#timer = new WheelTimer(host.wheel, this);
  }

  /** Whether it has a member, or may get one: a session without is only a memory. */
  get isWorthKeeping(): boolean {
    return this.#lease !== undefined || this.#pending !== undefined;
  }

  /** Takes a datagram of the client. */
  forward(message: Buffer): void {
    const host = this.#host;
    host.onBytesIn(message.length);
    this.#timer.arm(host.idleMs);
    if (this.#pending === undefined && !this.#isMemberUsable()) {
      this.#letGo('ok');
      this.#choose();
    }
    if (this.#pending === undefined) this.#send(message);
    else if (this.#held.length < MAX_HELD) this.#held.push(message);
    else host.onDropped();
  }

  /** Its time to be silent is another one from now on. */
  hurry(): void {
    if (!this.#hasEnded) this.#timer.arm(this.#host.idleMs);
  }

  /** Frees everything; harmless when it has ended. */
  end(outcome: Outcome = 'ok'): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#timer.dispose();
    this.#letGo(outcome);
    this.#pending?.cancel();
    this.#client.onSessionEnd();
  }

  onReply(message: Buffer): void {
    const lease = this.#lease;
    if (lease === undefined) return;
    this.#timer.arm(this.#host.idleMs);
    this.#host.onBytesOut(message.length);
    lease.member.state.totals.bytesOut += message.length;
    this.#refused = NOBODY;
    this.#client.reply(message);
  }

  onLinkFault(link: MemberLink, error: Error): void {
    if (link !== this.#link) return;
    const member = this.#lease?.member;
    if (member !== undefined) this.#refused = [...this.#refused, member];
    this.#letGo(isLocalFault(error) ? 'aborted' : 'connect-failed');
  }

  /** @internal The pool wants the member back; the next datagram finds another. */
  onRevoke(): void {
    this.#letGo('aborted');
  }

  /** @internal Silent for too long. */
  onDeadline(): void {
    this.end();
  }

  #send(message: Buffer): void {
    const lease = this.#lease;
    if (lease === undefined) {
      this.#host.onDropped();
      return;
    }
    lease.member.state.totals.bytesIn += message.length;
    this.#link?.send(message);
  }

  #isMemberUsable(): boolean {
    const lease = this.#lease;
    if (lease === undefined) return false;
    const { state, name } = lease.member;
    if (state.health === 'down' && this.#healthAtPick !== 'down') return false;
    if (state.admin === 'maintenance' || state.ejectedUntil > this.#host.wheel.nowMs) return false;
    return this.#pool?.member(name) === lease.member;
  }

  #letGo(outcome: Outcome): void {
    const lease = this.#lease;
    this.#lease = undefined;
    this.#link?.close();
    this.#link = undefined;
    lease?.release(outcome);
  }

  #choose(): void {
    const pick = this.#pick;
    this.#pool = this.#host.poolFor(pick.source);
    pick.nowMs = this.#host.nowMs();
    this.#acquire();
  }

  #acquire(): void {
    this.#pick.tried = this.#refused;
    const answer = this.#pool?.acquire(this.#pick);
    if (answer === undefined) return;
    if (answer.kind !== 'pending') {
      this.#onAnswer(answer);
      return;
    }
    this.#pending = answer;
    // It always resolves, so there is nothing to catch.
    void answer.then((late) => this.#onLateAnswer(late));
  }

  #onLateAnswer(answer: Lease | Refusal): void {
    this.#pending = undefined;
    if (this.#hasEnded) {
      if (answer.kind === 'lease') answer.release('aborted');
    } else this.#onAnswer(answer);
    // It may have to ask once more.
    if (this.#pending !== undefined) return;
    for (const message of this.#held.splice(0)) this.#send(message);
    if (!this.isWorthKeeping) this.end();
  }

  #onAnswer(answer: Lease | Refusal): void {
    if (answer.kind === 'lease') {
      this.#use(answer);
    } else if (this.#refused.length > 0) {
      // All have refused: from the start again.
      this.#refused = NOBODY;
      this.#acquire();
    }
  }

  #use(lease: Lease): void {
    lease.owner = this;
    this.#lease = lease;
    this.#healthAtPick = lease.member.state.health;
    lease.member.state.totals.dialled++;
    this.#link = new MemberLink(lease.member.host, lease.member.port, this);
    this.#link.open();
  }
}
