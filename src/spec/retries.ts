// Further tries on other members: what a user writes, and what it expands to.
import type { z } from 'zod';
import { didYouMean } from '../core/nearest.js';
import type { RetriesConfig, RetryCondition } from './config.js';
import {
  bytes,
  type Duration,
  duration,
  integer,
  leaf,
  milliseconds,
  percent,
  type Size,
  size,
} from './leaf.js';
import { list, type ObjectOf, object, optional } from './shape.js';
import { expectedGot } from './wording.js';

/** What makes a request worth another try: a connection fault, or a status. Resets and statuses: idempotent methods only. */
export type RetryConditionSpec = RetryCondition | number;

/** Further tries, each on a member not yet tried. */
export interface RetriesSpec {
  /** Tries after the first, 0-100; 0 = off. @defaultValue 3 */
  readonly attempts?: number;
  /** http: statuses too; the answer is passed on when nobody else can be asked. @defaultValue `[connect-failure, reset-before-response]` */
  readonly on?: readonly RetryConditionSpec[];
  /** Retries at most, as a share of the requests, 0-100. @defaultValue 20 */
  readonly budgetPercent?: number;
  /** Pause before a try. @defaultValue 25ms */
  readonly backoff?: Duration;
  /** A request body up to this size is kept for a retry. @defaultValue 64KiB */
  readonly bufferBytes?: Size;
}

const FAULTS: readonly string[] = ['connect-failure', 'reset-before-response'];

const condition: z.ZodType<RetryConditionSpec> = leaf(
  (value) => {
    if (typeof value === 'string' && FAULTS.includes(value)) return undefined;
    if (/^[45]\d\d$/.test(String(value)) && typeof value !== 'object') return undefined;
    const what = '"connect-failure", "reset-before-response" or a status such as "503"';
    return `${expectedGot(what, value)}${typeof value === 'string' ? didYouMean(value, FAULTS) : ''}`;
  },
  {
    anyOf: [
      { enum: FAULTS },
      { type: 'string', pattern: '^[45]\\d\\d$' },
      { type: 'integer', minimum: 400, maximum: 599 },
    ],
  },
);

export const retriesSchema: ObjectOf<RetriesSpec> = object<RetriesSpec>(
  {
    attempts: optional(integer(0, 100), 'Tries after the first; 0 = off. Default 3.'),
    on: optional(
      list(condition, 'condition'),
      'Default connect-failure and reset-before-response.',
    ),
    budgetPercent: optional(percent, 'Retries at most, as a share of the requests. Default 20.'),
    backoff: optional(duration({ min: 0 }), 'Pause before a try. Default 25ms.'),
    bufferBytes: optional(size(0), 'Body kept for a retry. Default 64KiB.'),
  },
  { id: 'Retries', description: 'Further tries, each on a member not yet tried.' },
);

/** Writes retries out. */
export function expandRetries(spec: RetriesSpec = {}): RetriesConfig {
  return {
    attempts: spec.attempts ?? 3,
    on: (spec.on ?? ['connect-failure', 'reset-before-response']).map(
      (value) => (typeof value === 'number' ? `${value}` : value) satisfies RetryCondition,
    ),
    budgetPercent: spec.budgetPercent ?? 20,
    backoff: milliseconds(spec.backoff ?? 25),
    bufferBytes: bytes(spec.bufferBytes ?? 65_536),
  };
}
