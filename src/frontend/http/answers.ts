// The answers that the balancer makes itself: a status, a few header lines and one line of text.
import type { Clock } from '../../core/clock.js';

/** Reason phrases of the statuses that the balancer itself answers (RFC 9110 15). */
const REASONS = {
  200: 'OK',
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  414: 'URI Too Long',
  417: 'Expectation Failed',
  431: 'Request Header Fields Too Large',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
} as const;

/** A status that the balancer answers itself. */
export type AnswerStatus = keyof typeof REASONS;

/** Statuses after which nothing that the client sends can be trusted, or wanted. */
const CLOSING: ReadonlySet<number> = new Set([400, 405, 408, 413, 414, 431, 501, 505]);

/** Whether the connection is closed after this answer, whatever was read. */
export function closesConnection(status: AnswerStatus): boolean {
  return CLOSING.has(status);
}

/** What an answer holds besides its status. */
export interface AnswerContent {
  /** Further lines, each with CRLF. @defaultValue '' */
  readonly lines?: string;
  /** @defaultValue the status and its reason, one line of plain text */
  readonly body?: string;
  /** @defaultValue 'text/plain; charset=utf-8' */
  readonly type?: string;
}

/** What of a request its answer depends on. */
export interface AnsweredRequest {
  /** The head says how long the body would be. */
  readonly isHead: boolean;
  readonly minor: number;
  readonly keepsAlive: boolean;
}

/** The whole answer as latin1 text. It never names a member. */
export function renderAnswer(
  status: AnswerStatus,
  request: AnsweredRequest,
  clock: Clock,
  content: AnswerContent = {},
): string {
  const reason = REASONS[status];
  const body = content.body ?? `${status} ${reason}\n`;
  const head =
    `HTTP/1.1 ${status} ${reason}\r\n` +
    `Date: ${new Date(clock.wallTime()).toUTCString()}\r\n` +
    `Content-Type: ${content.type ?? 'text/plain; charset=utf-8'}\r\n` +
    `Content-Length: ${body.length}\r\n` +
    `${content.lines ?? ''}${connectionLine(request)}\r\n`;
  return request.isHead ? head : head + body;
}

/** `Connection` is written where it is not what the client's version implies. */
function connectionLine({ keepsAlive, minor }: AnsweredRequest): string {
  if (!keepsAlive) return 'Connection: close\r\n';
  return minor === 0 ? 'Connection: keep-alive\r\n' : '';
}
