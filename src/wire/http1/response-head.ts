// The head of an HTTP/1.1 response, held to the same rules as a request: a bad one is answered 502 by the caller.
import { CLASS, CR, LF, SPACE, skipBlanks, trimBlanks, VALUE } from './byte-class.js';
import { FIELD_SLOT, Field, nameField } from './field-name.js';
import {
  Coding,
  type HeadLimits,
  MessageHead,
  ParseResult,
  readCoding,
  readConnection,
  readLength,
  removeNominated,
  scanLine,
} from './message-head.js';

/** A parsed response head: offsets into the buffer it was parsed from. After a refusal only `reason` counts. */
export class ResponseHead extends MessageHead {
  /** Status of the response, 100-999. */
  status = 0;
  /** No body follows, whatever the fields say: 1xx, 204, 304, an answer to HEAD. */
  hasNoBody = false;
  /** The connection can't carry another response: it said so, it is HTTP/1.0, or only its end ends the body. */
  closes = false;
  /** The body goes on to the end of the connection. */
  isUntilClose = false;
  lengthLineStart = -1;
  lengthLineEnd = -1;

  reset(start: number): void {
    this.resetHead(start);
    this.status = 0;
    this.hasNoBody = false;
    this.closes = false;
    this.isUntilClose = false;
    this.lengthLineStart = -1;
    this.lengthLineEnd = -1;
  }

  refuse(reason: string): -1 {
    this.reason = reason;
    return -1;
  }
}

/**
 * Parses the head of the response that begins at `from` in `bytes[from..to)`. `bytes[to]` must exist; it is written
 * during the parse and put back. `requestWasHead`: the response answers HEAD.
 */
export function parseResponseHead(
  head: ResponseHead,
  bytes: Uint8Array,
  from: number,
  to: number,
  requestWasHead: boolean,
  limits: HeadLimits,
): ParseResult {
  const stop = Math.min(to, from + limits.headerBytes);
  const behind = bytes[stop]!;
  bytes[stop] = 0;
  const result = parseWithin(head, bytes, from, stop, limits);
  bytes[stop] = behind;
  if (result === ParseResult.complete) return finish(head, bytes, requestWasHead);
  if (result !== ParseResult.partial || to - from <= limits.headerBytes) return result;
  return head.refuse('head too long');
}

function parseWithin(
  head: ResponseHead,
  bytes: Uint8Array,
  from: number,
  to: number,
  limits: HeadLimits,
): ParseResult {
  head.reset(from);
  let i = parseStatusLine(head, bytes, from, to);
  if (i <= 0) return i === 0 ? ParseResult.partial : ParseResult.refused;
  head.fieldsStart = i;
  const slots = FIELD_SLOT;
  const maxLines = limits.headers;
  let lines = 0;
  while (bytes[i] !== CR) {
    const end = scanLine(head, bytes, i, to);
    if (end === 0) return ParseResult.partial;
    if (end < 0) return head.refuse('bad header line');
    if (lines === maxLines) return head.refuse('too many header lines');
    lines++;
    const slot = slots[(((head.nameEnd - i) & 31) << 5) | (bytes[i]! & 31)]!;
    if (slot !== 0 && !readField(head, bytes, i, end, slot)) return ParseResult.refused;
    i = end;
  }
  if (bytes[i + 1] !== LF) return i + 1 >= to ? ParseResult.partial : head.refuse('bare CR');
  head.end = i + 2;
  head.headerCount = lines;
  return ParseResult.complete;
}

const VERSION: Uint8Array = Buffer.from('HTTP/1.', 'latin1');

