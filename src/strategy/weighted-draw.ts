// Draws members at random in proportion to their weight; what the random strategies are made of.
import type { Random } from '../core/random.js';
import type { Member } from '../model/member.js';
import type { Eligible } from './strategy.js';

/** Draws before the exact search over all members: enough unless most of them are ineligible. */
const ATTEMPTS = 8;

/** A frozen table of cumulative weights. A draw is O(log n), O(1) for equal weights, O(n) when most members are ineligible. */
export class WeightedDraw {
  readonly hasEqualWeights: boolean;
  readonly #members: readonly Member[];
  readonly #random: Random;
  /** `sums[i]` = weights of members 0 to i. */
  readonly #sums: Float64Array;
  readonly #total: number;

  constructor(members: readonly Member[], random: Random) {
    this.#members = members;
    this.#random = random;
    this.#sums = new Float64Array(members.length);
    let total = 0;
    for (const [i, member] of members.entries()) {
      total += member.state.weight;
      this.#sums[i] = total;
    }
    this.#total = total;
    this.hasEqualWeights = members.every(({ state }) => state.weight === members[0]?.state.weight);
  }

  /**
   * One eligible member, each as likely as its effective weight (slow start included), or undefined when there is none.
   * @param except - this one is not drawn
   */
  draw(nowMs: number, isEligible: Eligible, except?: Member): Member | undefined {
    // Rejecting what may not be used leaves the rest in proportion.
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const member = this.#members[this.#drawIndex()];
      if (member === undefined || member === except || !isEligible(member)) continue;
      const { slowStartAt, weight } = member.state;
      if (slowStartAt < 0 || this.#random.next() * weight < member.effectiveWeight(nowMs))
        return member;
    }
    return this.#search(nowMs, isEligible, except);
  }

  #drawIndex(): number {
    const { length } = this.#members;
    if (this.hasEqualWeights) return Math.floor(this.#random.next() * length);
    const target = this.#random.next() * this.#total;
    let low = 0;
    let high = length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (target < (this.#sums[middle] ?? 0)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Weighted reservoir of one: each eligible member replaces the choice with probability weight / weights so far. */
  #search(nowMs: number, isEligible: Eligible, except?: Member): Member | undefined {
    let choice: Member | undefined;
    let total = 0;
    for (let i = 0; i < this.#members.length; i++) {
      const member = this.#members[i];
      if (member === undefined || member === except || !isEligible(member)) continue;
      const weight = member.effectiveWeight(nowMs);
      total += weight;
      if (choice === undefined || this.#random.next() * total < weight) choice = member;
    }
    return choice;
  }
}
