// Heads and trailers of HTTP/1.1 as the fields of HTTP/2.
import { describe, expect, test } from 'vitest';
import { headFields, lineFields } from '../../../../src/wire/http2/fields.js';

describe('headFields', () => {
  test('names are in lower case, values without the blanks around them', () => {
    const head = 'HTTP/1.1 200 OK\r\nServer: x\r\nX-Empty:\r\nX-Blank: \t a b \t\r\n\r\n';
    expect({ ...headFields(head) }).toEqual({ server: 'x', 'x-empty': '', 'x-blank': 'a b' });
  });

  test('several lines of a name are a list; of a field that has one value the first counts', () => {
    const head =
      'HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nSet-Cookie: c=3\r\nETag: "1"\r\nETag: "2"\r\n\r\n';
    expect({ ...headFields(head) }).toEqual({ 'set-cookie': ['a=1', 'b=2', 'c=3'], etag: '"1"' });
  });

  test('fields of the connection are left out, whatever their letters', () => {
    const head =
      'HTTP/1.1 200 OK\r\nConnection: close\r\nKeep-Alive: timeout=5\r\nTRANSFER-ENCODING: chunked\r\nUpgrade: h2c\r\nProxy-Connection: a\r\nA: b\r\n\r\n';
    expect({ ...headFields(head) }).toEqual({ a: 'b' });
  });

  test('names such as __proto__ are names', () => {
    const fields = headFields('HTTP/1.1 200 OK\r\n__proto__: a\r\nconstructor: b\r\n\r\n');
    expect(Object.entries(fields)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
  });

  test('a head without header lines has no fields', () => {
    expect({ ...headFields('HTTP/1.1 204 No Content\r\n\r\n') }).toEqual({});
  });
});

test('lineFields reads lines without a first line', () => {
  expect({ ...lineFields('grpc-status: 0\r\ngrpc-message: ok\r\n') }).toEqual({
    'grpc-status': '0',
    'grpc-message': 'ok',
  });
  expect({ ...lineFields('') }).toEqual({});
});
