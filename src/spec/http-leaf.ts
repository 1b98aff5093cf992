// Pieces of HTTP as the schema checks them: names, values, methods, paths, statuses.
import type { z } from 'zod';
import { leaf, textLeaf } from './leaf.js';
import { expectedGot } from './wording.js';

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
