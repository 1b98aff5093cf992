// Name and value of a line of an HTTP/1.1 head, as HTTP/2 has them.
import { CONNECTION_FIELDS } from './field-check.js';

/** Names that were seen, in lower case; '' = left out. Most heads have the same few. */
const names: Map<string, string> = new Map();
const MAX_NAMES = 512;
const MAX_NAME_LENGTH = 64;

/** A name in lower case; '' = it speaks of the connection, and is left out. */
export function fieldName(text: string): string {
  const known = names.get(text);
  if (known !== undefined) return known;
  const lower = text.toLowerCase();
  const name = CONNECTION_FIELDS.has(lower) ? '' : Buffer.from(lower, 'latin1').toString('latin1');
  if (names.size < MAX_NAMES && text.length <= MAX_NAME_LENGTH) {
    // A copy: a slice would keep the whole head alive.
    names.set(Buffer.from(text, 'latin1').toString('latin1'), name);
  }
  return name;
}

/** `text[from..to)` without the blanks around it. Most values have one space before and none behind. */
export function fieldValue(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}
