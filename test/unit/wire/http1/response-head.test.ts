import { describe, expect, test } from 'vitest';
import { RESPONSE_CASES } from '../../../integration/http-strict/cases/responses.js';
import { forwarded, parseResponse } from './heads.js';

describe('verdicts on response heads', () => {
  test.each(RESPONSE_CASES.map((item) => [item.name, item] as const))('%s', (_, item) => {
    const { result, head } = parseResponse(item.bytes);
    expect({ result, reason: head.reason }).toEqual(
      item.isAccepted
        ? { result: 1, reason: '' }
        : { result: -1, reason: expect.stringMatching(/./) },
    );
  });
});

/** The framing of an accepted response. */
function framing(bytes: string, requestWasHead = false): object {
  const { head, result } = parseResponse(bytes, requestWasHead);
  expect(result).toBe(1);
  const { status, contentLength, isChunked, hasNoBody, isUntilClose, closes } = head;
  return { status, contentLength, isChunked, hasNoBody, isUntilClose, closes };
}

describe('framing of responses', () => {
  const plain = {
    status: 200,
    contentLength: -1,
    isChunked: false,
    hasNoBody: false,
    isUntilClose: false,
    closes: false,
  };
  const none = { ...plain, hasNoBody: true };

  test.each([
    ['a length', '200 OK\r\nContent-Length: 5', { ...plain, contentLength: 5 }],
    ['chunked', '200 OK\r\nTransfer-Encoding: chunked', { ...plain, isChunked: true }],
    ['neither', '200 OK', { ...plain, isUntilClose: true, closes: true }],
    [
      '205 with a length',
      '205 R\r\nContent-Length: 0',
      { ...plain, status: 205, contentLength: 0 },
    ],
    ['205 with neither', '205 R', { ...plain, status: 205, isUntilClose: true, closes: true }],
    ['100', '100 Continue', { ...none, status: 100 }],
    ['103', '103 Early Hints\r\nLink: </a>', { ...none, status: 103 }],
    ['101', '101 S\r\nConnection: upgrade\r\nUpgrade: websocket', { ...none, status: 101 }],
    ['204', '204 No Content', { ...none, status: 204 }],
    ['204 with length 0', '204 N\r\nContent-Length: 0', { ...none, status: 204 }],
    ['204 with a body', '204 N\r\nContent-Length: 5', { ...none, status: 204, closes: true }],
    ['204 chunked', '204 N\r\nTransfer-Encoding: chunked', { ...none, status: 204, closes: true }],
    ['100 with a body', '100 C\r\nContent-Length: 5', { ...none, status: 100, closes: true }],
    ['304', '304 N', { ...none, status: 304 }],
    ['304 with a length', '304 N\r\nContent-Length: 5', { ...none, status: 304, contentLength: 5 }],
    [
      'close',
      '200 OK\r\nContent-Length: 5\r\nConnection: close',
      { ...plain, contentLength: 5, closes: true },
    ],
  ])('%s', (_, text, expected) => {
    expect(framing(`HTTP/1.1 ${text}\r\n\r\n`)).toEqual(expected);
  });

  test.each([
    ['a length', 'Content-Length: 5', { ...none, contentLength: 5 }],
    ['chunked', 'Transfer-Encoding: chunked', { ...none, isChunked: true }],
    ['neither', 'X: 1', none],
  ])('an answer to HEAD with %s has no body', (_, line, expected) => {
    expect(framing(`HTTP/1.1 200 OK\r\n${line}\r\n\r\n`, true)).toEqual(expected);
  });

  test('HTTP/1.0 closes unless it says keep-alive', () => {
    expect(framing('HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n')).toMatchObject({ closes: true });
    expect(
      framing('HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n'),
    ).toMatchObject({ closes: false });
  });
});

describe('what is forwarded of a response head', () => {
  const LINE = 'HTTP/1.1 200 OK\r\n';
  test.each([
    ['Content-Length: 2', 'Content-Length: 2\r\n'],
    ['Transfer-Encoding: chunked', ''],
    ['Connection: close', ''],
    ['Keep-Alive: timeout=5', ''],
    ['Proxy-Connection: x', ''],
    ['Connection: x-a\r\nX-A: 1\r\nX-B: 2', 'X-B: 2\r\n'],
    ['Upgrade: h2c', ''],
    ['Trailer: X-Sum', 'Trailer: X-Sum\r\n'],
    ['Proxy-Authenticate: Basic', ''],
    ['Set-Cookie: a=b\r\nSet-Cookie: c=d', 'Set-Cookie: a=b\r\nSet-Cookie: c=d\r\n'],
    ['Forwarded: x', 'Forwarded: x\r\n'],
  ])('%j becomes %j', (lines, expected) => {
    expect(forwarded(parseResponse(`${LINE}${lines}\r\n\r\n`))).toBe(`${LINE}${expected}\r\n`);
  });

  test('an HTTP/1.0 response goes out as HTTP/1.1', () => {
    expect(forwarded(parseResponse('HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n'))).toBe(
      'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
    );
  });

  test('204 loses its framing lines', () => {
    expect(
      forwarded(parseResponse('HTTP/1.1 204 N\r\nX: 1\r\nContent-Length: 0\r\nY: 2\r\n\r\n')),
    ).toBe('HTTP/1.1 204 N\r\nX: 1\r\nY: 2\r\n\r\n');
  });

  test('the value of Upgrade is known', () => {
    const { head, text } = parseResponse(
      'HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade:  websocket \r\n\r\n',
    );
    expect(text(head.upgradeStart, head.upgradeEnd)).toBe('websocket');
    expect(head.namesUpgrade).toBe(true);
  });
});
