// Ketama: a ring of points, the next point clockwise owns the key.
import { crc32, mix32 } from '../core/hash.js';
import type { Member } from '../model/member.js';
import type { PickContext } from '../model/pick-context.js';
import { byName } from '../model/slot-table.js';
import type { HashTable } from './hash-table.js';
import { Rendezvous } from './rendezvous.js';
import type { Eligible } from './strategy.js';

const POINTS_PER_WEIGHT = 160;
/** Larger rings are thinned by halves: 1,000 members of weight 256 would otherwise need 41 million points. */
const MAX_POINTS = 1 << 20;
/** Points looked at for a failed member's key before rendezvous decides (nginx gives up after 20 too). */
const MAX_STEPS = 20;

/**
 * Known from memcached clients; shares differ by some 10 % at weight 1. A removed member's keys move and no others. O(log points) per pick.
 * Source: nginx `ngx_http_upstream_hash_module.c` (160 points per weight unit, CRC-32 of name and point before),
 * over member names instead of addresses, and with the points mixed.
 */
export class Ketama implements HashTable {
  readonly #members: readonly Member[];
  readonly #points: Uint32Array;
  readonly #owners: Uint32Array;
  readonly #standIn: Rendezvous;

  constructor(members: readonly Member[]) {
    this.#members = [...members].sort(byName);
    this.#standIn = new Rendezvous(members);
    const ring = buildRing(this.#members);
    this.#points = Uint32Array.from(ring, (packed) => Math.floor(packed / MAX_POINTS));
    this.#owners = Uint32Array.from(ring, (packed) => packed % MAX_POINTS);
  }

  find(key: number, context: PickContext, isEligible: Eligible): Member | undefined {
    const { length } = this.#points;
    let at = this.#successor(key);
    for (let step = 0; step < MAX_STEPS && step < length; step++, at++) {
      if (at >= length) at = 0;
      const member = this.#members[this.#owners[at] ?? 0];
      if (member !== undefined && isEligible(member)) return member;
    }
    return this.#standIn.find(key, context, isEligible);
  }

  /** Index of the first point at or after the key; past the last one the ring begins again. */
  #successor(key: number): number {
    let low = 0;
    let high = this.#points.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#points[middle] ?? 0) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Sorted `point * 2^20 + owner`: one number each sorts fast, and equal points keep the order of names. */
function buildRing(members: readonly Member[]): Float64Array {
  const weight = members.reduce((sum, { state }) => sum + state.hashWeight, 0);
  let perWeight = POINTS_PER_WEIGHT;
  while (perWeight > 1 && perWeight * weight > MAX_POINTS) perWeight >>= 1;
  const ring = new Float64Array(perWeight * weight);
  let next = 0;
  for (const [owner, { name, state }] of members.entries()) {
    const bytes = new TextEncoder().encode(`${name}\0....`);
    const view = new DataView(bytes.buffer);
    let point = 0;
    for (let count = perWeight * state.hashWeight; count > 0; count--) {
      view.setUint32(bytes.length - 4, point, true);
      point = crc32(bytes);
      // CRC-32 is linear: alone it clusters the points of similar names.
      ring[next++] = mix32(point) * MAX_POINTS + owner;
    }
  }
  return ring.sort();
}
