// The hot path of a pool: lends members out, takes them back, and lets the queue know.
import type { Clock } from '../core/clock.js';
import { type PickReport, pickChannel } from '../model/diagnostics.js';
import { isMemberFailure, type Outcome } from '../model/outcome.js';
import type { PickContext } from '../model/pick-context.js';
import { observeLatency } from '../strategy/peak-ewma.js';
import type { Strategy } from '../strategy/strategy.js';
import type { Chooser, ChoosingRules } from './chooser.js';
import type { Ejector } from './ejector.js';
import type { Lease, PendingLease, Refusal } from './lease.js';
import { type LeaseHome, PoolLease } from './pool-lease.js';
import type { PooledMember } from './pooled-member.js';
import { LeaseQueue, QueuedContext, type QueuedLease, type QueueHost } from './queue.js';
import { refusal } from './refusal.js';

const CLOSED: Refusal = refusal('closed');
const NO_MEMBER: Refusal = refusal('no-member');
const MEMBER_DOWN: Refusal = refusal('member-down');
const ALL_TRIED: Refusal = refusal('all-tried');
const QUEUE_FULL: Refusal = refusal('queue-full');

/** @internal The settings that concern lending. */
export interface LenderRules extends ChoosingRules {
  /** How long the queue may be, and how long one may stand in it (ms). */
  readonly queue: { readonly max: number; readonly timeout: number };
}

/** @internal Gives and takes back leases. */
export class Lender implements LeaseHome, QueueHost {
  readonly chooser: Chooser;
  readonly queue: LeaseQueue;
  readonly #pool: string;
  readonly #clock: Clock;
  #rules: LenderRules['queue'];
  #isClosed = false;
  #wantsLatency: boolean;
  /** Passive health, where the pool has it. */
  ejector: Ejector | undefined = undefined;

  /** @param pool - its name */
  constructor(pool: string, chooser: Chooser, clock: Clock, rules: LenderRules['queue']) {
    this.#pool = pool;
    this.chooser = chooser;
    this.#clock = clock;
    this.#rules = rules;
    this.#wantsLatency = chooser.strategy.name === 'peak-ewma';
    this.queue = new LeaseQueue(this, clock);
  }

  /** Takes other rules; who queues already keeps its deadline. */
  configure(strategy: Strategy, rules: LenderRules): void {
    this.#rules = rules.queue;
    this.#wantsLatency = strategy.name === 'peak-ewma';
    this.chooser.configure(strategy, rules);
  }

  acquire(context: PickContext): Lease | Refusal | PendingLease {
    const answer = this.#answer(context);
    if (pickChannel.hasSubscribers && answer.kind !== 'pending') this.#report(context, answer, 0);
    return answer;
  }

  #answer(context: PickContext): Lease | Refusal | PendingLease {
    if (this.#isClosed) return CLOSED;
    if (this.chooser.isHomeDown(context)) return MEMBER_DOWN;
    const member = this.chooser.choose(context);
    if (member !== undefined && !member.isFull) return this.#lend(member);
    if (member === undefined && !this.chooser.hasCandidate(context)) return this.#refuse(context);
    return this.#enqueue(context, member);
  }

  tryAgain(context: PickContext): Lease | Refusal | PooledMember | undefined {
    if (this.chooser.isHomeDown(context)) return MEMBER_DOWN;
    const member = this.chooser.choose(context);
    if (member !== undefined) return member.isFull ? member : this.#lend(member);
    return this.chooser.hasCandidate(context) ? undefined : this.#refuse(context);
  }

  onServed(place: QueuedLease, answer: Lease | Refusal): void {
    if (!pickChannel.hasSubscribers) return;
    this.#report(place.context, answer, this.#clock.now() - place.since);
  }

  onRelease(lease: PoolLease, outcome: Outcome, status: number): void {
    const { member } = lease;
    const isFailure = isMemberFailure(outcome, status);
    if (isFailure) member.state.totals.failed++;
    if (this.#wantsLatency && lease.startedAt > 0) this.#observe(lease, outcome, isFailure);
    // What the client cut short says nothing: it must not end a row of failures either.
    if (this.ejector !== undefined && outcome !== 'aborted')
      this.ejector.onOutcome(member, isFailure);
    if (member.drains !== undefined) for (const drain of member.drains) drain.onRelease();
    if (!this.#isClosed) this.queue.onPlace(member);
  }

  /** Something flipped: marks anew who serves, then asks the queue. */
  refresh(): void {
    this.chooser.refresh(this.#clock.now());
    if (!this.#isClosed) this.queue.onFlip();
  }

  /** Lends nothing any more; open leases end as they would. */
  close(): void {
    this.#isClosed = true;
    this.queue.refuseAll('closed');
  }

  #lend(member: PooledMember): Lease {
    member.state.totals.picked++;
    // The context's time is coarse; latency wants the clock's own.
    return new PoolLease(this, member, this.#wantsLatency ? this.#clock.now() : 0);
  }

  #enqueue(context: PickContext, wants: PooledMember | undefined): PendingLease | Refusal {
    if (this.queue.length >= this.#rules.max) return QUEUE_FULL;
    const copy = new QueuedContext(context);
    this.chooser.showTo(copy);
    copy.seal();
    return this.queue.add(copy, wants, this.#rules.timeout);
  }

  #refuse(context: PickContext): Refusal {
    return this.chooser.serving.mode === 'none' || context.tried.length === 0
      ? NO_MEMBER
      : ALL_TRIED;
  }

  #report(context: PickContext, answer: Lease | Refusal, queuedMs: number): void {
    const isLease = answer.kind === 'lease';
    const report: PickReport = {
      pool: this.#pool,
      source: context.source,
      member: isLease ? answer.member.name : undefined,
      refusal: isLease ? undefined : answer.reason,
      tried: context.tried.length,
      queuedMs,
    };
    pickChannel.publish(report);
  }

  /** Fast failures must not look like fast answers. */
  #observe(lease: PoolLease, outcome: Outcome, isFailure: boolean): void {
    if (outcome === 'timeout' || (outcome === 'ok' && !isFailure)) {
      const nowMs = this.#clock.now();
      observeLatency(lease.member.state, nowMs - lease.startedAt, nowMs);
    }
  }
}
