// keepalived's configuration as data: lines of words, some with a block; and as text.

/** `vrrp_instance web { ... }`. */
export interface Line {
  readonly words: readonly (string | number)[];
  /** What stands in its braces; absent = a parameter. */
  readonly block?: readonly Line[];
}

/** Words that keepalived reads as they stand. */
const PLAIN = /^[A-Za-z0-9_.:/%+-]+$/;

/** What may stand in double quotes: nothing that is an escape, a variable, a pattern or the end. */
const QUOTABLE = /^[\x20-\x7e]*$/;
const UNSAFE = /["\\$~@`]/;

/** keepalived cuts longer lines, and takes the rest for another. With room for what stands around a text of a user. */
const LONGEST_LINE = 1000;
const LONGEST_TEXT = 700;

/** Whether a text can stand in a line with others: longer ones would be cut. */
export function fitsLine(text: string): boolean {
  return text.length <= LONGEST_TEXT;
}

/** Whether a text can be written, in quotes if need be. */
export function isWritable(text: string): boolean {
  return text !== '' && QUOTABLE.test(text) && !UNSAFE.test(text);
}

/**
 * The text of lines, in order.
 * @throws RangeError for a word or a line that keepalived would read otherwise: a fault of a translator
 */
export function renderLines(lines: readonly Line[], indent = ''): string {
  return lines
    .map(({ words, block }) => {
      const head = indent + words.map(renderWord).join(' ');
      if (head.length > LONGEST_LINE) throw new RangeError(`too long for keepalived: ${head}`);
      if (block === undefined) return `${head}\n`;
      return `${head} {\n${renderLines(block, `${indent}  `)}${indent}}\n`;
    })
    .join('');
}

function renderWord(word: string | number): string {
  const text = String(word);
  if (PLAIN.test(text)) return text;
  if (!isWritable(text)) throw new RangeError(`no word for keepalived: ${JSON.stringify(text)}`);
  return `"${text}"`;
}

/** Seconds, to the millisecond. At least one. */
export function renderSeconds(milliseconds: number): string {
  return String(Math.max(1, Math.round(milliseconds)) / 1000);
}
