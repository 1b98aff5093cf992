// Round robin over members of equal weight: one cursor, O(1) per pick.
import type { Member } from '../model/member.js';
import type { PickContext } from '../model/pick-context.js';
import type { Eligible, Picker } from './strategy.js';

/**
 * Smooth weighted round robin with equal weights is plain turns, so no scores are needed.
 * A member in slow start lets turns pass: each turn adds `effective weight / weight` to its credit, and it serves at 1.
 */
export class CyclicPicker implements Picker {
  readonly members: readonly Member[];
  readonly #credit: Float64Array;
  #next: number;

  /** @param next - index of the member whose turn is first */
  constructor(members: readonly Member[], next: number) {
    this.members = members;
    this.#credit = new Float64Array(members.length);
    this.#next = next;
  }

  pick(context: PickContext, isEligible: Eligible): Member | undefined {
    const { length } = this.members;
    let ramping = -1;
    for (let turn = 0; turn < length; turn++) {
      const index = this.#next < length ? this.#next : 0;
      this.#next = index + 1;
      const member = this.members[index];
      if (member === undefined || !isEligible(member)) continue;
      if (member.state.slowStartAt < 0 || this.#earns(member, index, context.nowMs)) return member;
      if (ramping < 0) ramping = index;
    }
    if (ramping < 0) return undefined;
    // Only ramping members are left: the first in turn serves.
    this.#next = ramping + 1;
    return this.members[ramping];
  }

  /** The smooth score that stands for this member's place in the turn: what {@link RoundRobin} carries over. */
  scoreOf(index: number): number {
    const weight = this.members[index]?.state.weight ?? 0;
    return (index < this.#next ? this.#next - this.members.length : this.#next) * weight;
  }

  #earns(member: Member, index: number, nowMs: number): boolean {
    const share = member.effectiveWeight(nowMs) / member.state.weight;
    const credit = (this.#credit[index] ?? 0) + share;
    this.#credit[index] = credit >= 1 ? credit - 1 : credit;
    return credit >= 1;
  }
}
