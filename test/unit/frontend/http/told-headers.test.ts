import { describe, expect, test } from 'vitest';
import { checkToldHeader, withHeader } from '../../../../src/frontend/http/told-headers.js';

const HEAD = 'GET / HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nx-one: 2\r\nX-OneMore: 3\r\n\r\n';

describe('withHeader', () => {
  test.each([
    ['X-One', '9', 'GET / HTTP/1.1\r\nHost: a\r\nX-OneMore: 3\r\nX-One: 9\r\n\r\n'],
    ['x-new', '', HEAD.replace('\r\n\r\n', '\r\nx-new: \r\n\r\n')],
    ['x-one', undefined, 'GET / HTTP/1.1\r\nHost: a\r\nX-OneMore: 3\r\n\r\n'],
    ['x-new', undefined, HEAD],
  ])('%s: %j', (name, value, expected) => {
    expect(withHeader(HEAD, name, value)).toBe(expected);
  });

  test('leaves the body alone, also one that looks like a head', () => {
    expect(withHeader(`${HEAD}X-One: body\r\n\r\n`, 'x-one', undefined)).toBe(
      'GET / HTTP/1.1\r\nHost: a\r\nX-OneMore: 3\r\n\r\nX-One: body\r\n\r\n',
    );
  });
});

describe('checkToldHeader', () => {
  test.each([
    ['content-length', '1'],
    ['Content_Length', '1'],
    ['Transfer-Encoding', 'chunked'],
    ['connection', 'close'],
    ['a b', 'x'],
    ['x', 'a\nb'],
  ])('refuses %s: %j', (name, value) => {
    expect(() => checkToldHeader(name, value)).toThrow(
      expect.objectContaining({ code: 'EK_STATE' }),
    );
  });
});
