// Ids of a chaos run as values of fields that HPACK leaves as they are.

/**
 * Characters whose Huffman codes have ten bits and more: a value of these alone is never Huffman coded, so that it can be found
 * in a block of fields without decoding it.
 */
const LONG = '!()?+|#>$@[]~^';

/** An id as a value that can be found by `idIn`. */
export function mark(id: string): string {
  const digits = [...Buffer.from(id)].flatMap((byte) => [
    LONG[Math.floor(byte / LONG.length)],
    LONG[byte % LONG.length],
  ]);
  return `{{${digits.join('')}}}`;
}

/** The id that a block of fields has as a mark; undefined = none. */
export function idIn(fields: Buffer): string | undefined {
  const found = /\{\{([!()?+|#>$@[\]~^]+)\}\}/.exec(fields.toString('latin1'))?.[1];
  if (found === undefined) return undefined;
  const bytes: number[] = [];
  for (let at = 0; at < found.length; at += 2) {
    bytes.push(LONG.indexOf(found[at]!) * LONG.length + LONG.indexOf(found[at + 1]!));
  }
  return Buffer.from(bytes).toString();
}
