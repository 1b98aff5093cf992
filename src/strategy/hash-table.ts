// What every hash mapping is: a frozen table that knows the member of a key.
import { mix32 } from '../core/hash.js';
import type { Member } from '../model/member.js';
import type { PickContext } from '../model/pick-context.js';
import type { Eligible } from './strategy.js';

/**
 * Built from configured members, so that a health flip changes nothing but who answers for the failed member.
 * Members are known by name: a changed address keeps its clients.
 */
export interface HashTable {
  /**
   * The eligible member a key belongs to, or the one that stands in for it; undefined if none is eligible.
   * @param key - unsigned 32-bit hash
   */
  find(key: number, context: PickContext, isEligible: Eligible): Member | undefined;
}

/** CRC-32 and FNV leave patterns that tables would show; this spreads them over all 32 bits. */
export function spread(hash: number): number {
  return mix32(hash ^ 0x9e3779b9);
}
