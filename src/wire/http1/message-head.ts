// What request and response heads have in common: the line scanner, framing fields, Connection, and the list of lines to leave out.
import {
  CLASS,
  COLON,
  COMMA,
  CR,
  DIGIT,
  equalsLower,
  LF,
  skipBlanks,
  TOKEN,
  trimBlanks,
  VALUE,
  wordBytes,
} from './byte-class.js';

/** Verdicts of the head parsers. */
export const ParseResult = { complete: 1, partial: 0, refused: -1 } as const;
export type ParseResult = (typeof ParseResult)[keyof typeof ParseResult];

/** Bounds of a head; `LimitsConfig` of a spec fits. */
export interface HeadLimits {
  /** First line plus header block, bytes. */
  readonly headerBytes: number;
  /** Header lines. */
  readonly headers: number;
}

/** What a Transfer-Encoding says. */
export const Coding = {
  none: 0,
  chunked: 1,
  /** Known grammar, `chunked` last and once, but another coding before it. */
  unknown: 2,
  bad: 3,
  /** Plain codings without `chunked`: another line may end the list (RFC 9110 5.3); if none does it is bad. */
  open: 4,
} as const;

const CHUNKED: Uint8Array = wordBytes('chunked');
const CLOSE: Uint8Array = wordBytes('close');
const CONTENT_LENGTH: Uint8Array = wordBytes('content-length');
const HOST: Uint8Array = wordBytes('host');
const KEEP_ALIVE: Uint8Array = wordBytes('keep-alive');
const TE: Uint8Array = wordBytes('te');
const TRANSFER_ENCODING: Uint8Array = wordBytes('transfer-encoding');
const UPGRADE: Uint8Array = wordBytes('upgrade');

/** At most this many fields may be named by Connection besides the well-known options. */
const MAX_NOMINATED = 32;

/**
 * One preallocated record, filled again by every parse: offsets into the buffer that was parsed.
 * The offsets are true until that buffer is edited.
 */
export class MessageHead {
  /** Where the first line begins: behind a tolerated empty line. */
  start = 0;
  /** Where the first header line begins. */
  fieldsStart = 0;
  /** Behind the empty line that ends the head. */
  end = 0;
  /** Minor version, 0 or 1: a higher one counts as 1 (RFC 9110 2.5). */
  minor = 1;
  /** Index of the minor version's digit. */
  minorAt = 0;
  headerCount = 0;
  /** -1 = no Content-Length. */
  contentLength = -1;
  /** Where the value of Content-Length stands, blanks around it included; -1 without one. */
  lengthStart = -1;
  lengthEnd = -1;
  /** Whether chunked framing is used. The Transfer-Encoding line is among the edits: whoever forwards writes its own. */
  isChunked = false;
  wantsClose = false;
  wantsKeepAlive = false;
  /** Value of Upgrade, or -1: only when Connection names it and the message may switch protocols. */
  upgradeStart = -1;
  upgradeEnd = -1;
  /** Cookie lines of a request, Set-Cookie lines of a response; the first begins at `cookieStart`. */
  cookieLines = 0;
  cookieStart = -1;
  /**
   * `[start, end)` pairs of what must not be forwarded, ascending: whole lines, and the scheme and authority of an
   * absolute-form target.
   */
  edits: Int32Array = new Int32Array(64);
  /** Pairs in `edits`. */
  editCount = 0;
  /** Why the parse was refused, for logs; '' otherwise. */
  reason = '';

  /** End of the name on the line that was scanned last. */
  nameEnd = 0;
  coding: number = Coding.none;
  namesUpgrade = false;
  upgradeLines = 0;
  nominated: Int32Array = new Int32Array(2 * MAX_NOMINATED);
  nominatedCount = 0;

