// Byte classes of HTTP/1.1 grammar, as one table of bits: the scanners' inner loops are a table read and a mask.

/** `tchar` of RFC 9110 5.6.2: methods and field names. */
export const TOKEN = 1;
/** Bytes of a field value: tab, space, visible ASCII and obs-text (RFC 9110 5.5). */
export const VALUE = 2;
/** Bytes of a request target: visible ASCII without `#`. */
export const TARGET = 4;
/** `unreserved` and `sub-delims` of RFC 3986: the plain bytes of a registered name. */
export const NAME = 8;
/** Hexadecimal digits. */
export const HEX = 16;
/** Decimal digits. */
export const DIGIT = 32;

/** The class bits of every byte. Byte 0 has none, so a 0 behind the data ends every scan. */
export const CLASS: Uint8Array = buildTable();

/** Value of a hexadecimal digit; 255 for every other byte. */
export const HEX_VALUE: Uint8Array = buildHexValues();

function buildTable(): Uint8Array {
  const table = new Uint8Array(256);
  const mark = (bytes: string, bit: number): void => {
    for (const byte of Buffer.from(bytes, 'latin1')) table[byte]! |= bit;
  };
  const digits = '0123456789';
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
  mark(`!#$%&'*+-.^_\`|~${digits}${letters}`, TOKEN);
  mark(`-._~!$&'()*+,;=${digits}${letters}`, NAME);
  mark(`${digits}abcdefABCDEF`, HEX);
  mark(digits, DIGIT);
  for (let byte = 0; byte < 256; byte++) {
    if (byte === 9 || (byte >= 32 && byte !== 127)) table[byte]! |= VALUE;
    if (byte > 32 && byte < 127 && byte !== 35) table[byte]! |= TARGET;
  }
  return table;
}

function buildHexValues(): Uint8Array {
  const table = new Uint8Array(256).fill(255);
  for (let value = 0; value < 16; value++) {
    const digit = value.toString(16);
    table[digit.charCodeAt(0)] = value;
    table[digit.toUpperCase().charCodeAt(0)] = value;
  }
  return table;
}

export const TAB = 9;
export const LF = 10;
export const CR = 13;
export const SPACE = 32;
export const COMMA = 44;
export const COLON = 58;
export const SEMICOLON = 59;

/** The bytes of a word, for {@link equalsLower} and {@link startsWith}: comparing bytes beats a string's characters. */
export function wordBytes(word: string): Uint8Array {
  return Uint8Array.from(Buffer.from(word, 'latin1'));
}

/** Whether `bytes[from..to)` is `word`, letters compared without case. `word` is lower case: letters, digits, `-`. */
export function equalsLower(
  bytes: Uint8Array,
  from: number,
  to: number,
  word: Uint8Array,
): boolean {
  const { length } = word;
  if (to - from !== length) return false;
  for (let k = 0; k < length; k++) if ((bytes[from + k]! | 32) !== word[k]) return false;
  return true;
}

/** Whether `word` stands at `from`, in the same letters. */
export function startsWith(bytes: Uint8Array, from: number, word: Uint8Array): boolean {
  for (let k = 0; k < word.length; k++) if (bytes[from + k] !== word[k]) return false;
  return true;
}

/** First index at or behind `from` that is no blank. */
export function skipBlanks(bytes: Uint8Array, from: number, to: number): number {
  let i = from;
  while (i < to && (bytes[i] === SPACE || bytes[i] === TAB)) i++;
  return i;
}

/** End of `bytes[from..to)` without its trailing blanks. */
export function trimBlanks(bytes: Uint8Array, from: number, to: number): number {
  let i = to;
  while (i > from && (bytes[i - 1] === SPACE || bytes[i - 1] === TAB)) i--;
  return i;
}
