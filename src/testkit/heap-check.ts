// Whether picks leave garbage: they run millions of times, so they should not.

import type { CheckInput, Finding } from './strategy-checks.js';
import { createMembers, everyone, SyntheticClient } from './synthetic-traffic.js';

/** So that the code is optimised before it is measured. */
const WARM_UP_PICKS = 30_000;
/** Few enough that the collector has no reason to run in the middle of a round. */
const PICKS = 3_000;
const ROUNDS = 9;
/** Numbers that the engine boxes are let pass; a closure, an array or an iterator per pick is not. */
const MAX_BYTES_PER_PICK = 48;

/** Measures bytes allocated per pick; undefined without `node --expose-gc`. */
export function checkHeap({ create }: CheckInput): Finding | undefined {
  const { gc } = globalThis;
  if (gc === undefined) return undefined;
  const picker = create().build(createMembers([3, 2, 1, 1, 1]));
  const client = new SyntheticClient().become(1);
  for (let i = 0; i < WARM_UP_PICKS; i++) picker.pick(client, everyone);
  const rounds = new Float64Array(ROUNDS);
  for (let round = 0; round < ROUNDS; round++) {
    gc();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < PICKS; i++) picker.pick(client, everyone);
    rounds[round] = (process.memoryUsage().heapUsed - before) / PICKS;
  }
  // The median: the process does other things too.
  const bytes = Math.max(0, rounds.sort()[ROUNDS >> 1] ?? 0);
  return {
    ok: bytes <= MAX_BYTES_PER_PICK,
    detail: `${bytes.toFixed(1)} bytes allocated per pick (at most ${MAX_BYTES_PER_PICK})`,
  };
}
