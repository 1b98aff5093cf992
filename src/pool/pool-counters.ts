// What a pool counts over everybody who is or was in it: totals never go back when a member leaves.

import type { PoolTotals } from '../model/status.js';
import { MemberCounters } from '../model/totals.js';
import type { PooledMember } from './pooled-member.js';

/** @internal The counters of one pool. */
export class PoolCounters {
  /** First questions: not those of a try after the first. */
  asked = 0;
  /** Questions that nobody was lent for. */
  refused = 0;
  /** Monotonic ms at which it began or ceased to serve. */
  servingAt: number;
  readonly #gone: MemberCounters = new MemberCounters();
  /** Taken out, but with work still in flight. */
  readonly #leaving: Set<PooledMember> = new Set();
  #isServing: boolean | undefined = undefined;
  #wentDown = 0;
  #downMs = 0;

  constructor(nowMs: number) {
    this.servingAt = nowMs;
  }

  /** Whether anybody serves now; an outage is counted from the first moment on. */
  setServing(isServing: boolean, nowMs: number): void {
    if (isServing === this.#isServing) return;
    if (this.#isServing === false) this.#downMs += nowMs - this.servingAt;
    if (this.#isServing === true) this.#wentDown++;
    this.#isServing = isServing;
    this.servingAt = nowMs;
  }

  /** A member was taken out. */
  onLeaving(member: PooledMember): void {
    this.#leaving.add(member);
  }

  /** Its work has ended, or is waited for no longer. */
  onGone(member: PooledMember): void {
    if (this.#leaving.delete(member)) this.#gone.add(member.state.totals);
  }

  /** Everything at this moment, frozen. O(members). */
  snapshot(members: readonly PooledMember[], nowMs: number): PoolTotals {
    const sum = new MemberCounters();
    sum.add(this.#gone);
    for (const { state } of this.#leaving) sum.add(state.totals);
    for (const { state } of members) sum.add(state.totals);
    const outageMs = this.#isServing === false ? nowMs - this.servingAt : 0;
    return Object.freeze({
      ...sum.snapshot(),
      wentDown: this.#wentDown,
      downMs: this.#downMs + outageMs,
      asked: this.asked,
      refused: this.refused,
    });
  }
}