  protected resetHead(start: number): void {
    this.start = start;
    this.headerCount = 0;
    this.contentLength = -1;
    this.lengthStart = -1;
    this.lengthEnd = -1;
    this.isChunked = false;
    this.wantsClose = false;
    this.wantsKeepAlive = false;
    this.upgradeStart = -1;
    this.upgradeEnd = -1;
    this.cookieLines = 0;
    this.editCount = 0;
    this.reason = '';
    this.coding = Coding.none;
    this.namesUpgrade = false;
    this.upgradeLines = 0;
    this.nominatedCount = 0;
  }

  /** Takes note of a line with cookies. */
  noteCookie(start: number): void {
    if (this.cookieLines === 0) this.cookieStart = start;
    this.cookieLines++;
  }

  /** Whether the line that begins at `start` is left out. */
  isRemoved(start: number): boolean {
    for (let k = 0; k < this.editCount * 2; k += 2) if (this.edits[k] === start) return true;
    return false;
  }

  /** Leaves `[start, end)` out when the head is forwarded. Calls in ascending order are cheapest; a known pair is no error. */
  removeLine(start: number, end: number): void {
    const at = this.editCount * 2;
    if (at === this.edits.length) {
      const larger = new Int32Array(at * 2);
      larger.set(this.edits);
      this.edits = larger;
    }
    let k = at;
    while (k > 0 && this.edits[k - 2]! >= start) k -= 2;
    if (k < at && this.edits[k] === start) return;
    if (k < at) this.edits.copyWithin(k + 2, k, at);
    this.edits[k] = start;
    this.edits[k + 1] = end;
    this.editCount++;
  }
}

/**
 * Scans the header line at `from`: the index behind its CRLF, 0 when it is not all there, -1 when it is malformed.
 * Sets `head.nameEnd`; the value ends 2 before the result. `bytes[to]` is 0.
 */
export function scanLine(head: MessageHead, bytes: Uint8Array, from: number, to: number): number {
  // A local name for the table: the loops then read it from a register instead of the module's scope.
  const table = CLASS;
  let i = from;
  while ((table[bytes[i]!]! & TOKEN) !== 0) i++;
  if (bytes[i] !== COLON || i === from) return i >= to ? 0 : -1;
  head.nameEnd = i++;
  while ((table[bytes[i]!]! & VALUE) !== 0) i++;
  if (bytes[i] !== CR) return i >= to ? 0 : -1;
  if (bytes[i + 1] !== LF) return i + 1 >= to ? 0 : -1;
  return i + 2;
}

/** The number of `1*DIGIT` in `bytes[from..to)`, blanks around it ignored; -1 when it is anything else or above 2^53-1. */
export function readNumber(bytes: Uint8Array, from: number, to: number): number {
  const end = trimBlanks(bytes, from, to);
  let i = skipBlanks(bytes, from, end);
  if (i === end) return -1;
  let number = 0;
  for (; i < end; i++) {
    if ((CLASS[bytes[i]!]! & DIGIT) === 0) return -1;
    number = number * 10 + (bytes[i]! - 48);
    if (number > Number.MAX_SAFE_INTEGER) return -1;
  }
  return number;
}

/** Takes a Content-Length value `bytes[from..to)`; false = malformed. */
export function readLength(
  head: MessageHead,
  bytes: Uint8Array,
  from: number,
  to: number,
): boolean {
  head.contentLength = readNumber(bytes, from, to);
  head.lengthStart = from;
  head.lengthEnd = to;
  return head.contentLength >= 0;
}

/**
 * Reads a Transfer-Encoding line: the {@link Coding} that it makes together with the lines before it, which said `before`.
 */
export function readCoding(bytes: Uint8Array, from: number, to: number, before: number): number {
  if (before === Coding.none) return readCodingLine(bytes, from, to);
  if (before !== Coding.open) return Coding.bad;
  const coding = readCodingLine(bytes, from, to);
  return coding === Coding.chunked ? Coding.unknown : coding;
}

