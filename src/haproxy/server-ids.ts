// Numbers of servers: made from their names, so that a member keeps its place in hash rings whoever comes or goes.
import { crc32 } from '../core/hash.js';
import { byName } from '../model/slot-table.js';
import type { PoolConfig } from '../spec/config.js';

/** HAProxy takes numbers from 1 to 2^31 - 1. */
const HIGHEST = 0x7fff_ffff;

/** The numbers of a pool's servers, by name. The strategy `first` goes by number: there it is the place in the list. */
export function serverIdsOf({ members, strategy }: PoolConfig): ReadonlyMap<string, number> {
  const names = members.map(({ name }) => name);
  if (strategy.type !== 'first') return serverIds(names);
  return new Map(names.map((name, index) => [name, index + 1]));
}

/**
 * A number for each name. Two names with the same CRC-32 are a rare thing; the later one in the order of names takes the next free number.
 */
export function serverIds(names: readonly string[]): ReadonlyMap<string, number> {
  const ids = new Map<string, number>();
  const taken = new Set<number>();
  for (const { name } of names.map((one) => ({ name: one })).sort(byName)) {
    let id = Math.max(1, crc32(Buffer.from(name, 'utf8')) & HIGHEST);
    while (taken.has(id)) id = id === HIGHEST ? 1 : id + 1;
    taken.add(id);
    ids.set(name, id);
  }
  return ids;
}
