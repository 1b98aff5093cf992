import { describe, expect, test } from 'vitest';
import { appendLines, decrementMaxForwards, requestPath } from '../../../../src/wire/http1/edit.js';
import { Field } from '../../../../src/wire/http1/field-name.js';
import { hasLineEnd } from '../../../../src/wire/http1/message-head.js';
import { Method, TargetForm } from '../../../../src/wire/http1/request-head.js';
import { REQUEST_CASES } from '../../../integration/http-strict/cases/requests.js';
import { forwarded, parseRequest } from './heads.js';

const GET = 'GET /x HTTP/1.1\r\nHost: a\r\n';

describe('verdicts on request heads', () => {
  test.each(REQUEST_CASES.map((item) => [item.name, item] as const))('%s', (_, item) => {
    const { result, head } = parseRequest(item.bytes);
    expect({ result, status: head.status, reason: head.reason }).toEqual(
      item.status === 0
        ? { result: 1, status: 0, reason: '' }
        : { result: -1, status: item.status, reason: expect.stringMatching(/./) },
    );
  });

  test('puts the byte behind the data back', () => {
    const parsed = parseRequest(`${GET}\r\n`);
    expect(parsed.bytes.at(-1)).toBe('x'.charCodeAt(0));
  });

  test('does not read past the limit when a body follows', () => {
    const text = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 40000\r\n\r\n${'b'.repeat(40_000)}`;
    const { result, bytes } = parseRequest(text);
    expect(result).toBe(1);
    expect(bytes.toString('latin1', 7, 7 + text.length)).toBe(text);
  });

  test('a head of exactly the limit passes and one byte more is 431', () => {
    const exact = `${GET}X: ${'a'.repeat(16_384 - GET.length - 7)}\r\n\r\n`;
    expect(exact.length).toBe(16_384);
    expect(parseRequest(exact).result).toBe(1);
    expect(parseRequest(exact.replace('X: ', 'X: b')).head.status).toBe(431);
  });

  test('a line that can never end within the limit is 414 before it ends', () => {
    expect(parseRequest(`GET /${'a'.repeat(16_380)}`).head.status).toBe(414);
  });
});

describe('what a request head says', () => {
  test.each(Object.entries(Method).filter(([name]) => name !== 'OTHER' && name !== 'CONNECT'))(
    'method %s',
    (name, id) => {
      expect(parseRequest(`${name} / HTTP/1.1\r\nHost: a\r\n\r\n`).head.method).toBe(id);
      expect(parseRequest(`${name}X / HTTP/1.1\r\nHost: a\r\n\r\n`).head.method).toBe(Method.OTHER);
      expect(parseRequest(`${name.toLowerCase()} / HTTP/1.1\r\nHost: a\r\n\r\n`).head.method).toBe(
        Method.OTHER,
      );
    },
  );

  test.each([
    ['a.test:443', false],
    ['A.TEST:443', false],
    ['a.test', true],
    ['a.test:80', true],
    ['b.test:443', true],
  ])('CONNECT to a.test:443 with Host %s: differs = %s', (host, differs) => {
    const { head, result } = parseRequest(`CONNECT a.test:443 HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    expect([result, head.hostDiffers]).toEqual([1, differs]);
  });

  test('CONNECT names an authority', () => {
    const { head, text } = parseRequest('CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n');
    expect(head.method).toBe(Method.CONNECT);
    expect(head.form).toBe(TargetForm.authority);
    expect(text(head.authorityStart, head.authorityEnd)).toBe('a.test:443');
  });

  test('offsets of method, target, host and end', () => {
    const parsed = parseRequest('\r\nPOST /a?b HTTP/1.1\r\nX: y\r\nhost: \t a:80 \t\r\n\r\nrest');
    const { head, text } = parsed;
    expect(text(head.methodStart, head.methodEnd)).toBe('POST');
    expect(text(head.targetStart, head.targetEnd)).toBe('/a?b');
    expect(text(head.hostStart, head.hostEnd)).toBe('a:80');
    expect(text(head.end, head.end + 4)).toBe('rest');
    expect(text(head.start, head.start + 4)).toBe('POST');
    expect(head.headerCount).toBe(2);
    expect(head.form).toBe(TargetForm.origin);
  });

  test.each([
    ['http://a.test/p?q', '/p?q'],
    ['http://a.test', '/'],
    ['http://a.test?q', '/?q'],
    ['http://a.test:80/', '/'],
    ['/p?q', '/p?q'],
    ['//a.test/', '//a.test/'],
  ])('%s is forwarded as %s', (target, path) => {
    const parsed = parseRequest(`GET ${target} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
    expect(requestPath(parsed.bytes, parsed.head)).toBe(path);
    expect(forwarded(parsed)).toBe(`GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
  });

  test('OPTIONS of a bare authority is forwarded as *', () => {
    const parsed = parseRequest('OPTIONS http://a.test HTTP/1.1\r\nHost: a.test\r\n\r\n');
    expect(requestPath(parsed.bytes, parsed.head)).toBe('*');
    expect(forwarded(parsed)).toBe('OPTIONS * HTTP/1.1\r\nHost: a.test\r\n\r\n');
  });

  test('an HTTP/1.0 request has the host of its absolute target, or none', () => {
    const absolute = parseRequest('GET http://a.test:8/ HTTP/1.0\r\n\r\n');
    expect(absolute.text(absolute.head.hostStart, absolute.head.hostEnd)).toBe('a.test:8');
    expect(absolute.head.hasHostLine).toBe(false);
    const origin = parseRequest('GET / HTTP/1.0\r\n\r\n');
    expect(origin.head.hostStart).toBe(-1);
    expect(origin.head.minor).toBe(0);
    expect(forwarded(origin)).toBe('GET / HTTP/1.1\r\n\r\n');
  });

  test.each([
    ['Connection: close', true, false],
    ['Connection: keep-alive', false, true],
    ['Connection: Keep-Alive, CLOSE', true, true],
    ['Connection: x\r\nConnection: close', true, false],
    ['X: close', false, false],
    ['Connection: closed, xclose', false, false],
  ])('%j closes: %s, keeps: %s', (lines, closes, keeps) => {
    const { head } = parseRequest(`${GET}${lines}\r\n\r\n`);
    expect([head.wantsClose, head.wantsKeepAlive]).toEqual([closes, keeps]);
  });

  test.each([
    ['Expect: 100-continue', '1.1', true, false],
    ['Expect: 100-Continue', '1.1', true, false],
    ['Expect: 100-continue', '1.0', false, false],
    ['Expect: 200-ok', '1.1', false, true],
    ['Expect: 100-continue, x', '1.1', true, true],
    ['Expect:', '1.1', false, true],
    ['Expect: 100-continue\r\nExpect: 100-continue', '1.1', true, true],
    ['Expect: x 100-continue', '1.1', false, true],
  ])('%j on HTTP/%s expects continue: %s, unknown: %s', (lines, version, known, unknown) => {
    const { head } = parseRequest(`POST / HTTP/${version}\r\nHost: a\r\n${lines}\r\n\r\n`);
    expect([head.expectsContinue && !unknown, head.expectsUnknown]).toEqual([
      known && !unknown,
      unknown,
    ]);
  });

  test.each([
    ['Connection: upgrade\r\nUpgrade: websocket', '1.1', 'websocket'],
    ['Upgrade: websocket\r\nConnection: keep-alive, Upgrade', '1.1', 'websocket'],
    ['Connection: upgrade\r\nUpgrade: websocket', '1.0', ''],
    ['Upgrade: websocket', '1.1', ''],
    ['Connection: upgrade', '1.1', ''],
    ['Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 5', '1.1', ''],
    ['Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 0', '1.1', 'websocket'],
    ['Connection: upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked', '1.1', ''],
  ])('%j on HTTP/%s upgrades to %j', (lines, version, protocol) => {
    const { head, text } = parseRequest(`GET / HTTP/${version}\r\nHost: a\r\n${lines}\r\n\r\n`);
    expect(head.upgradeStart < 0 ? '' : text(head.upgradeStart, head.upgradeEnd)).toBe(protocol);
  });

  test.each([
    ['0', 0],
    ['10', 10],
    [' 7 ', 7],
    ['x', -1],
    ['-1', -1],
  ])('Max-Forwards %j is %d', (value, number) => {
    expect(parseRequest(`${GET}Max-Forwards: ${value}\r\n\r\n`).head.maxForwards).toBe(number);
  });

  test.each([
    ['1', '0'],
    ['10', '09'],
    ['100', '099'],
    ['42', '41'],
  ])('Max-Forwards counts down from %s to %s', (value, next) => {
    const parsed = parseRequest(`${GET}Max-Forwards: ${value}\r\n\r\n`);
    decrementMaxForwards(parsed.bytes, parsed.head);
    expect(forwarded(parsed)).toBe(`${GET}Max-Forwards: ${next}\r\n\r\n`);
  });

  test('forwarded lines are listed in order with their values', () => {
    const { head, text } = parseRequest(
      `${GET}X-Forwarded-For: 1, 2 \r\nForwarded: for=x\r\nX-Forwarded-Proto:https\r\n` +
        'x-forwarded-for: 3\r\nX-FORWARDED-HOST: b\r\nX-Forwarded-Port: 8\r\n\r\n',
    );
    const found: unknown[] = [];
    for (let k = 0; k < head.forwardedCount; k++) {
      const [field = 0, , , from = 0, to = 0] = head.forwarded.subarray(k * 5, k * 5 + 5);
      found.push([field, text(from, to)]);
    }
    expect(found).toEqual([
      [Field.forwardedFor, '1, 2'],
      [Field.forwarded, 'for=x'],
      [Field.forwardedProto, 'https'],
      [Field.forwardedFor, '3'],
      [Field.forwardedHost, 'b'],
      [Field.forwardedPort, '8'],
    ]);
  });

  test('more forwarded lines than there is room for at first are all listed', () => {
    const { head } = parseRequest(`${GET}${'X-Forwarded-For: 1\r\n'.repeat(60)}\r\n`);
    expect(head.forwardedCount).toBe(60);
  });
});

describe('what is forwarded of a request head', () => {
  test.each([
    ['Keep-Alive: timeout=5', ''],
    ['Proxy-Connection: keep-alive', ''],
    ['Proxy-Authorization: Basic eA==', ''],
    ['Connection: close', ''],
    ['Connection: X-A, x-b\r\nX-A: 1\r\nX-C: 2\r\nX-B: 3', 'X-C: 2\r\n'],
    ['X-B: 3\r\nX-A: 1\r\nX-C: 2\r\nConnection: X-A, x-b', 'X-C: 2\r\n'],
    ['X-A: 1\r\nConnection: x-a\r\nX-A: 2\r\nKeep-Alive: 1', ''],
    ['Connection: keep-alive, keep-alive\r\nKeep-Alive: 1', ''],
    ['TE: trailers', 'TE: trailers\r\n'],
    ['TE: Trailers', 'TE: Trailers\r\n'],
    ['TE: gzip', ''],
    ['TE: trailers, deflate', ''],
    ['Connection: TE\r\nTE: trailers', 'TE: trailers\r\n'],
    ['Upgrade: h2c\r\nHTTP2-Settings: x', ''],
    ['Transfer-Encoding: chunked', ''],
    ['Trailer: X-Sum', 'Trailer: X-Sum\r\n'],
    ['Content-Length: 0', 'Content-Length: 0\r\n'],
    ['X_Forwarded_For: 6.6.6.6', ''],
    ['X-Forwarded_For: 6.6.6.6', ''],
    ['x_forwarded-host: evil', ''],
    ['X_Forwarded_Port: 1', ''],
    ['X_Forwarded_Proto: https', ''],
    ['Content_Length: 5', ''],
    ['Transfer_Encoding: chunked', ''],
    ['X_Other: 1', 'X_Other: 1\r\n'],
    [
      'Cookie: a=1\r\nSet-Cookie: b\r\nSet_Cookie: c',
      'Cookie: a=1\r\nSet-Cookie: b\r\nSet_Cookie: c\r\n',
    ],
    ['X-Forwarded-Fox: 1', 'X-Forwarded-Fox: 1\r\n'],
    ['X-Forwarded-For: 1', 'X-Forwarded-For: 1\r\n'],
    ['Hosts: a', 'Hosts: a\r\n'],
    ['TEA: green', 'TEA: green\r\n'],
  ])('%j becomes %j', (lines, expected) => {
    expect(forwarded(parseRequest(`${GET}${lines}\r\n\r\n`))).toBe(`${GET}${expected}\r\n`);
  });

  test('the lines with cookies are counted, and the first is found', () => {
    const { head } = parseRequest(`${GET}A: 1\r\ncookie: a=1\r\nCookies: 2\r\nCOOKIE:b=1\r\n\r\n`);
    expect([head.cookieLines, head.cookieStart - head.start]).toEqual([2, `${GET}A: 1\r\n`.length]);
    expect(parseRequest(`${GET}\r\n`).head.cookieLines).toBe(0);
  });

  test('a higher minor version goes out as HTTP/1.1', () => {
    expect(forwarded(parseRequest('GET / HTTP/1.7\r\nHost: a\r\n\r\n'))).toBe(
      'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    );
  });

  test('lines are added before the empty line and the body moves', () => {
    const text = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody';
    const { head } = parseRequest(text);
    const bytes = Buffer.alloc(200);
    bytes.write(text, 7, 'latin1');
    const end = appendLines(bytes, head, 7 + text.length, Buffer.from('X: 1\r\nY: 2\r\n'));
    expect(bytes.toString('latin1', 7, end)).toBe(
      text.replace('\r\n\r\n', '\r\nX: 1\r\nY: 2\r\n\r\n'),
    );
    expect(bytes.toString('latin1', head.end, end)).toBe('body');
  });

  test('a hundred lines to leave out fit', () => {
    const parsed = parseRequest(`${GET}${'Keep-Alive: 1\r\nX: 1\r\n'.repeat(49)}\r\n`);
    expect(forwarded(parsed)).toBe(`${GET}${'X: 1\r\n'.repeat(49)}\r\n`);
  });

  test('lines taken out by hand keep the order of the list', () => {
    const parsed = parseRequest(
      `${GET}Keep-Alive: 1\r\nX-Forwarded-For: 9\r\nKeep-Alive: 2\r\n\r\n`,
    );
    const { head } = parsed;
    head.removeLine(head.forwarded[1]!, head.forwarded[2]!);
    head.removeLine(head.forwarded[1]!, head.forwarded[2]!);
    expect(head.editCount).toBe(3);
    expect(forwarded(parsed)).toBe(`${GET}\r\n`);
  });
});

describe('hasLineEnd', () => {
  test('looks at the new bytes only', () => {
    const bytes = Buffer.from('a\nbc\nd');
    expect([hasLineEnd(bytes, 0, 2), hasLineEnd(bytes, 2, 4), hasLineEnd(bytes, 2, 5)]).toEqual([
      true,
      false,
      true,
    ]);
  });
});
