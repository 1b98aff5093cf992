// What is answered here instead of being forwarded, judged by the head alone.
import { latin1 } from '../../upstream/latin1.js';
import { Method, type RequestHead } from '../../wire/http1/request-record.js';
import type { AnswerContent, AnswerStatus } from './answers.js';
import type { HttpSettings } from './http-settings.js';

/** The status of the answer to give at once; 0 = forward the request. */
export function judgeRequest(head: RequestHead, settings: HttpSettings): AnswerStatus {
  const { method } = head;
  if (method === Method.CONNECT) {
    if (!settings.allowsConnect) return 405;
    if (head.hostDiffers || head.isChunked || head.contentLength > 0) return 400;
  } else if (method === Method.TRACE && !settings.allowsTrace) {
    return 405;
  }
  if (head.expectsUnknown) return 417;
  if (head.contentLength > settings.bodyBytes) return 413;
  if (head.maxForwards === 0 && (method === Method.OPTIONS || method === Method.TRACE)) return 200;
  return 0;
}

/** Why such an answer is given, for logs. @param method - where the head alone decided */
export function rulingReason(status: AnswerStatus, method?: Method): string {
  const isConnect = status === 400 && method === Method.CONNECT;
  return isConnect ? 'CONNECT with a body, or to another host' : (REASONS[status] ?? '');
}

const REASONS: Readonly<Record<number, string>> = {
  200: 'Max-Forwards: 0',
  400: 'bad body',
  403: 'access',
  405: 'the method is not allowed',
  413: 'the body is too long',
  417: 'an expectation that nobody knows',
  421: 'a host that the connection is not for',
};

/** Methods that may be sent twice with the same effect as once (RFC 9110 9.2.2). */
export function isIdempotent(method: Method): boolean {
  switch (method) {
    case Method.GET:
    case Method.HEAD:
    case Method.PUT:
    case Method.DELETE:
    case Method.OPTIONS:
    case Method.TRACE:
      return true;
    default:
      return false;
  }
}

/** What the answer given at once holds: what is allowed, or the TRACE that ends here. */
export function answerContent(
  status: AnswerStatus,
  head: RequestHead,
  bytes: Buffer,
  settings: HttpSettings,
): AnswerContent {
  if (status === 405) return { lines: renderAllow(settings) };
  if (status !== 200) return {};
  if (head.method === Method.TRACE) {
    return { type: 'message/http', body: renderTrace(head, bytes) };
  }
  return { lines: renderAllow(settings), body: '' };
}

/** `Allow` of a 405 and of an OPTIONS that ends here: nothing else is refused by method. */
function renderAllow(settings: HttpSettings): string {
  let methods = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';
  if (settings.allowsConnect) methods += ', CONNECT';
  if (settings.allowsTrace) methods += ', TRACE';
  return `Allow: ${methods}\r\n`;
}

/** The protocol that the request asks to switch to, if the frontend lets it pass; '' = none. */
export function allowedUpgrade(head: RequestHead, bytes: Buffer, settings: HttpSettings): string {
  if (head.upgradeStart < 0) return '';
  for (const name of latin1(bytes, head.upgradeStart, head.upgradeEnd).split(',')) {
    const protocol = name.trim();
    if (settings.upgrades.has(protocol.toLowerCase())) return protocol;
  }
  return '';
}

/** A TRACE's head as it came, without what must not be shown (RFC 9110 9.3.8). */
function renderTrace(head: RequestHead, bytes: Buffer): string {
  return latin1(bytes, head.start, head.end)
    .split('\r\n')
    .filter((text) => !/^(authorization|proxy-authorization|cookie)[:]/i.test(text))
    .join('\r\n');
}

/** Whether the client would go on over this connection: the rule of HTTP/1.1, on demand with HTTP/1.0. */
export function asksToStay(head: RequestHead): boolean {
  return !head.wantsClose && (head.minor !== 0 || head.wantsKeepAlive);
}
