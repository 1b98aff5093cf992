// The answers that the balancer makes itself: a status, a few header lines and one line of text.
import type { Clock } from '../../core/clock.js';

/** Reason phrases of the statuses that the balancer itself answers (RFC 9110 15), and of those that a spec may ask for. */
const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  304: 'Not Modified',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  407: 'Proxy Authentication Required',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  411: 'Length Required',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  416: 'Range Not Satisfiable',
  417: 'Expectation Failed',
  421: 'Misdirected Request',
  422: 'Unprocessable Content',
  423: 'Locked',
  425: 'Too Early',
  426: 'Upgrade Required',
  428: 'Precondition Required',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  451: 'Unavailable For Legal Reasons',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
  507: 'Insufficient Storage',
  511: 'Network Authentication Required',
};

/** The reason phrase of a status; '' for one without. */
export function reasonOf(status: AnswerStatus): string {
  return REASONS[status] ?? '';
}

/** A status that the balancer answers itself, 200-599. */
export type AnswerStatus = number;

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
  /** latin1 text or bytes. @defaultValue the status and its reason, one line of plain text */
  readonly body?: string | Buffer;
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
  const reason = reasonOf(status);
  const { body: given = `${status} ${reason}\n` } = content;
  const body = hasNoBody(status)
    ? ''
    : typeof given === 'string'
      ? given
      : given.toString('latin1');
  const framing = hasNoBody(status)
    ? ''
    : `Content-Type: ${content.type ?? 'text/plain; charset=utf-8'}\r\nContent-Length: ${body.length}\r\n`;
  const head =
    `HTTP/1.1 ${status} ${reason}\r\n` +
    `Date: ${new Date(clock.wallTime()).toUTCString()}\r\n` +
    `${framing}${content.lines ?? ''}${connectionLine(request)}\r\n`;
  return request.isHead ? head : head + body;
}

/** 204 and 304 end with their head (RFC 9110 15.3.5, 15.4.5). */
function hasNoBody(status: number): boolean {
  return status === 204 || status === 304;
}

/** `Connection` is written where it is not what the client's version implies. */
function connectionLine({ keepsAlive, minor }: AnsweredRequest): string {
  if (!keepsAlive) return 'Connection: close\r\n';
  return minor === 0 ? 'Connection: keep-alive\r\n' : '';
}
