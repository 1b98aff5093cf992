// Where a table may be kept outside of this process, and how long an answer may take: the same for stickiness and rate limits.
import type { z } from 'zod';
import type { OutsideStoreConfig } from './config.js';
import type { EveryField } from './filled.js';
import { type Duration, duration, milliseconds, text } from './leaf.js';
import { optional } from './shape.js';
import type { SpecNode } from './spec-node.js';

/** How long a store is waited for where nobody says otherwise, ms. */
export const STORE_TIMEOUT_MS = 250;

/** Place of a table. */
export interface OutsideStoreSpec {
  /** `memory`, or the name of a store in the host's `extensions`. @defaultValue 'memory' */
  readonly store?: string;
  /** A store of the host's that takes longer to answer has failed, at least 1 ms. @defaultValue 250ms */
  readonly storeTimeout?: Duration;
}

export const storeShape: {
  readonly store: z.ZodExactOptional<z.ZodType<string>>;
  readonly storeTimeout: z.ZodExactOptional<z.ZodType<Duration>>;
} = {
  store: optional(text, "memory, or a name in the host's extensions. Default memory."),
  storeTimeout: optional(duration(), 'A store that takes longer has failed. Default 250ms.'),
};

/** Writes the place out; in memory there is nothing to wait for. */
export function expandStore({
  store = 'memory',
  storeTimeout = STORE_TIMEOUT_MS,
}: OutsideStoreSpec): EveryField<OutsideStoreConfig> {
  return { store, storeTimeout: store === 'memory' ? undefined : milliseconds(storeTimeout) };
}

/** Reports a time limit for what answers at once. */
export function checkStoreTimeout(table: SpecNode): void {
  const limit = table.get('storeTimeout');
  if (!limit.isPresent || (table.get('store').text ?? 'memory') !== 'memory') return;
  limit.fault("storeTimeout goes with a store of the host's");
}
