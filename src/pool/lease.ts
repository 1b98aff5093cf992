// What a pool answers to `acquire`: a member on loan, a refusal with its reason, or a place in the queue.
import type { Member } from '../model/member.js';
import type { Outcome } from '../model/outcome.js';
import type { AnswerCookie } from '../sticky/answer-cookie.js';

/** Told when the pool wants a lease back: the drain deadline passed, or the member went down with `sessionsOnDown: close`. */
export interface LeaseOwner {
  /** The owner cuts its connection and releases the lease. */
  onRevoke(lease: Lease, reason: string): void;
}

/** One use of one member; release it exactly once. */
export interface Lease {
  readonly kind: 'lease';
  readonly member: Member;
  /** Set by the data path right after `acquire`; without one the lease can't be revoked. */
  owner: LeaseOwner | undefined;
  /** What stickiness does to the head of the answer; undefined = the pool has no sticky cookie. */
  readonly cookie: AnswerCookie | undefined;
  /**
   * Gives the member back and says how it went; a second call does nothing.
   * @param status - HTTP status of the answer, 0 or left out for none
   */
  release(outcome: Outcome, status?: number): void;
}

/**
 * - `no-member`: none is eligible
 * - `member-down`: the client belongs to a member that is down (or was tried already), and `onMemberDown` is `refuse`
 * - `queue-full`, `queue-timeout`: every eligible member is at maxConnections
 * - `all-tried`: every eligible member was tried already for this request
 * - `cancelled`: the caller cancelled while it waited
 * - `closed`: the pool is closed
 */
export type RefusalReason =
  | 'no-member'
  | 'member-down'
  | 'queue-full'
  | 'queue-timeout'
  | 'all-tried'
  | 'cancelled'
  | 'closed';

/** No member for this one. */
export interface Refusal {
  readonly kind: 'refusal';
  readonly reason: RefusalReason;
}

/** A wait, in the queue or for a sticky store. `await` it, or `cancel` when the client leaves. */
export interface PendingLease extends PromiseLike<Lease | Refusal> {
  readonly kind: 'pending';
  /** Waits no longer; the promise resolves with the refusal `cancelled`, or with a lease to release if one was granted just before. */
  cancel(): void;
}
