// Leaves chosen header lines out of a head that is about to be forwarded.
import { COLON, LF } from './byte-class.js';
import type { MessageHead } from './message-head.js';

const DASH = 45;
const UNDERSCORE = 95;

/**
 * Leaves out every line whose name is one of `names` (lower case), or differs from one only by `_` for `-` or the other way:
 * some servers take the two for one. Call before applyEdits.
 */
export function removeFields(bytes: Uint8Array, head: MessageHead, names: readonly string[]): void {
  for (let line = head.fieldsStart; line < head.end - 2; ) {
    let nameEnd = line;
    while (bytes[nameEnd] !== COLON) nameEnd++;
    let end = nameEnd;
    while (bytes[end] !== LF) end++;
    end++;
    for (const name of names) {
      if (nameEnd - line === name.length && isNamed(bytes, line, name)) {
        head.removeLine(line, end);
        break;
      }
    }
    line = end;
  }
}

/** Whether the name at `from` is `name`; its length was compared already. */
function isNamed(bytes: Uint8Array, from: number, name: string): boolean {
  for (let k = 0; k < name.length; k++) {
    const wanted = name.charCodeAt(k);
    const byte = bytes[from + k]!;
    if (byte === wanted || (byte >= 65 && byte <= 90 && byte + 32 === wanted)) continue;
    if (!isDash(byte) || !isDash(wanted)) return false;
  }
  return true;
}

function isDash(byte: number): boolean {
  return byte === DASH || byte === UNDERSCORE;
}
