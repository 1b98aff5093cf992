// Heads of HTTP/1.1 requests as the fields of HTTP/2.
import { describe, expect, test } from 'vitest';
import { BodyMode } from '../../../../src/wire/http1/body.js';
import { requestFields } from '../../../../src/wire/http2/request-fields.js';

describe('requestFields', () => {
  test('Host becomes :authority, pseudo-header fields come first', () => {
    const { fields, mode, bodyStart } = requestFields(
      'GET /a?b HTTP/1.1\r\nHost: a.test:81\r\nAccept: */*\r\nX-Two: 1\r\nX-Two: 2\r\n\r\n',
      'https',
    );
    expect(Object.entries(fields)).toEqual([
      [':method', 'GET'],
      [':scheme', 'https'],
      [':authority', 'a.test:81'],
      [':path', '/a?b'],
      ['accept', '*/*'],
      ['x-two', ['1', '2']],
    ]);
    expect(mode).toBe(BodyMode.none);
    expect(bodyStart).toBe(71);
  });

  test('what speaks of the connection is left out, te: trailers stays', () => {
    const { fields } = requestFields(
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nKeep-Alive: 1\r\nTE: trailers\r\n\r\n',
      'http',
    );
    expect(Object.keys(fields).slice(4)).toEqual(['te']);
  });

  test('a body with a length keeps it, a chunked one has none', () => {
    const known = requestFields(
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc',
      'http',
    );
    expect(known).toMatchObject({ mode: BodyMode.length, bodyBytes: 3 });
    expect(known.fields['content-length']).toBe('3');
    const chunked = requestFields(
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n',
      'http',
    );
    expect(chunked.mode).toBe(BodyMode.chunked);
    expect(chunked.fields).not.toHaveProperty('transfer-encoding');
  });

  test('a body that looks like a header line is no header line', () => {
    const { mode } = requestFields(
      'GET / HTTP/1.1\r\nHost: a\r\n\r\n\r\nTransfer-Encoding: chunked\r\n',
      'http',
    );
    expect(mode).toBe(BodyMode.none);
  });
});
