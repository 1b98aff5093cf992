// The head of an HTTP/1.1 request, parsed strictly into one reused record (RFC 9110, 9112; docs/http-strictness.md).
import { CR, equalsLower, LF, skipBlanks, trimBlanks, wordBytes } from './byte-class.js';
import { FIELD_SLOT, Field, nameField } from './field-name.js';
import { hostEnd, isAuthority, portOf } from './host.js';
import {
  Coding,
  type HeadLimits,
  ParseResult,
  readCoding,
  readConnection,
  readLength,
  readNumber,
  removeNominated,
  scanLine,
} from './message-head.js';
import { parseRequestLine } from './request-line.js';
import { FORWARDED_STRIDE, Method, type RequestHead, TargetForm } from './request-record.js';

export { Method, RequestHead, TargetForm } from './request-record.js';

const TRAILERS: Uint8Array = wordBytes('trailers');
const CONTINUE: Uint8Array = wordBytes('100-continue');

/**
 * Parses the head of the request that begins at `from` in `bytes[from..to)`.
 * `bytes[to]` must exist; it is written during the parse and put back. The verdict does not depend on how the bytes are
 * split, and a refusal is final: more bytes never change it.
 */
export function parseRequestHead(
  head: RequestHead,
  bytes: Uint8Array,
  from: number,
  to: number,
  limits: HeadLimits,
): ParseResult {
  const stop = Math.min(to, from + limits.headerBytes);
  const behind = bytes[stop]!;
  bytes[stop] = 0;
  const result = parseWithin(head, bytes, from, stop, limits);
  bytes[stop] = behind;
  if (result !== ParseResult.partial || to - from <= limits.headerBytes) return result;
  return head.headerCount < 0
    ? head.refuse(414, 'request line too long')
    : head.refuse(431, 'head too long');
}

function parseWithin(
  head: RequestHead,
  bytes: Uint8Array,
  from: number,
  to: number,
  limits: HeadLimits,
): ParseResult {
  head.reset(from);
  head.headerCount = -1;
  if (bytes[from] === CR) {
    if (bytes[from + 1] !== LF) {
      return from + 1 >= to ? ParseResult.partial : head.refuse(400, 'bare CR');
    }
    head.start = from + 2;
  }
  let i = parseRequestLine(head, bytes, to);
  if (i <= 0) return i === 0 ? ParseResult.partial : ParseResult.refused;
  head.fieldsStart = i;
  head.headerCount = 0;
  const slots = FIELD_SLOT;
  const maxLines = limits.headers;
  let lines = 0;
  while (bytes[i] !== CR) {
    const end = scanLine(head, bytes, i, to);
    if (end === 0) return ParseResult.partial;
    if (end < 0) return head.refuse(400, 'bad header line');
    if (lines === maxLines) return head.refuse(431, 'too many header lines');
    lines++;
    const slot = slots[(((head.nameEnd - i) & 31) << 5) | (bytes[i]! & 31)]!;
    if (slot !== 0 && !readField(head, bytes, i, end, slot)) return ParseResult.refused;
    i = end;
  }
  if (bytes[i + 1] !== LF) {
    return i + 1 >= to ? ParseResult.partial : head.refuse(400, 'bare CR');
  }
  head.end = i + 2;
  head.headerCount = lines;
  return finish(head, bytes);
}

/** Takes the line `[line, end)` whose name may be the one of `slot`; false = refused. */
function readField(
  head: RequestHead,
  bytes: Uint8Array,
  line: number,
  end: number,
  slot: number,
): boolean {
  const value = head.nameEnd + 1;
  const field = nameField(bytes, line, head.nameEnd, slot);
  switch (field) {
    case Field.cookie:
      head.noteCookie(line);
      return true;
    case Field.other:
    case Field.setCookie:
      return true;
    case Field.host:
      return readHost(head, bytes, value, end - 2);
    case Field.contentLength:
      if (head.contentLength >= 0) return fail(head, 'more than one Content-Length');
      return readLength(head, bytes, value, end - 2) || fail(head, 'bad Content-Length');
    case Field.transferEncoding:
      head.coding = readCoding(bytes, value, end - 2, head.coding);
      break;
    case Field.connection:
      if (!readConnection(head, bytes, value, end - 2)) return fail(head, 'bad Connection');
      break;
    case Field.upgrade:
      head.upgradeLines++;
      head.upgradeStart = skipBlanks(bytes, value, end - 2);
      head.upgradeEnd = trimBlanks(bytes, head.upgradeStart, end - 2);
      break;
    case Field.te: {
      const start = skipBlanks(bytes, value, end - 2);
      if (!equalsLower(bytes, start, trimBlanks(bytes, start, end - 2), TRAILERS)) break;
      head.takesTrailers = true;
      return true;
    }
    case Field.expect:
      readExpect(head, bytes, line, end);
      return true;
    case Field.maxForwards:
      return readMaxForwards(head, bytes, value, end - 2);
    case Field.forwarded:
    case Field.forwardedFor:
    case Field.forwardedHost:
    case Field.forwardedPort:
    case Field.forwardedProto:
      keepForwarded(head, bytes, line, end, field);
      return true;
  }
  head.removeLine(line, end);
  return true;
}

function fail(head: RequestHead, reason: string): false {
  head.refuse(400, reason);
  return false;
}