function readCodingLine(bytes: Uint8Array, from: number, to: number): number {
  const end = trimBlanks(bytes, from, to);
  let i = skipBlanks(bytes, from, end);
  if (equalsLower(bytes, i, end, CHUNKED)) return Coding.chunked;
  let codings = 0;
  for (;;) {
    const start = i;
    while (i < end && (CLASS[bytes[i]!]! & TOKEN) !== 0) i++;
    if (i === start) return Coding.bad;
    codings++;
    const isChunked = equalsLower(bytes, start, i, CHUNKED);
    i = skipBlanks(bytes, i, end);
    if (i === end) {
      if (!isChunked) return Coding.open;
      return codings > 1 ? Coding.unknown : Coding.chunked;
    }
    if (isChunked || bytes[i] !== COMMA) return Coding.bad;
    i = skipBlanks(bytes, i + 1, end);
  }
}

/** Reads a Connection value; false when it is malformed or names a field that the message cannot do without. */
export function readConnection(
  head: MessageHead,
  bytes: Uint8Array,
  from: number,
  to: number,
): boolean {
  const table = CLASS;
  let i = from;
  for (;;) {
    i = skipBlanks(bytes, i, to);
    const start = i;
    while (i < to && (table[bytes[i]!]! & TOKEN) !== 0) i++;
    if (i > start && !takeOption(head, bytes, start, i)) return false;
    i = skipBlanks(bytes, i, to);
    if (i >= to) return true;
    if (bytes[i++] !== COMMA) return false;
  }
}

function takeOption(head: MessageHead, bytes: Uint8Array, from: number, to: number): boolean {
  switch (to - from) {
    case 5:
      if (!equalsLower(bytes, from, to, CLOSE)) break;
      head.wantsClose = true;
      return true;
    case 10:
      if (!equalsLower(bytes, from, to, KEEP_ALIVE)) break;
      head.wantsKeepAlive = true;
      return true;
    case 7:
      if (!equalsLower(bytes, from, to, UPGRADE)) break;
      head.namesUpgrade = true;
      return true;
    case 2:
      if (!equalsLower(bytes, from, to, TE)) break;
      return true;
    case 4:
      if (!equalsLower(bytes, from, to, HOST)) break;
      return false;
    case 14:
      if (!equalsLower(bytes, from, to, CONTENT_LENGTH)) break;
      return false;
    case 17:
      if (!equalsLower(bytes, from, to, TRANSFER_ENCODING)) break;
      return false;
  }
  if (head.nominatedCount === MAX_NOMINATED) return false;
  head.nominated[head.nominatedCount * 2] = from;
  head.nominated[head.nominatedCount * 2 + 1] = to;
  head.nominatedCount++;
  return true;
}

/** Leaves out every line whose field Connection names (RFC 9110 7.6.1). */
export function removeNominated(head: MessageHead, bytes: Uint8Array): void {
  for (let line = head.fieldsStart; line < head.end - 2; ) {
    let nameEnd = line;
    while (bytes[nameEnd] !== COLON) nameEnd++;
    let end = nameEnd;
    while (bytes[end] !== LF) end++;
    end++;
    for (let k = 0; k < head.nominatedCount; k++) {
      const from = head.nominated[k * 2]!;
      const to = head.nominated[k * 2 + 1]!;
      if (to - from === nameEnd - line && sameName(bytes, from, line, nameEnd - line)) {
        head.removeLine(line, end);
        break;
      }
    }
    line = end;
  }
}

function sameName(bytes: Uint8Array, a: number, b: number, length: number): boolean {
  for (let k = 0; k < length; k++) if ((bytes[a + k]! | 32) !== (bytes[b + k]! | 32)) return false;
  return true;
}

/**
 * Whether the bytes that have just arrived can finish a head or a line of it: only then is a waiting head worth parsing
 * again (or when it has passed `limits.headerBytes`). A head has at most `limits.headers` + 2 lines, which bounds the work
 * that a client can cause by sending it a byte at a time.
 */
export function hasLineEnd(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] === LF) return true;
  return false;
}
