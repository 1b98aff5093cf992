// HAProxy's map-based hash: simple and familiar, but a failure moves clients that have nothing to do with it.
import type { Member } from '../model/member.js';
import type { PickContext } from '../model/pick-context.js';
import type { HashTable } from './hash-table.js';
import { fillStaticMap, reduceWeights } from './static-map.js';
import type { Eligible } from './strategy.js';

/**
 * Member = map[key mod W] over the members usable now, W = the sum of their weights. Offered for pools that must agree with HAProxy's default;
 * `stable` keeps innocent clients in place. O(n) per pick, members x W when a member's usability changes.
 * Source: HAProxy `lb_map.c`, `hash-type map-based`.
 */
export class ModuloMap implements HashTable {
  readonly #members: readonly Member[];
  readonly #weights: Int32Array;
  readonly #usableWeights: Int32Array;
  readonly #slots: Int32Array;
  #size = 0;

  constructor(members: readonly Member[]) {
    this.#members = members;
    this.#weights = reduceWeights(members.map(({ state }) => state.hashWeight));
    this.#usableWeights = new Int32Array(members.length);
    this.#slots = new Int32Array(this.#weights.reduce((sum, weight) => sum + weight, 0));
  }

  find(key: number, context: PickContext, isEligible: Eligible): Member | undefined {
    if (this.#refresh(context, isEligible)) {
      this.#size = fillStaticMap(this.#usableWeights, this.#slots);
    }
    // A member already tried stays in the map; the next slots stand in for it.
    let slot = key % this.#size;
    for (let step = 0; step < this.#size; step++, slot++) {
      if (slot >= this.#size) slot = 0;
      const member = this.#members[this.#slots[slot] ?? -1];
      if (member !== undefined && isEligible(member)) return member;
    }
    return undefined;
  }

  /** Compares who is usable with the last pick; true if the map has to be made anew. */
  #refresh({ tried }: PickContext, isEligible: Eligible): boolean {
    let hasChanged = false;
    for (let i = 0; i < this.#members.length; i++) {
      const member = this.#members[i];
      if (member === undefined || (tried.length > 0 && tried.includes(member))) continue;
      const weight = isEligible(member) ? (this.#weights[i] ?? 0) : 0;
      if (this.#usableWeights[i] === weight) continue;
      this.#usableWeights[i] = weight;
      hasChanged = true;
    }
    return hasChanged;
  }
}