function readHost(head: RequestHead, bytes: Uint8Array, from: number, to: number): boolean {
  if (head.hasHostLine) return fail(head, 'more than one Host');
  head.hasHostLine = true;
  head.hostStart = skipBlanks(bytes, from, to);
  head.hostEnd = trimBlanks(bytes, head.hostStart, to);
  return isAuthority(bytes, head.hostStart, head.hostEnd) || fail(head, 'bad Host');
}

function readExpect(head: RequestHead, bytes: Uint8Array, line: number, end: number): void {
  const start = skipBlanks(bytes, head.nameEnd + 1, end - 2);
  const isContinue = equalsLower(bytes, start, trimBlanks(bytes, start, end - 2), CONTINUE);
  head.expectLines++;
  if (isContinue && head.expectLines === 1) head.expectsContinue = true;
  else head.expectsUnknown = true;
  head.expectLineStart = line;
  head.expectLineEnd = end;
}

function readMaxForwards(head: RequestHead, bytes: Uint8Array, from: number, to: number): boolean {
  if (head.maxForwardsStart >= 0) return fail(head, 'more than one Max-Forwards');
  head.maxForwards = readNumber(bytes, from, to);
  head.maxForwardsStart = skipBlanks(bytes, from, to);
  head.maxForwardsEnd = trimBlanks(bytes, head.maxForwardsStart, to);
  return true;
}

function keepForwarded(
  head: RequestHead,
  bytes: Uint8Array,
  line: number,
  end: number,
  field: number,
): void {
  const at = head.forwardedCount * FORWARDED_STRIDE;
  if (at === head.forwarded.length) {
    const larger = new Int32Array(at * 2);
    larger.set(head.forwarded);
    head.forwarded = larger;
  }
  const value = skipBlanks(bytes, head.nameEnd + 1, end - 2);
  head.forwarded[at] = field;
  head.forwarded[at + 1] = line;
  head.forwarded[at + 2] = end;
  head.forwarded[at + 3] = value;
  head.forwarded[at + 4] = trimBlanks(bytes, value, end - 2);
  head.forwardedCount++;
}

/** What can be judged only when all lines are known. */
function finish(head: RequestHead, bytes: Uint8Array): ParseResult {
  if (head.coding !== Coding.none) {
    if (head.contentLength >= 0) return head.refuse(400, 'Content-Length with Transfer-Encoding');
    if (head.minor === 0) return head.refuse(400, 'Transfer-Encoding on HTTP/1.0');
    if (head.coding === Coding.unknown) return head.refuse(501, 'unknown transfer coding');
    if (head.coding !== Coding.chunked) return head.refuse(400, 'bad Transfer-Encoding');
    head.isChunked = true;
  }
  if (!head.hasHostLine && head.minor === 1) return head.refuse(400, 'no Host');
  if (head.form !== TargetForm.origin && !finishTarget(head, bytes)) {
    return head.refuse(400, 'Host differs from the target');
  }
  const hasBody = head.isChunked || head.contentLength > 0;
  if (hasBody && head.method === Method.TRACE) return head.refuse(400, 'TRACE with a body');
  if (head.nominatedCount > 0) removeNominated(head, bytes);
  if (head.upgradeLines > 0 && (!head.namesUpgrade || head.minor === 0 || hasBody)) {
    // A server may always ignore an upgrade; one that follows a body is a known way to smuggle.
    head.upgradeStart = -1;
    head.upgradeEnd = -1;
  }
  if (head.upgradeLines > 1) return head.refuse(400, 'more than one Upgrade');
  if (head.expectsContinue && head.minor === 0) {
    head.expectsContinue = false;
    head.removeLine(head.expectLineStart, head.expectLineEnd);
  }
  return ParseResult.complete;
}

function finishTarget(head: RequestHead, bytes: Uint8Array): boolean {
  if (head.form === TargetForm.asterisk) return true;
  if (head.hasHostLine && !sameAuthority(head, bytes)) {
    if (head.form !== TargetForm.authority) return false;
    head.hostDiffers = true;
  }
  if (!head.hasHostLine) {
    head.hostStart = head.authorityStart;
    head.hostEnd = head.authorityEnd;
  }
  if (head.form === TargetForm.absolute) {
    // Without a path the last byte of the authority makes room for the `/` (or `*`) that applyEdits writes.
    const isBare = head.pathStart === head.targetEnd || bytes[head.pathStart] !== 47;
    head.removeLine(head.targetStart, isBare ? head.pathStart - 1 : head.pathStart);
  }
  return true;
}

/** Compares Host with the target's authority: letters without case, the default port like none. */
function sameAuthority(head: RequestHead, bytes: Uint8Array): boolean {
  const ours = hostEnd(bytes, head.hostStart, head.hostEnd);
  const theirs = hostEnd(bytes, head.authorityStart, head.authorityEnd);
  const length = ours - head.hostStart;
  if (theirs - head.authorityStart !== length) return false;
  for (let k = 0; k < length; k++) {
    if (lower(bytes[head.hostStart + k]!) !== lower(bytes[head.authorityStart + k]!)) return false;
  }
  const absent = head.form === TargetForm.absolute ? head.defaultPort : 0;
  return (
    portOf(bytes, ours, head.hostEnd, absent) === portOf(bytes, theirs, head.authorityEnd, absent)
  );
}

function lower(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte + 32 : byte;
}
