// The smallest pieces of the schema: one checked value each, with its message and its JSON Schema.
import { z } from 'zod';
import { isHostName, parseHostPort } from '../core/address.js';
import { parseCidr } from '../core/cidr.js';
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

/** An address to listen on: a port is needed, the host may be left out, port 0 = any free one. */
export const bindAddress: z.ZodType<string> = textLeaf(
  'an address such as "10.0.0.1:8080", "[::1]:8080" or ":443"',
  (value) => parseHostPort(value) !== undefined,
);

/** An address to connect to; the port may come from elsewhere. */
export const memberAddress: z.ZodType<string> = textLeaf(
  'an address such as "10.0.0.1:8080", "[::1]:8080" or "web-1:8080"',
  (value) => {
    const parsed = parseHostPort(value, 1);
    return parsed !== undefined && parsed.host !== '' && parsed.port > 0;
  },
);

/** An address to connect to, port included. */
export const peerAddress: z.ZodType<string> = textLeaf(
  'an address with a port, such as "10.0.0.1:53" or "[::1]:53"',
  (value) => {
    const parsed = parseHostPort(value);
    return parsed !== undefined && parsed.host !== '' && parsed.port > 0;
  },
);

/** A network or a single address. */
export const cidr: z.ZodType<string> = textLeaf(
  'a network such as "10.0.0.0/8" or an IP address',
  (value) => parseCidr(value) !== undefined,
);

/** A network without a prefix is an address. */
function isIpAddress(value: string): boolean {
  return !value.includes('/') && parseCidr(value) !== undefined;
}

/** An IP address. */
export const ipAddress: z.ZodType<string> = textLeaf('an IP address', (value) =>
  isIpAddress(value),
);

/** A host name or an IP address. */
export const hostName: z.ZodType<string> = textLeaf(
  'a host name',
  (value) => isHostName(value) || isIpAddress(value),
);

/** `app.example.com` or `*.example.com`. */
export const hostPattern: z.ZodType<string> = textLeaf(
  'a host name such as "app.example.com" or "*.example.com"',
  (value) => isHostName(value.startsWith('*.') ? value.slice(2) : value) || isIpAddress(value),
);

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Whether a text is a token of HTTP (RFC 9110 5.6.2): header names, methods, cookie names. */
export function isToken(value: string): boolean {
  return TOKEN.test(value);
}

/** A header's name. */
export const headerName: z.ZodType<string> = textLeaf('a header name', isToken, {
  pattern: TOKEN.source,
});

/** A cookie's name. */
export const cookieName: z.ZodType<string> = textLeaf('a cookie name', isToken, {
  pattern: TOKEN.source,
});

/** A request method. */
export const method: z.ZodType<string> = textLeaf('a method such as GET', isToken, {
  pattern: TOKEN.source,
});

/** A header's value: no line ends and no other control characters but tab. */
export const headerValue: z.ZodType<string> = textLeaf(
  'a header value without control characters',
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  (value) => !/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value),
);

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

/** A path of a URL: begins with a slash, has no blanks and no fragment. */
export const urlPath: z.ZodType<string> = textLeaf(
  'a path that begins with "/"',
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  (value) => /^\/[^\s#\u0000-\u001f\u007f]*$/.test(value),
  { pattern: '^/' },
);

const STATUS_ITEM = /^(?:[1-5]xx|[1-5]\d\d(?:-[1-5]\d\d)?)$/;

/** HTTP statuses: `"2xx"`, `"200,204"`, `"200-299"`, `200`. */
export const statuses: z.ZodType<string | number> = leaf(
  (value) => {
    const isOk =
      (typeof value === 'string' || typeof value === 'number') &&
      String(value)
        .split(',')
        .every((item) => STATUS_ITEM.test(item.trim()) && isAscending(item));
    return isOk
      ? undefined
      : expectedGot('HTTP statuses such as "2xx", "200,204" or "200-299"', value);
  },
  { type: ['string', 'integer'] },
);

function isAscending(item: string): boolean {
  const [from = '', to] = item.trim().split('-');
  return to === undefined || Number(from) <= Number(to);
}

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
