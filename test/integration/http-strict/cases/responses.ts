// Responses of a member and the verdict on each: shared by the parser's unit tests and the live suite.
import { show } from './requests.js';

/** What a member sends in answer to a GET; bytes as latin1. */
export interface ResponseCase {
  readonly name: string;
  readonly bytes: string;
  /** Whether the client gets it; a refused one becomes 502. */
  readonly isAccepted: boolean;
}

const cases: ResponseCase[] = [];
let group = '';

function response(name: string, bytes: string, isAccepted: boolean): void {
  cases.push({ name: `${group}: ${name}`, bytes, isAccepted });
}

function statusLine(first: string, isAccepted: boolean): void {
  response(show(first), `${first}\r\nContent-Length: 2\r\n\r\nok`, isAccepted);
}

function ok(name: string, lines: string, body: string, isAccepted: boolean): void {
  response(name, `HTTP/1.1 200 OK\r\n${lines}\r\n${body}`, isAccepted);
}

const CHUNKED_BODY = '2\r\nok\r\n0\r\n\r\n';

group = 'status line';
for (const first of [
  'HTTP/1.1 200 OK',
  'HTTP/1.1 200 ',
  'HTTP/1.1 200',
  'HTTP/1.0 200 OK',
  'HTTP/1.3 200 OK',
  'HTTP/1.1 200 Everything is\tfine \xe4',
  'HTTP/1.1 299 Odd',
  'HTTP/1.1 599 Odd',
  'HTTP/1.1 404 Not Found',
  'HTTP/1.1 500 Oh',
])
  statusLine(first, true);
for (const first of [
  '',
  'OK',
  '200 OK',
  'HTTP/1.1',
  'HTTP/1.1 ',
  'HTTP/1.1 OK',
  'HTTP/1.1 20 OK',
  'HTTP/1.1 2000 OK',
  'HTTP/1.1 2x0 OK',
  'HTTP/1.1 -20 OK',
  'HTTP/1.1 +200 OK',
  'HTTP/1.1 099 Low',
  'HTTP/1.1 000 Low',
  'HTTP/1.1  200 OK',
  'HTTP/1.1\t200 OK',
  'HTTP/1.1 200\tOK',
  'HTTP/1.1 200OK',
  ' HTTP/1.1 200 OK',
  'http/1.1 200 OK',
  'HTTP/2.0 200 OK',
  'HTTP/2 200 OK',
  'HTTP/0.9 200 OK',
  'HTTP/1 200 OK',
  'HTTP/1.10 200 OK',
  'HTTP/1.x 200 OK',
  'HTTP 200 OK',
  'ICY 200 OK',
  'SSH-2.0-OpenSSH_9.2',
  '<html>',
  'HTTP/1.1 200 O\0K',
  'HTTP/1.1 200 O\x01K',
  'HTTP/1.1 200 O\x7fK',
  'HTTP/1.1 200 O\rK',
  'HTTP/1.1 200 O\nK',
  'GET / HTTP/1.1',
])
  statusLine(first, false);
response('an empty line before', '\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', false);
response('bare LF line ends', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n', false);

group = 'header lines';
ok('obs-text in a value', 'X: \xe4\r\nContent-Length: 2\r\n', 'ok', true);
ok('an empty value', 'X:\r\nContent-Length: 2\r\n', 'ok', true);
for (const [name, lines] of [
  ['a blank before the colon', 'X : 1\r\n'],
  ['a folded value', 'X: 1\r\n y\r\n'],
  ['a value folded with a tab', 'X: 1\r\n\ty\r\n'],
  ['a folded first line', ' X: 1\r\n'],
  ['an empty name', ': 1\r\n'],
  ['no colon', 'X\r\n'],
  ['NUL in a value', 'X: \0\r\n'],
  ['a control character in a value', 'X: \x1b\r\n'],
  ['a control character in a name', 'X\x1b: 1\r\n'],
  ['DEL in a value', 'X: \x7f\r\n'],
  ['obs-text in a name', 'X\xe4: 1\r\n'],
  ['a bare CR in a value', 'X: a\rb\r\n'],
  ['a bare LF at the end', 'X: a\nY: b\r\n'],
  ['CR CR LF at the end', 'X: a\r\r\n'],
  ['a value of 20 KB', `X: ${'a'.repeat(20_000)}\r\n`],
  ['101 lines', 'X: 1\r\n'.repeat(101)],
] as const)
  ok(name, `${lines}Content-Length: 2\r\n`, 'ok', false);

group = 'framing';
ok('Content-Length', 'Content-Length: 2\r\n', 'ok', true);
ok('chunked', 'Transfer-Encoding: chunked\r\n', CHUNKED_BODY, true);
ok('Chunked in capitals', 'Transfer-Encoding: CHUNKED\r\n', CHUNKED_BODY, true);
for (const value of [
  '',
  '+2',
  '-2',
  '0x2',
  '2,2',
  '2, 2',
  '2 2',
  '2.0',
  'two',
  '"2"',
  '2;',
  '9007199254740992',
  '18446744073709551618',
  '2\x0b',
])
  ok(`Content-Length ${show(value)}`, `Content-Length: ${value}\r\n`, 'ok', false);
ok('Content-Length twice, different', 'Content-Length: 2\r\nContent-Length: 3\r\n', 'ok', false);
ok('Content-Length twice, equal', 'Content-Length: 2\r\nContent-Length: 2\r\n', 'ok', false);
ok('both framings', 'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n', CHUNKED_BODY, false);
ok(
  'both framings, chunked first',
  'Transfer-Encoding: chunked\r\nContent-Length: 2\r\n',
  CHUNKED_BODY,
  false,
);
for (const value of [
  '',
  'identity',
  'gzip',
  'xchunked',
  'chunked, gzip',
  'chunked, chunked',
  'gzip, chunked',
  'chunked;x',
  '"chunked"',
  'chunked\x0b',
  '\x0bchunked',
  ', chunked',
  'chunked,',
])
  ok(`Transfer-Encoding ${show(value)}`, `Transfer-Encoding: ${value}\r\n`, CHUNKED_BODY, false);
ok(
  'Transfer-Encoding twice',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n',
  CHUNKED_BODY,
  false,
);
ok(
  'Transfer-Encoding before a blank and the colon',
  'Transfer-Encoding : chunked\r\n',
  CHUNKED_BODY,
  false,
);
response(
  'Transfer-Encoding on HTTP/1.0',
  `HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKED_BODY}`,
  false,
);
ok(
  'Connection names Content-Length',
  'Connection: content-length\r\nContent-Length: 2\r\n',
  'ok',
  false,
);
ok(
  'Connection names Transfer-Encoding',
  'Connection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n',
  CHUNKED_BODY,
  false,
);
ok('Connection is no list of tokens', 'Connection: "close"\r\nContent-Length: 2\r\n', 'ok', false);

/** Responses and whether they may pass. */
export const RESPONSE_CASES: readonly ResponseCase[] = cases;
