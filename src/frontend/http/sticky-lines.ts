// The sticky cookie in the heads that pass: taken out of requests, put into answers.
import { type AnswerCookie, editSetCookie } from '../../sticky/answer-cookie.js';
import { CacheCheck } from '../../sticky/cacheable.js';
import { cutCookie, type RequestCookie } from '../../sticky/request-cookie.js';
import { latin1 } from '../../upstream/latin1.js';
import {
  COLON,
  equalsLower,
  LF,
  skipBlanks,
  trimBlanks,
  wordBytes,
} from '../../wire/http1/byte-class.js';
import type { MessageHead } from '../../wire/http1/message-head.js';
import type { ResponseHead } from '../../wire/http1/response-head.js';
import type { RequestState } from './request-state.js';

const COOKIE: Uint8Array = wordBytes('cookie');
const SET_COOKIE: Uint8Array = wordBytes('set-cookie');

/** The line that was walked to last; reused. */
const at = { start: 0, nameEnd: 0, valueStart: 0, valueEnd: 0, end: 0 };
const cuts: number[] = [];
const cacheCheck = new CacheCheck();

/**
 * Takes the pool's cookie out of what the member gets, and keeps the whole Cookie header in `request.cookies`: every try is
 * asked for its member by it. Call after other lines were taken out, and before applyEdits.
 */
export function takeCookie(
  request: RequestState,
  head: MessageHead,
  bytes: Buffer,
  cookie: RequestCookie,
): void {
  request.cookies = '';
  let left = head.cookieLines;
  for (let line = head.cookieStart; left > 0; line = at.end) {
    walk(bytes, line);
    if (!equalsLower(bytes, line, at.nameEnd, COOKIE)) continue;
    left--;
    const value = latin1(bytes, at.valueStart, at.valueEnd);
    request.cookies = request.cookies === '' ? value : `${request.cookies}; ${value}`;
    // A cut in a line that goes would be one too many.
    if (head.isRemoved(line)) continue;
    if (!cutCookie(value, cookie, cuts)) head.removeLine(line, at.end);
    else {
      for (let i = 0; i < cuts.length; i += 2)
        head.removeLine(at.valueStart + cuts[i]!, at.valueStart + cuts[i + 1]!);
    }
  }
}

/**
 * The lines that an answer gets for its cookie, each with its CRLF; leaves out the member's own lines that they stand for.
 * Call after the policy's changes, and before applyEdits.
 */
export function stickyLines(
  request: RequestState,
  head: ResponseHead,
  bytes: Buffer,
  cookie: AnswerCookie,
): string {
  const lines = editLines(head, bytes, cookie);
  if (cookie.setCookie === '') return lines;
  const set = `${lines}Set-Cookie: ${cookie.setCookie}\r\n`;
  return mayBeCached(request, head, bytes) ? `${set}Cache-Control: private\r\n` : set;
}

/** The member's Set-Cookie lines in the form that the client gets, where that is another. */
function editLines(head: ResponseHead, bytes: Buffer, cookie: AnswerCookie): string {
  let lines = '';
  let left = head.cookieLines;
  for (let line = head.cookieStart; left > 0; line = at.end) {
    walk(bytes, line);
    if (!equalsLower(bytes, line, at.nameEnd, SET_COOKIE)) continue;
    left--;
    lines += editLine(head, bytes, cookie);
  }
  return lines;
}

/** Whether a shared cache could keep the answer. */
function mayBeCached(request: RequestState, head: ResponseHead, bytes: Buffer): boolean {
  cacheCheck.begin();
  for (let line = head.fieldsStart; line < head.end - 2; line = at.end) {
    walk(bytes, line);
    if (head.isRemoved(line)) continue;
    const name = latin1(bytes, line, at.nameEnd).toLowerCase();
    cacheCheck.take(name, latin1(bytes, at.valueStart, at.valueEnd));
  }
  for (const { name, value } of request.decision?.response.added ?? [])
    cacheCheck.take(name.toLowerCase(), value);
  return cacheCheck.needsPrivate(request.isSafe, head.status);
}

/** The line that was walked to last in the form that the client gets; '' = as it is, or not at all. */
function editLine(head: ResponseHead, bytes: Buffer, cookie: AnswerCookie): string {
  const { start, end } = at;
  const value = latin1(bytes, at.valueStart, at.valueEnd);
  const edited = editSetCookie(value, cookie);
  if (edited === value || head.isRemoved(start)) return '';
  head.removeLine(start, end);
  return edited === '' ? '' : `Set-Cookie: ${edited}\r\n`;
}

/** Finds name, value (blanks around it cut) and end of the line at `from`. */
function walk(bytes: Buffer, from: number): void {
  let i = from;
  while (bytes[i] !== COLON) i++;
  at.start = from;
  at.nameEnd = i;
  while (bytes[i] !== LF) i++;
  at.end = i + 1;
  at.valueStart = skipBlanks(bytes, at.nameEnd + 1, i - 1);
  at.valueEnd = trimBlanks(bytes, at.valueStart, i - 1);
}
