// The smallest pieces of the schema: one checked value each, with its message and its JSON Schema.
import { z } from 'zod';
import { parseDuration, parseSize, renderDuration } from '../core/duration.js';
import { describe, type JsonSchema } from './shape.js';
import { expectedGot, show } from './wording.js';

/** Milliseconds as a number, or `"250ms" "5s" "1m" "2h" "30d" "1y"` (365 days). */
export type Duration = number | string;

/** Bytes as a number, or `"16KiB"`, `"1MiB"`, `"1GiB"`. */
export type Size = number | string;

/** What is wrong with a value, as a sentence; undefined = nothing. */
type Problem = (value: unknown) => string | undefined;

/** A value that is right when `problem` says so; `json` is what editors know about it. */
export function leaf<T>(problem: Problem, json: JsonSchema): z.ZodType<T> {
  const schema = z.custom<T>((value) => problem(value) === undefined, {
    error: (issue) => problem(issue.input) ?? 'is invalid',
  });
  return describe(schema, json);
}

/** A string that passes `test`; `what` completes "expected ...". */
export function textLeaf(
  what: string,
  test: (text: string) => boolean,
  json: JsonSchema = {},
): z.ZodType<string> {
  return leaf(
    (value) => (typeof value === 'string' && test(value) ? undefined : expectedGot(what, value)),
    { type: 'string', ...json },
  );
}

/** Any text of at least one character. */
export const text: z.ZodType<string> = textLeaf('a text', (value) => value !== '', {
  minLength: 1,
});

/** Any text, also the empty one. */
export const anyText: z.ZodType<string> = textLeaf('a text', () => true);

/** `true` or `false`. */
export const flag: z.ZodType<boolean> = leaf(
  (value) => (typeof value === 'boolean' ? undefined : expectedGot('true or false', value)),
  { type: 'boolean' },
);

/** A whole number in a range, both ends included. */
export function integer(
  minimum: number,
  maximum: number = Number.MAX_SAFE_INTEGER,
): z.ZodType<number> {
  const range =
    maximum === Number.MAX_SAFE_INTEGER
      ? `of at least ${minimum}`
      : `from ${minimum} to ${maximum}`;
  return leaf(
    (value) =>
      Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum
        ? undefined
        : expectedGot(`a whole number ${range}`, value),
    { type: 'integer', minimum, ...(maximum !== Number.MAX_SAFE_INTEGER && { maximum }) },
  );
}

/** A percentage, 0-100; fractions allowed. */
export const percent: z.ZodType<number> = leaf(
  (value) =>
    typeof value === 'number' && value >= 0 && value <= 100
      ? undefined
      : expectedGot('a percentage from 0 to 100', value),
  { type: 'number', minimum: 0, maximum: 100 },
);

/** A number strictly above `bound`. */
export function numberAbove(bound: number): z.ZodType<number> {
  return leaf(
    (value) =>
      typeof value === 'number' && Number.isFinite(value) && value > bound
        ? undefined
        : expectedGot(`a number above ${bound}`, value),
    { type: 'number', exclusiveMinimum: bound },
  );
}

/** A port to connect to. */
export const port: z.ZodType<number> = integer(1, 65_535);

const DURATION_PATTERN = '^\\d+(\\.\\d+)?(ms|s|m|h|d|y)$';
/** The longest time a timer of the runtime can wait is 2^31 - 1 ms. */
const LONGEST_TIMER_MS = 24 * 86_400_000;

/**
 * A duration between two bounds in milliseconds, both included.
 * The lower bound is 1 ms unless told otherwise; the upper one is what a timer can wait, 24 days.
 */
export function duration(bounds: { min?: number; max?: number } = {}): z.ZodType<Duration> {
  const { min = 1, max = LONGEST_TIMER_MS } = bounds;
  return leaf(
    (value) => {
      const ms =
        typeof value === 'number' || typeof value === 'string' ? parseDuration(value) : undefined;
      if (ms === undefined)
        return expectedGot('a duration such as "250ms", "5s" or a number of milliseconds', value);
      if (ms < min) return `must be at least ${renderDuration(min)}, got ${show(value)}`;
      if (ms > max) return `must be at most ${renderDuration(max)}, got ${show(value)}`;
      return undefined;
    },
    { type: ['number', 'string'], minimum: min, pattern: DURATION_PATTERN },
  );
}

/** A duration that no timer waits for: an age in a header or a cookie. */
export const age: z.ZodType<Duration> = duration({ min: 0, max: Number.MAX_SAFE_INTEGER });

/** Milliseconds of a duration that was checked before. */
export function milliseconds(value: Duration): number {
  return parseDuration(value) ?? Number.NaN;
}

/** A size of at least `min` bytes. */
export function size(min: number): z.ZodType<Size> {
  return leaf(
    (value) => {
      const bytes =
        typeof value === 'number' || typeof value === 'string' ? parseSize(value) : undefined;
      if (bytes === undefined)
        return expectedGot('a size such as "16KiB" or a whole number of bytes', value);
      return bytes < min ? `must be at least ${min} bytes, got ${show(value)}` : undefined;
    },
    { type: ['integer', 'string'], minimum: min, pattern: '^\\d+(\\.\\d+)?(B|KiB|MiB|GiB|TiB)?$' },
  );
}

/** Bytes of a size that was checked before. */
export function bytes(value: Size): number {
  return parseSize(value) ?? Number.NaN;
}

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Whether a text is a name of the spec: `[a-z0-9]` with inner `-`, at most 63. */
export function isName(value: string): boolean {
  return NAME.test(value);
}

/** A name that others refer to. */
export const name: z.ZodType<string> = textLeaf(
  'a name of a-z, 0-9 and inner "-", at most 63 characters',
  isName,
  { pattern: NAME.source },
);

/** The name of something defined elsewhere; whether it exists is a rule, not a shape. */
export const reference: z.ZodType<string> = textLeaf('a name', (value) => value !== '', {
  minLength: 1,
});

/** Something that compiles as a JavaScript regular expression. */
export const regex: z.ZodType<string> = leaf(
  (value) => {
    if (typeof value !== 'string' || value === '')
      return expectedGot('a regular expression', value);
    try {
      void new RegExp(value);
      return undefined;
    } catch (error) {
      const reason = error instanceof Error ? error.message.replace(/^.*: /, '') : 'unknown';
      return `is no regular expression (${reason}), got ${show(value)}`;
    }
  },
  { type: 'string', format: 'regex' },
);

/** Bytes written in hexadecimal: an even number of digits. */
export const hexBytes: z.ZodType<string> = textLeaf(
  'an even number of hexadecimal digits',
  (value) => /^(?:[0-9A-Fa-f]{2})+$/.test(value),
  { pattern: '^([0-9A-Fa-f]{2})+$' },
);

/** The name of an environment variable. */
export const variable: z.ZodType<string> = textLeaf(
  'the name of an environment variable',
  (value) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(value),
);
