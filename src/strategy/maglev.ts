// Maglev hashing: a big table of slots that members fill in turns, O(1) per pick.
import { fnv1a, mix32 } from '../core/hash.js';
import type { Member } from '../model/member.js';
import type { PickContext } from '../model/pick-context.js';
import { byName } from '../model/slot-table.js';
import type { HashTable } from './hash-table.js';
import { Rendezvous } from './rendezvous.js';
import type { Eligible } from './strategy.js';

/** Slots, a prime; the larger one keeps at least 100 slots per member up to 6,553 members. */
const SLOTS = 65_537;
const MANY_SLOTS = 655_373;

/**
 * Very even; a removed member's keys move, and a few others with them (rendezvous and ketama move none).
 * A failed member's keys go to their rendezvous choice among the others.
 * Source: Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer", section 3.4; weights by turns as in Envoy `maglev_lb.cc`.
 */
export class Maglev implements HashTable {
  readonly #members: readonly Member[];
  readonly #slots: Uint32Array;
  readonly #standIn: Rendezvous;

  constructor(members: readonly Member[]) {
    this.#members = [...members].sort(byName);
    this.#slots = fillSlots(this.#members);
    this.#standIn = new Rendezvous(members);
  }

  find(key: number, context: PickContext, isEligible: Eligible): Member | undefined {
    const owner = this.#members[this.#slots[key % this.#slots.length] ?? 0];
    if (owner !== undefined && isEligible(owner)) return owner;
    return this.#standIn.find(key, context, isEligible);
  }
}

/** Each member walks its own permutation `(offset + j * skip) mod M` and takes the next free slot at its turn. */
function fillSlots(members: readonly Member[]): Uint32Array {
  const size = members.length * 100 <= SLOTS ? SLOTS : MANY_SLOTS;
  const slots = new Uint32Array(size);
  if (members.length === 0) return slots;
  const isTaken = new Uint8Array(size);
  const hashes = members.map(({ name }) => fnv1a(name));
  const position = Float64Array.from(hashes, (hash) => mix32(hash) % size);
  const skip = Float64Array.from(hashes, (hash) => (mix32(hash ^ 0x5bd1e995) % (size - 1)) + 1);
  const weights = members.map(({ state }) => state.hashWeight);
  const maxWeight = Math.max(...weights);
  const dueAt = new Float64Array(members.length);
  for (let turn = 1, taken = 0; taken < size; turn++) {
    for (let i = 0; i < members.length && taken < size; i++) {
      // The heaviest member takes a slot each turn, one of a third of its weight every third turn.
      if (turn * (weights[i] ?? 0) < (dueAt[i] ?? 0)) continue;
      dueAt[i] = (dueAt[i] ?? 0) + maxWeight;
      let at = position[i] ?? 0;
      while (isTaken[at] === 1) at = (at + (skip[i] ?? 1)) % size;
      isTaken[at] = 1;
      slots[at] = i;
      position[i] = at;
      taken++;
    }
  }
  return slots;
}
