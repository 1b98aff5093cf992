// The answers that the balancer makes itself: a status, a few header lines and one line of text.
import type { Clock } from '../../core/clock.js';

/** Reason phrases of the statuses that the balancer itself answers (RFC 9110 15). */
const REASONS = {
  200: 'OK',
  400: 'Bad Request',
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

/** How an answer is written. */
export interface AnswerOptions {
  /** `Connection` is written when it is not what the client's version implies. */
  readonly connection: 'close' | 'keep-alive' | undefined;
  /** The request was HEAD: the head says how long the body would be. */
  readonly isHead: boolean;
  readonly clock: Clock;
  /** Further lines, each with CRLF. @defaultValue '' */
  readonly lines?: string;
  /** @defaultValue the status and its reason, one line of plain text */
  readonly body?: string;
  /** @defaultValue 'text/plain; charset=utf-8' */
  readonly type?: string;
}

/** The whole answer as latin1 text. It never names a member. */
export function renderAnswer(status: AnswerStatus, options: AnswerOptions): string {
  const reason = REASONS[status];
  const body = options.body ?? `${status} ${reason}\n`;
  const connection =
    options.connection === undefined ? '' : `Connection: ${options.connection}\r\n`;
  const head =
    `HTTP/1.1 ${status} ${reason}\r\n` +
    `Date: ${new Date(options.clock.wallTime()).toUTCString()}\r\n` +
    `Content-Type: ${options.type ?? 'text/plain; charset=utf-8'}\r\n` +
    `Content-Length: ${body.length}\r\n` +
    `${options.lines ?? ''}${connection}\r\n`;
  return options.isHead ? head : head + body;
}
