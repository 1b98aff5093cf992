// Rendezvous hashing: every member scores every key, the highest score owns it.
import { fnv1a, mix32 } from '../core/hash.js';
import type { Member } from '../model/member.js';
import type { PickContext } from '../model/pick-context.js';
import { byName } from '../model/slot-table.js';
import type { HashTable } from './hash-table.js';
import type { Eligible } from './strategy.js';

/**
 * Moves the least that can be moved, weights are exact, and a failed member's keys go to their own second choice each,
 * so that they spread over all others. O(n) per pick; no table.
 * Source: Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit Rates"; weights by `-w / ln(u)` (Schindelhauer and Schomaker).
 */
export class Rendezvous implements HashTable {
  readonly #members: readonly Member[];
  readonly #seeds: Uint32Array;
  readonly #weights: Float64Array;
  readonly #hasEqualWeights: boolean;

  constructor(members: readonly Member[]) {
    this.#members = [...members].sort(byName);
    this.#seeds = Uint32Array.from(this.#members, ({ name }) => mix32(fnv1a(name)));
    this.#weights = Float64Array.from(this.#members, ({ state }) => state.hashWeight);
    this.#hasEqualWeights = this.#weights.every((weight) => weight === this.#weights[0]);
  }

  find(key: number, _context: PickContext, isEligible: Eligible): Member | undefined {
    let best: Member | undefined;
    let bestScore = -1;
    for (let i = 0; i < this.#members.length; i++) {
      const hash = mix32(key ^ (this.#seeds[i] ?? 0));
      // Among equal weights the hash itself has the same order as the score, without the logarithm.
      const score = this.#hasEqualWeights
        ? hash
        : -(this.#weights[i] ?? 0) / Math.log((hash + 0.5) / 4294967296);
      if (score <= bestScore) continue;
      const member = this.#members[i];
      if (member === undefined || !isEligible(member)) continue;
      best = member;
      bestScore = score;
    }
    return best;
  }
}
