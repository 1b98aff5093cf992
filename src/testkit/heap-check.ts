// Whether picks leave garbage: they run millions of times, so they should not.

import type { CheckInput, Finding } from './strategy-checks.js';
import { createMembers, everyone, SyntheticClient } from './synthetic-traffic.js';

/** Few enough that the collector has no reason to run in the middle of a round. */
const PICKS = 3_000;
/** The code is optimised somewhere on the way, on a busy machine late. */
const MAX_ROUNDS = 400;
/** Rounds within the bound that settle it: one could be a fluke. */
const ENOUGH_GOOD_ROUNDS = 3;
/** Numbers that the engine boxes are let pass; a closure, an array or an iterator per pick is not. */
const MAX_BYTES_PER_PICK = 48;

/** Measures bytes allocated per pick; undefined without `node --expose-gc`. */
export function checkHeap({ create }: CheckInput): Finding | undefined {
  const { gc } = globalThis;
  if (gc === undefined) return undefined;
  const picker = create().build(createMembers([3, 2, 1, 1, 1]));
  const client = new SyntheticClient().become(1);
  let least = Number.POSITIVE_INFINITY;
  let good = 0;
  for (let round = 0; round < MAX_ROUNDS && good < ENOUGH_GOOD_ROUNDS; round++) {
    // A minor one: picks are young garbage, and a full one takes as long as the process is large.
    gc({ type: 'minor' });
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < PICKS; i++) picker.pick(client, everyone);
    const bytes = (process.memoryUsage().heapUsed - before) / PICKS;
    // Less than before: the collector ran, the round says nothing.
    if (bytes < 0) continue;
    least = Math.min(least, bytes);
    if (bytes <= MAX_BYTES_PER_PICK) good++;
  }
  return {
    ok: good === ENOUGH_GOOD_ROUNDS,
    detail: `${least.toFixed(1)} bytes allocated per pick (at most ${MAX_BYTES_PER_PICK})`,
  };
}
