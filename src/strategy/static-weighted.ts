// Weighted turns from a table made once: HAProxy's static-rr.
import type { Member } from '../model/member.js';
import type { PickContext } from '../model/pick-context.js';
import { fillStaticMap, reduceWeights } from './static-map.js';
import type { Eligible, Picker, Strategy } from './strategy.js';

/**
 * Walks one round of slots over and over: weights 3, 2, 1 are served `s1 s1 s2 s1 s2 s3`. O(1) per pick while all are well.
 * Ignores slow start, as its model does: the table knows configured weights only.
 * Source: HAProxy `balance static-rr`.
 */
export class StaticWeighted implements Strategy {
  readonly name = 'static-weighted';

  build(members: readonly Member[], previous?: Picker): Picker {
    const weights = reduceWeights(members.map((member) => member.state.weight));
    const slots = new Int32Array(weights.reduce((sum, weight) => sum + weight, 0));
    fillStaticMap(weights, slots);
    const before = previous instanceof StaticWeightedPicker ? previous : undefined;
    return new StaticWeightedPicker(members, slots, before);
  }
}

class StaticWeightedPicker implements Picker {
  readonly #members: readonly Member[];
  readonly #slots: Int32Array;
  #next = 0;

  /** @param before - its place is kept if the round is still as long */
  constructor(members: readonly Member[], slots: Int32Array, before?: StaticWeightedPicker) {
    this.#members = members;
    this.#slots = slots;
    if (before !== undefined) this.#next = before.#placeIn(members, slots);
  }

  pick(_context: PickContext, isEligible: Eligible): Member | undefined {
    const { length } = this.#slots;
    for (let turn = 0; turn < length; turn++) {
      const slot = this.#next < length ? this.#next : 0;
      this.#next = slot + 1;
      const member = this.#members[this.#slots[slot] ?? -1];
      if (member !== undefined && isEligible(member)) return member;
    }
    return undefined;
  }

  /** The slot of the new round that comes after as many turns of the same member as the old place did. */
  #placeIn(members: readonly Member[], slots: Int32Array): number {
    const at = this.#next < this.#slots.length ? this.#next : 0;
    const owner = this.#slots[at] ?? -1;
    let turns = 0;
    for (let slot = 0; slot < at; slot++) if (this.#slots[slot] === owner) turns++;
    const index = members.findIndex(({ name }) => name === this.#members[owner]?.name);
    const places = [...slots.keys()].filter((slot) => slots[slot] === index);
    return places[turns] ?? places.at(-1) ?? 0;
  }
}
