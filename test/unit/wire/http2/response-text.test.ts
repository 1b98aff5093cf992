// Responses of HTTP/2 as heads of HTTP/1.1.
import { describe, expect, test } from 'vitest';
import { renderResponse, renderTrailers } from '../../../../src/wire/http2/response-text.js';

const render = (fields: string[], isEnded = false, isHead = false) =>
  renderResponse(fields, isEnded, isHead);

describe('renderResponse', () => {
  test.each<[string, string[], boolean, boolean, string, boolean]>([
    [
      'a body of unknown length',
      [':status', '200', 'a', 'b'],
      false,
      false,
      'a: b\r\ntransfer-encoding: chunked\r\n',
      true,
    ],
    [
      'a body with a length',
      [':status', '200', 'content-length', '5'],
      false,
      false,
      'content-length: 5\r\n',
      false,
    ],
    ['an ended head', [':status', '200'], true, false, 'content-length: 0\r\n', false],
    [
      'an answer to HEAD',
      [':status', '200', 'content-length', '5'],
      true,
      true,
      'content-length: 5\r\n',
      false,
    ],
    ['an answer to HEAD without a length', [':status', '200'], true, true, '', false],
    ['204', [':status', '204'], true, false, '', false],
    ['304', [':status', '304', 'etag', '"1"'], true, false, 'etag: "1"\r\n', false],
    [
      'trailers that are announced',
      [':status', '200', 'content-length', '5', 'trailer', 'x'],
      false,
      false,
      'trailer: x\r\ntransfer-encoding: chunked\r\n',
      true,
    ],
    [
      'gRPC',
      [':status', '200', 'content-type', 'application/grpc+proto', 'content-length', '5'],
      false,
      false,
      'content-type: application/grpc+proto\r\ntransfer-encoding: chunked\r\n',
      true,
    ],
    [
      'cookies, line by line',
      [':status', '200', 'set-cookie', 'a', 'set-cookie', 'b'],
      true,
      false,
      'set-cookie: a\r\nset-cookie: b\r\ncontent-length: 0\r\n',
      false,
    ],
  ])('%s', (_, fields, isEnded, isHead, lines, isChunked) => {
    expect(renderResponse(fields, isEnded, isHead)).toEqual({
      text: `HTTP/1.1 ${fields[1]} \r\n${lines}\r\n`,
      isChunked,
    });
  });

  test.each<[string, string[]]>([
    ['no status', ['a', 'b']],
    ['a status that is none', [':status', '20']],
    ['a status below 100', [':status', '099']],
    ['a second pseudo-header field', [':status', '200', ':path', '/']],
    ['a name with a capital', [':status', '200', 'A', 'b']],
    ['a name with a colon', [':status', '200', 'a:b', 'c']],
    ['a line end in a value', [':status', '200', 'a', 'b\r\nc: d']],
    ['a NUL', [':status', '200', 'a', 'b\0']],
    ['a field of the connection', [':status', '200', 'transfer-encoding', 'chunked']],
    ['connection', [':status', '200', 'connection', 'close']],
    ['two lengths', [':status', '200', 'content-length', '1', 'content-length', '1']],
    ['a length that is none', [':status', '200', 'content-length', '+1']],
  ])('is refused: %s', (_, fields) => {
    expect(render(fields)).toBeUndefined();
  });
});

test('renderTrailers writes lines, or nothing when one of them is none', () => {
  expect(renderTrailers(['grpc-status', '0', 'x', 'y'])).toBe('grpc-status: 0\r\nx: y\r\n');
  expect(renderTrailers(['grpc-status', '0', 'x', 'y\r\nz: 1'])).toBe('');
  expect(renderTrailers([':status', '200'])).toBe('');
});
