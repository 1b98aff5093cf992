// The request line: method, target and version (RFC 9112 3), and the form of the target.
import {
  CLASS,
  COLON,
  CR,
  DIGIT,
  equalsLower,
  LF,
  SPACE,
  startsWith,
  TARGET,
  TOKEN,
  wordBytes,
} from './byte-class.js';
import { isAuthority } from './host.js';
import { Method, type RequestHead, TargetForm } from './request-record.js';

const DOT = 46;
const SLASH = 47;
const ASTERISK = 42;
const QUESTION = 63;

const HTTP: Uint8Array = wordBytes('http');
const CONNECT: Uint8Array = wordBytes('CONNECT');
const DELETE: Uint8Array = wordBytes('DELETE');
const GET: Uint8Array = wordBytes('GET');
const HEAD: Uint8Array = wordBytes('HEAD');
const OPTIONS: Uint8Array = wordBytes('OPTIONS');
const PATCH: Uint8Array = wordBytes('PATCH');
const POST: Uint8Array = wordBytes('POST');
const PUT: Uint8Array = wordBytes('PUT');
const TRACE: Uint8Array = wordBytes('TRACE');

/** Reads the request line at `head.start`: index behind its CRLF, 0 = not all there, -1 = refused. */
export function parseRequestLine(head: RequestHead, bytes: Uint8Array, to: number): number {
  const table = CLASS;
  const start = head.start;
  let i = start;
  while ((table[bytes[i]!]! & TOKEN) !== 0) i++;
  if (bytes[i] !== SPACE || i === start) return i >= to ? 0 : head.refuse(400, 'bad method');
  head.methodStart = start;
  head.methodEnd = i;
  const target = ++i;
  while ((table[bytes[i]!]! & TARGET) !== 0) i++;
  if (bytes[i] !== SPACE || i === target) return i >= to ? 0 : head.refuse(400, 'bad target');
  head.targetStart = target;
  head.targetEnd = i;
  const end = parseVersion(head, bytes, i + 1, to);
  if (end <= 0) return end;
  head.method = methodOf(bytes, start, head.methodEnd);
  return readTarget(head, bytes) ? end : head.refuse(400, 'bad target');
}

/** `HTTP/1.x` and CRLF. A wrong byte is refused as soon as it is there; another major version is 505. */
function parseVersion(head: RequestHead, bytes: Uint8Array, from: number, to: number): number {
  if (bytes[from] !== 72) return versionFault(head, from, to);
  if (bytes[from + 1] !== 84) return versionFault(head, from + 1, to);
  if (bytes[from + 2] !== 84) return versionFault(head, from + 2, to);
  if (bytes[from + 3] !== 80) return versionFault(head, from + 3, to);
  if (bytes[from + 4] !== SLASH) return versionFault(head, from + 4, to);
  const major = from + 5;
  if (!isDigit(bytes[major]!)) return versionFault(head, major, to);
  if (bytes[major + 1] !== DOT) return versionFault(head, major + 1, to);
  const minor = from + 7;
  if (!isDigit(bytes[minor]!)) return versionFault(head, minor, to);
  if (bytes[minor + 1] !== CR) return versionFault(head, minor + 1, to);
  if (bytes[minor + 2] !== LF) return versionFault(head, minor + 2, to);
  if (bytes[major] !== 49) return head.refuse(505, 'HTTP version');
  head.minorAt = minor;
  head.minor = bytes[minor] === 48 ? 0 : 1;
  return from + 10;
}

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}

function versionFault(head: RequestHead, at: number, to: number): number {
  return at >= to ? 0 : head.refuse(400, 'bad HTTP version');
}

/** Methods are case-sensitive (RFC 9110 9.1). */
function methodOf(bytes: Uint8Array, from: number, to: number): Method {
  switch (to - from) {
    case 3:
      if (startsWith(bytes, from, GET)) return Method.GET;
      if (startsWith(bytes, from, PUT)) return Method.PUT;
      break;
    case 4:
      if (startsWith(bytes, from, POST)) return Method.POST;
      if (startsWith(bytes, from, HEAD)) return Method.HEAD;
      break;
    case 5:
      if (startsWith(bytes, from, PATCH)) return Method.PATCH;
      if (startsWith(bytes, from, TRACE)) return Method.TRACE;
      break;
    case 6:
      if (startsWith(bytes, from, DELETE)) return Method.DELETE;
      break;
    case 7:
      if (startsWith(bytes, from, OPTIONS)) return Method.OPTIONS;
      if (startsWith(bytes, from, CONNECT)) return Method.CONNECT;
      break;
  }
  return Method.OTHER;
}

function readTarget(head: RequestHead, bytes: Uint8Array): boolean {
  const start = head.targetStart;
  const end = head.targetEnd;
  head.pathStart = start;
  head.authorityStart = -1;
  if (head.method === Method.CONNECT) {
    head.form = TargetForm.authority;
    head.authorityStart = start;
    head.authorityEnd = end;
    return isAuthority(bytes, start, end) && hasPort(bytes, start, end);
  }
  if (bytes[start] === SLASH) {
    head.form = TargetForm.origin;
    return true;
  }
  if (bytes[start] === ASTERISK) {
    head.form = TargetForm.asterisk;
    return head.method === Method.OPTIONS && end - start === 1;
  }
  return readAbsolute(head, bytes, start, end);
}

function hasPort(bytes: Uint8Array, from: number, to: number): boolean {
  let i = to;
  while (i > from && (CLASS[bytes[i - 1]!]! & DIGIT) !== 0) i--;
  return i < to && bytes[i - 1] === COLON;
}

/** `http://authority path`: the authority has no userinfo, the path may be empty. */
function readAbsolute(head: RequestHead, bytes: Uint8Array, start: number, end: number): boolean {
  head.form = TargetForm.absolute;
  let authority = 0;
  if (equalsLower(bytes, start, start + 4, HTTP) && start + 7 < end) {
    head.defaultPort = 80;
    authority = start + 4;
    if ((bytes[authority]! | 32) === 115) {
      head.defaultPort = 443;
      authority++;
    }
  }
  if (authority === 0 || bytes[authority] !== COLON) return false;
  if (bytes[authority + 1] !== SLASH || bytes[authority + 2] !== SLASH) return false;
  authority += 3;
  let path = authority;
  while (path < end && bytes[path] !== SLASH && bytes[path] !== QUESTION) path++;
  head.authorityStart = authority;
  head.authorityEnd = path;
  head.pathStart = path;
  return isAuthority(bytes, authority, path);
}
