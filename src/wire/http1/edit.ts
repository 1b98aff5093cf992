// Turns a received head into the one that is forwarded, in the buffer where it lies.
import { SPACE, TAB } from './byte-class.js';
import type { MessageHead } from './message-head.js';
import { Method, RequestHead, TargetForm } from './request-record.js';

/**
 * Drops what `head.edits` lists by moving what stands before it backwards, and writes our own version, HTTP/1.1.
 * Returns where the head now begins; its end stays. Offsets of `head` before the last edit are void afterwards:
 * slice host, path and cookies first.
 */
export function applyEdits(bytes: Uint8Array, head: MessageHead): number {
  bytes[head.minorAt] = 49;
  // A tab beside the length is allowed, but not every parser knows that.
  for (let i = head.lengthStart; i < head.lengthEnd; i++) if (bytes[i] === TAB) bytes[i] = SPACE;
  if (head.editCount === 0) return head.start;
  if (head instanceof RequestHead && head.form === TargetForm.absolute) writeBarePath(bytes, head);
  const edits = head.edits;
  let k = head.editCount * 2 - 2;
  let start = edits[k + 1]!;
  for (; k >= 0; k -= 2) {
    const from = k === 0 ? head.start : edits[k - 1]!;
    const to = edits[k]!;
    start -= to - from;
    bytes.copyWithin(start, from, to);
  }
  return start;
}

/** `http://a` is forwarded as `/` (`*` for OPTIONS), `http://a?q` as `/?q`. */
function writeBarePath(bytes: Uint8Array, head: RequestHead): void {
  if (head.pathStart === head.targetEnd) {
    bytes[head.pathStart - 1] = head.method === Method.OPTIONS ? 42 : 47;
  } else if (bytes[head.pathStart] !== 47) {
    bytes[head.pathStart - 1] = 47;
  }
}

/**
 * Inserts whole lines (each with its CRLF) before the empty line that ends the head; what follows, up to `dataEnd`,
 * moves. Moves `head.end` and returns the new `dataEnd`. The buffer must have `lines.length` bytes of slack.
 */
export function appendLines(
  bytes: Uint8Array,
  head: MessageHead,
  dataEnd: number,
  lines: Uint8Array,
): number {
  const at = head.end - 2;
  bytes.copyWithin(at + lines.length, at, dataEnd);
  bytes.set(lines, at);
  head.end += lines.length;
  return dataEnd + lines.length;
}

/** The path and query as they are forwarded; `/` or `*` where an absolute-form target has none. Call before applyEdits. */
export function requestPath(bytes: Buffer, head: RequestHead): string {
  if (head.form === TargetForm.absolute) {
    if (head.pathStart === head.targetEnd) return head.method === Method.OPTIONS ? '*' : '/';
    if (bytes[head.pathStart] !== 47) {
      return `/${bytes.toString('latin1', head.pathStart, head.targetEnd)}`;
    }
  }
  return bytes.toString('latin1', head.pathStart, head.targetEnd);
}

/** Counts Max-Forwards down in place (RFC 9110 7.6.2), same number of digits. Call before applyEdits, value > 0. */
export function decrementMaxForwards(bytes: Uint8Array, head: RequestHead): void {
  let i = head.maxForwardsEnd - 1;
  while (i > head.maxForwardsStart && bytes[i] === 48) bytes[i--] = 57;
  bytes[i]!--;
}
