// The stable mapping: one slot per weight unit over all configured members.
import type { Member } from '../model/member.js';
import type { PickContext } from '../model/pick-context.js';
import { buildSlotRanges } from '../model/slot-table.js';
import { type HashTable, spread } from './hash-table.js';
import { Rendezvous } from './rendezvous.js';
import type { Eligible } from './strategy.js';

/**
 * Owner = slot[key mod W]. A failed member's clients go to their rendezvous choice among the others and come home with it;
 * nobody else moves. O(1) per pick, O(n) for a failed member's clients.
 */
export class SlotTable implements HashTable {
  readonly #slots: readonly Member[];
  readonly #standIn: Rendezvous;

  constructor(members: readonly Member[]) {
    const byName = new Map(members.map((member) => [member.name, member]));
    const ranges = buildSlotRanges(
      members.map(({ name, state }) => ({ name, weight: state.hashWeight })),
    );
    this.#slots = ranges.flatMap(({ name, first, last }) => {
      const member = byName.get(name);
      return member === undefined ? [] : Array.from({ length: last - first + 1 }, () => member);
    });
    this.#standIn = new Rendezvous(members);
  }

  find(key: number, context: PickContext, isEligible: Eligible): Member | undefined {
    const owner = this.#slots[key % this.#slots.length];
    if (owner !== undefined && isEligible(owner)) return owner;
    return this.#standIn.find(spread(key), context, isEligible);
  }
}
