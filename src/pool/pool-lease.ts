// A lease as the pool makes it: one small object per use, linked into its member's list.
import type { Outcome } from '../model/outcome.js';
import type { AnswerCookie } from '../sticky/answer-cookie.js';
import type { LeaseOwner } from './lease.js';
import type { LinkedLease, PooledMember } from './pooled-member.js';

/** @internal Who gets a lease back. */
export interface LeaseHome {
  onRelease(lease: PoolLease, outcome: Outcome, status: number): void;
}

/**
 * @internal One use of one member. Never reused: a late second `release` must stay harmless.
 * Invariant: it is in its member's list, and counted in `state.active`, from creation to release.
 */
export class PoolLease implements LinkedLease {
  readonly kind = 'lease' as const;
  readonly member: PooledMember;
  owner: LeaseOwner | undefined = undefined;
  cookie: AnswerCookie | undefined = undefined;
  readonly #home: LeaseHome;
  /** Monotonic ms; 0 where nobody wants the latency. */
  readonly startedAt: number;
  isReleased = false;
  next: LinkedLease | undefined;
  previous: LinkedLease | undefined = undefined;

  constructor(home: LeaseHome, member: PooledMember, startedAt: number) {
    this.#home = home;
    this.member = member;
    this.startedAt = startedAt;
    const head = member.firstLease;
    this.next = head;
    if (head !== undefined) head.previous = this;
    member.firstLease = this;
    member.state.active++;
  }

  release(outcome: Outcome, status = 0): void {
    if (this.isReleased) return;
    this.isReleased = true;
    const { member, next, previous } = this;
    if (previous === undefined) member.firstLease = next;
    else previous.next = next;
    if (next !== undefined) next.previous = previous;
    this.next = undefined;
    this.previous = undefined;
    member.state.active--;
    this.#home.onRelease(this, outcome, status);
  }
}
