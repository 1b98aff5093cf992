// The hot path of a pool: lends members out, takes them back, and lets the queue know.
import type { Clock } from '../core/clock.js';
import { type PickReport, pickChannel } from '../model/diagnostics.js';
import { isMemberFailure, type Outcome } from '../model/outcome.js';
import type { PickContext } from '../model/pick-context.js';
import type { MemberCounters } from '../model/totals.js';
import type { RequestCookie } from '../sticky/request-cookie.js';
import { observeLatency } from '../strategy/peak-ewma.js';
import type { Strategy } from '../strategy/strategy.js';
import type { Chooser, ChoosingRules, Tables } from './chooser.js';
import type { Ejector } from './ejector.js';
import type { Lease, PendingLease, Refusal } from './lease.js';
import { SoughtLease, type SoughtLeaseHost } from './lookup.js';
import { PoolCounters } from './pool-counters.js';
import { type LeaseHome, PoolLease } from './pool-lease.js';
import { PooledMember } from './pooled-member.js';
import { LeaseQueue, QueuedContext, type QueuedLease, type QueueHost } from './queue.js';
import { refusal } from './refusal.js';
import { Binding, type OpenLookup, type Stickiness } from './stickiness.js';

/** Where an end is counted. */
const COUNTED_AS = {
  'connect-failed': 'connectFailed',
  reset: 'reset',
  timeout: 'timedOut',
  malformed: 'malformed',
  aborted: 'aborted',
} as const satisfies Record<Exclude<Outcome, 'ok'>, keyof MemberCounters>;

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
export class Lender implements LeaseHome, QueueHost, SoughtLeaseHost {
  readonly chooser: Chooser;
  readonly queue: LeaseQueue;
  readonly counters: PoolCounters;
  readonly #pool: string;
  readonly #clock: Clock;
  #rules: LenderRules['queue'];
  #isClosed = false;
  #wantsLatency: boolean;
  /** Passive health, where the pool has it. */
  ejector: Ejector | undefined = undefined;
  #stickiness: Stickiness | undefined = undefined;
  /** Clients whose store has not answered yet. */
  readonly #sought: Set<SoughtLease> = new Set();

  /** @param pool - its name */
  constructor(pool: string, chooser: Chooser, clock: Clock, rules: LenderRules['queue']) {
    this.#pool = pool;
    this.chooser = chooser;
    this.#clock = clock;
    this.#rules = rules;
    this.#wantsLatency = chooser.strategy.name === 'peak-ewma';
    this.queue = new LeaseQueue(this, clock);
    this.counters = new PoolCounters(clock.now());
  }

  /** Clients that wait: in the queue, or for a sticky store. */
  get waiting(): number {
    return this.queue.length + this.#sought.size;
  }

  get stickiness(): Stickiness | undefined {
    return this.#stickiness;
  }

  get requestCookie(): RequestCookie | undefined {
    return this.#stickiness?.requestCookie;
  }

  /** Keeps clients with their members from now on, or no longer. */
  bindBy(stickiness: Stickiness | undefined): void {
    if (stickiness === this.#stickiness) return;
    this.#stickiness = stickiness;
    stickiness?.begin();
  }

  /** Chooses among these members from now on. */
  use(members: readonly PooledMember[], tables: Tables): void {
    this.chooser.use(members, tables);
    this.#stickiness?.use(members);
  }

  /** Takes other rules; who queues already keeps its deadline. */
  configure(strategy: Strategy, rules: LenderRules): void {
    this.#rules = rules.queue;
    this.#wantsLatency = strategy.name === 'peak-ewma';
    this.chooser.configure(strategy, rules);
  }

  acquire(context: PickContext): Lease | Refusal | PendingLease {
    if (context.tried.length === 0) this.counters.asked++;
    const answer = this.#answer(context);
    if (answer.kind === 'refusal') this.counters.refused++;
    if (pickChannel.hasSubscribers && answer.kind !== 'pending') this.#report(context, answer, 0);
    return answer;
  }

  #answer(context: PickContext): Lease | Refusal | PendingLease {
    if (this.#isClosed) return CLOSED;
    const stickiness = this.#stickiness;
    if (stickiness === undefined) return this.#serve(context, undefined);
    const found = stickiness.find(context);
    return found instanceof Binding ? this.#serve(context, found) : this.#seek(context, found);
  }

  tryAgain(context: QueuedContext): Lease | Refusal | PooledMember | undefined {
    const { binding } = context;
    if (binding !== undefined && binding.home === undefined) binding.owner.recall(binding);
    return this.#choose(context, binding);
  }

  onFound(place: SoughtLease, binding: Binding): Lease | Refusal | PendingLease {
    const answer = this.#isClosed ? CLOSED : this.#serve(place.context, binding);
    if (pickChannel.hasSubscribers && answer.kind !== 'pending')
      this.#report(place.context, answer, 0);
    return answer;
  }

  onSettled(place: SoughtLease): void {
    this.#sought.delete(place);
  }

  #serve(context: PickContext, binding: Binding | undefined): Lease | Refusal | PendingLease {
    const answer = this.#choose(context, binding);
    if (answer === undefined || answer instanceof PooledMember)
      return this.#enqueue(context, answer, binding);
    return answer;
  }

