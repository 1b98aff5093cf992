// Where a redirect may send clients: never to a host of their choosing.
import type { z } from 'zod';
import { leaf } from './leaf.js';
import { templateProblem } from './template.js';
import { expectedGot, show } from './wording.js';

/** Scheme, host and port of an absolute address: literal, or the host that was asked for. */
const ORIGIN =
  /^https?:\/\/(?:[A-Za-z0-9._-]|\{host\}|\{tls\.sni\}|\[[0-9A-Fa-f:.]+\])+(?::\d{1,5})?/;

/** What ends a host: whatever follows can't become a part of it. `{path}` begins with a slash, `{rest}` does or is empty. */
const BEHIND_ORIGIN = /^(?:$|[/?#]|\{path\}|\{rest\}(?:$|[/?#]))/;

/** What is wrong with the template of an address to redirect to, as a sentence; undefined = nothing. */
export function redirectProblem(to: string): string | undefined {
  if (!/^[\x21-\x7e]+$/.test(to)) {
    return expectedGot('an address without blanks and other than ASCII characters', to);
  }
  const unknown = templateProblem(to);
  if (unknown !== undefined) return unknown;
  if (/^https?:\/\//.test(to)) {
    const origin = ORIGIN.exec(to)?.[0];
    if (origin === undefined) return expectedGot('a host behind the scheme', to);
    const behind = to.slice(origin.length);
    return BEHIND_ORIGIN.test(behind)
      ? undefined
      : `what follows the host must begin with "/", {path} or {rest}, got ${show(behind)}`;
  }
  const isPath = /^(?:\/(?![/\\])|\{path\}|\{rest\})/.test(to);
  return isPath
    ? undefined
    : expectedGot('a template that begins with "https://", "http://", "/", {path} or {rest}', to);
}

/** A template of an address to redirect to. */
export const redirectTarget: z.ZodType<string> = leaf(
  (value) =>
    typeof value === 'string' && value !== ''
      ? redirectProblem(value)
      : expectedGot('a template such as "https://{host}/new{rest}"', value),
  { type: 'string', minLength: 1 },
);
