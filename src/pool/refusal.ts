// The refusals of a pool: one frozen object per reason, so that saying no costs nothing.
import type { Refusal, RefusalReason } from './lease.js';

const REFUSALS: ReadonlyMap<RefusalReason, Refusal> = new Map(
  (
    [
      'no-member',
      'member-down',
      'queue-full',
      'queue-timeout',
      'all-tried',
      'cancelled',
      'closed',
    ] as const
  ).map((reason) => [reason, Object.freeze({ kind: 'refusal' as const, reason })]),
);

/** The refusal with this reason; always the same object. */
export function refusal(reason: RefusalReason): Refusal {
  return REFUSALS.get(reason) ?? { kind: 'refusal', reason };
}