/** `HTTP/1.x SP 3DIGIT [SP reason] CRLF`; servers that leave out the second space are common. */
function parseStatusLine(head: ResponseHead, bytes: Uint8Array, from: number, to: number): number {
  for (let k = 0; k < 7; k++) {
    if (bytes[from + k] !== VERSION[k]) return lineFault(head, from + k, to);
  }
  const minor = bytes[from + 7]! - 48;
  if (!(minor >= 0 && minor <= 9)) return lineFault(head, from + 7, to);
  if (bytes[from + 8] !== SPACE) return lineFault(head, from + 8, to);
  let status = 0;
  let i = from + 9;
  for (; i < from + 12; i++) {
    const digit = bytes[i]! - 48;
    if (!(digit >= 0 && digit <= 9)) return lineFault(head, i, to);
    status = status * 10 + digit;
  }
  if (status < 100) return head.refuse('bad status');
  if (bytes[i] === SPACE) while ((CLASS[bytes[i]!]! & VALUE) !== 0) i++;
  if (bytes[i] !== CR) return lineFault(head, i, to);
  if (bytes[i + 1] !== LF) return lineFault(head, i + 1, to);
  head.minorAt = from + 7;
  head.minor = minor === 0 ? 0 : 1;
  head.status = status;
  return i + 2;
}

function lineFault(head: ResponseHead, at: number, to: number): number {
  return at >= to ? 0 : head.refuse('bad status line');
}

/** Takes the line `[line, end)` whose name may be the one of `slot`; false = refused. */
function readField(
  head: ResponseHead,
  bytes: Uint8Array,
  line: number,
  end: number,
  slot: number,
): boolean {
  const value = head.nameEnd + 1;
  switch (nameField(bytes, line, head.nameEnd, slot)) {
    case Field.contentLength:
      if (head.contentLength >= 0) return fail(head, 'more than one Content-Length');
      head.lengthLineStart = line;
      head.lengthLineEnd = end;
      return readLength(head, bytes, value, end - 2) || fail(head, 'bad Content-Length');
    case Field.transferEncoding:
      head.coding = readCoding(bytes, value, end - 2, head.coding);
      if (head.coding !== Coding.chunked) return fail(head, 'bad Transfer-Encoding');
      break;
    case Field.connection:
      if (!readConnection(head, bytes, value, end - 2)) return fail(head, 'bad Connection');
      break;
    case Field.upgrade:
      head.upgradeLines++;
      head.upgradeStart = skipBlanks(bytes, value, end - 2);
      head.upgradeEnd = trimBlanks(bytes, head.upgradeStart, end - 2);
      break;
    case Field.setCookie:
      head.noteCookie(line);
      return true;
    case Field.te:
    case Field.keepAlive:
    case Field.proxyConnection:
    case Field.http2Settings:
    case Field.proxyAuthenticate:
    case Field.proxyAuthenticationInfo:
      break;
    default:
      return true;
  }
  head.removeLine(line, end);
  return true;
}

function fail(head: ResponseHead, reason: string): false {
  head.refuse(reason);
  return false;
}

/** Decides the framing (RFC 9112 6.3) once all lines are known. */
function finish(head: ResponseHead, bytes: Uint8Array, requestWasHead: boolean): ParseResult {
  const { status } = head;
  if (head.coding !== Coding.none) {
    if (head.contentLength >= 0) return head.refuse('Content-Length with Transfer-Encoding');
    if (head.minor === 0) return head.refuse('Transfer-Encoding on HTTP/1.0');
    head.isChunked = true;
  }
  if (head.upgradeLines > 1) return head.refuse('more than one Upgrade');
  head.hasNoBody = requestWasHead || status < 200 || status === 204 || status === 304;
  head.closes = head.wantsClose || (head.minor === 0 && !head.wantsKeepAlive);
  if (status < 200 || status === 204) stripFraming(head);
  if (head.nominatedCount > 0) removeNominated(head, bytes);
  if (!head.hasNoBody && !head.isChunked && head.contentLength < 0) {
    head.isUntilClose = true;
    head.closes = true;
  }
  return ParseResult.complete;
}

/** 1xx and 204 have no framing fields (RFC 9110 8.6, 9112 6.1); whoever sends them may also send a body: never reuse. */
function stripFraming(head: ResponseHead): void {
  if (head.isChunked || head.contentLength > 0) head.closes = true;
  if (head.contentLength >= 0) head.removeLine(head.lengthLineStart, head.lengthLineEnd);
  head.isChunked = false;
  head.contentLength = -1;
}
