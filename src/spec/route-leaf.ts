// Pieces of routes as the schema checks them: paths to match and to write, patterns.
import type { z } from 'zod';
import { isPlainPath, otherReadings } from '../core/path-readings.js';
import { regexProblem } from '../core/regex.js';
import { leaf } from './leaf.js';
import { expectedGot, show } from './wording.js';

/** Visible ASCII without what ends a path. */
const PATH = /^\/[\x21-\x22\x24-\x3e\x40-\x7e]*$/;

function pathProblem(value: unknown): string | undefined {
  if (typeof value !== 'string' || !value.startsWith('/'))
    return expectedGot('a path that begins with "/"', value);
  if (!PATH.test(value)) {
    return `expected a path of ASCII characters without blanks, "?" and "#" (others percent-encoded: %C3%A9), got ${show(value)}`;
  }
  if (value.endsWith('/*')) {
    return `expected a path without a star: ${show(value.slice(0, -1))} takes everything below it`;
  }
  if (isPlainPath(value)) return undefined;
  const plainest = otherReadings(value).at(-1) ?? '/';
  return `expected a path that everybody reads in the same way, such as ${show(plainest)}, got ${show(value)}`;
}

/** A path to match: one that can be read in one way only. */
export const routePath: z.ZodType<string> = leaf(pathProblem, { type: 'string', pattern: '^/' });

/** A pattern that is matched in linear time, and means the same to other engines. */
export const routeRegex: z.ZodType<string> = leaf(
  (value) => {
    if (typeof value !== 'string') return expectedGot('a regular expression', value);
    const problem = regexProblem(value);
    return problem === undefined ? undefined : `${problem}, got ${show(value)}`;
  },
  { type: 'string', format: 'regex', minLength: 1, maxLength: 1000 },
);

/** What is written in the place of a prefix: a path. */
export const writtenPath: z.ZodType<string> = leaf(
  (value) =>
    typeof value === 'string' && PATH.test(value)
      ? undefined
      : expectedGot('a path of ASCII characters that begins with "/", without "?" and "#"', value),
  { type: 'string', pattern: '^/' },
);

/** What is written in the place of what a pattern matches: a piece of a path, `$1` for its first group. */
export const writtenPiece: z.ZodType<string> = leaf(
  (value) => {
    if (typeof value === 'string' && /\\\d/.test(value))
      return `groups are written $1, not \\1, got ${show(value)}`;
    return typeof value === 'string' && (value === '' || PATH.test(`/${value}`))
      ? undefined
      : expectedGot('a piece of a path: ASCII characters without "?" and "#"', value);
  },
  { type: 'string' },
);
