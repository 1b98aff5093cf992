// A client address always meets the same member.
import { writeAddressBytes } from '../core/address.js';
import { crc32, fnv1a } from '../core/hash.js';
import type { Member } from '../model/member.js';
import type { PickContext } from '../model/pick-context.js';
import { type HashTable, spread } from './hash-table.js';
import { Maglev } from './maglev.js';
import { ModuloMap } from './modulo.js';
import { Rendezvous } from './rendezvous.js';
import { SlotTable } from './slots.js';
import type { Eligible, Picker, Strategy } from './strategy.js';

/** Up to here rendezvous' O(n) is cheaper than a table of 65,537 slots is worth. */
const MAX_RENDEZVOUS_MEMBERS = 200;

/** How addresses are mapped to members; see docs/strategies.md. */
export type SourceMapping = 'stable' | 'consistent' | 'modulo';

/**
 * - `stable`: slot `crc32(address bytes) mod W` of a table over all configured members; a membership change recalculates it, health never does
 * - `consistent`: rendezvous up to 200 members, Maglev above: a membership change moves few clients too
 * - `modulo`: HAProxy's own map over usable members
 */
export class SourceHash implements Strategy {
  readonly name = 'source-hash';
  readonly isSticky = true;
  readonly #mapping: SourceMapping;

  /** @param mapping - @defaultValue 'stable' */
  constructor(mapping: SourceMapping = 'stable') {
    this.#mapping = mapping;
  }

  build(members: readonly Member[]): Picker {
    if (this.#mapping === 'modulo') return new SourcePicker(new ModuloMap(members), addressNumber);
    if (this.#mapping === 'stable') return new SourcePicker(new SlotTable(members), crc32);
    const isSmall = members.length <= MAX_RENDEZVOUS_MEMBERS;
    return new SourcePicker(isSmall ? new Rendezvous(members) : new Maglev(members), spreadBytes);
  }
}

class SourcePicker implements Picker {
  readonly #table: HashTable;
  readonly #hash: (bytes: Uint8Array, length: number) => number;
  readonly #bytes = new Uint8Array(16);

  constructor(table: HashTable, hash: (bytes: Uint8Array, length: number) => number) {
    this.#table = table;
    this.#hash = hash;
  }

  pick(context: PickContext, isEligible: Eligible): Member | undefined {
    const length = writeAddressBytes(context.source, this.#bytes);
    // In-process callers may name their clients as they like.
    const key = length === 0 ? fnv1a(context.source) : this.#hash(this.#bytes, length);
    return this.#table.find(key, context, isEligible);
  }
}

function spreadBytes(bytes: Uint8Array, length: number): number {
  return spread(crc32(bytes, length));
}

/** The address as HAProxy hashes it: its 32-bit words in network order, xor-ed. */
function addressNumber(bytes: Uint8Array, length: number): number {
  let number = 0;
  for (let i = 0; i < length; i++) number ^= (bytes[i] ?? 0) << (24 - 8 * (i & 3));
  return number >>> 0;
}