  /** A lease, a reason to refuse, the full member that the client belongs to, or undefined: all are full. */
  #choose(
    context: PickContext,
    binding: Binding | undefined,
  ): Lease | Refusal | PooledMember | undefined {
    const { chooser } = this;
    const home = binding?.home;
    let isAway = false;
    if (home === undefined) {
      if (chooser.isHomeDown(context)) return MEMBER_DOWN;
    } else {
      const isTried = context.tried.includes(home);
      if (!isTried && chooser.servesOwn(home, context.nowMs))
        return home.isFull ? home : this.#lend(home, binding, false);
      const { onMemberDown } = chooser.rules;
      if (!home.hasLeft && onMemberDown === 'refuse') return MEMBER_DOWN;
      // It only has not been checked yet: nothing says that its clients must move.
      isAway = !home.hasLeft && (onMemberDown === 'keep' || home.awaitsFirstCheck);
    }
    const member = chooser.choose(context);
    if (member !== undefined) return member.isFull ? member : this.#lend(member, binding, isAway);
    return chooser.hasCandidate(context) ? undefined : this.#refuse(context, binding);
  }

  /** Lets a client wait for a store. */
  #seek(context: PickContext, lookup: OpenLookup): PendingLease {
    const place = new SoughtLease(context, this);
    this.#sought.add(place);
    lookup.join(place);
    return place;
  }

  onServed(place: QueuedLease, answer: Lease | Refusal): void {
    if (answer.kind === 'refusal' && answer.reason !== 'cancelled') this.counters.refused++;
    if (!pickChannel.hasSubscribers) return;
    this.#report(place.context, answer, this.#clock.now() - place.since);
  }

  onRelease(lease: PoolLease, outcome: Outcome, status: number): void {
    const { member } = lease;
    const isFailure = isMemberFailure(outcome, status);
    const { totals } = member.state;
    if (isFailure) totals.failed++;
    if (outcome !== 'ok') totals[COUNTED_AS[outcome]]++;
    else if (status > 0) totals.answers.count(status);
    if (this.#wantsLatency && lease.startedAt > 0) this.#observe(lease, outcome, isFailure);
    // What the client cut short says nothing: it must not end a row of failures either.
    if (this.ejector !== undefined && outcome !== 'aborted')
      this.ejector.onOutcome(member, isFailure);
    if (member.drains !== undefined) for (const drain of member.drains) drain.onRelease();
    if (!this.#isClosed) this.queue.onPlace(member);
  }

  /** Something flipped: marks anew who serves, then asks the queue. */
  refresh(): void {
    const nowMs = this.#clock.now();
    this.chooser.refresh(nowMs);
    this.counters.setServing(this.chooser.serving.mode !== 'none', nowMs);
    if (!this.#isClosed) this.queue.onFlip();
  }

  /** Lends nothing any more; open leases end as they would. */
  close(): void {
    this.#isClosed = true;
    this.queue.refuseAll('closed');
    for (const place of this.#sought) place.settle(CLOSED);
  }

  #lend(member: PooledMember, binding: Binding | undefined, isAway: boolean): Lease {
    member.state.totals.picked++;
    // The context's time is coarse; latency wants the clock's own.
    const lease = new PoolLease(this, member, this.#wantsLatency ? this.#clock.now() : 0);
    // One that queued may come from the time of other settings.
    if (binding !== undefined && binding.owner === this.#stickiness)
      lease.cookie = binding.owner.onLent(binding, member, isAway);
    return lease;
  }

  #enqueue(
    context: PickContext,
    wants: PooledMember | undefined,
    binding: Binding | undefined,
  ): PendingLease | Refusal {
    if (this.queue.length >= this.#rules.max || context.mayQueue === false) return QUEUE_FULL;
    const copy = new QueuedContext(context, binding?.copy());
    this.chooser.showTo(copy);
    copy.seal();
    return this.queue.add(copy, wants, this.#rules.timeout);
  }

  #refuse(context: PickContext, binding: Binding | undefined): Refusal {
    binding?.owner.onRefused(binding);
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
