import { describe, expect, test } from 'vitest';
import { requestAttribute } from '../../../../src/frontend/http/request-text.js';

const HEAD =
  'GET /a/b?user=7&x=%20 HTTP/1.1\r\nHost: a.test\r\nX-User:  ann \r\nCookie: a=1; sid = q ;b=2\r\n\r\nX-Body: no\r\n';

describe('requestAttribute', () => {
  test.each([
    ['uri', '', '/a/b?user=7&x=%20'],
    ['path', '', '/a/b'],
    ['query', 'user', '7'],
    ['query', 'x', '%20'],
    ['query', 'none', undefined],
    ['header', 'x-user', 'ann'],
    ['header', 'X-USER', 'ann'],
    ['header', 'x-body', undefined],
    ['cookie', 'sid', 'q'],
    ['cookie', 'b', '2'],
    ['cookie', 'none', undefined],
  ] as const)('%s %s', (kind, name, value) => {
    expect(requestAttribute(HEAD, kind, name)).toBe(value);
  });

  test.each([
    ['a', '1'],
    ['b', '2'],
    ['c', '3'],
    ['Cookie', undefined],
  ])(
    'cookie %s is found in whichever Cookie line it stands, the first one counts',
    (name, value) => {
      const head =
        'GET / HTTP/1.1\r\nCookie: a=1\r\nX-Cookie: c=9\r\ncookie: b=2; a=7\r\nCOOKIE:c=3\r\n\r\n';
      expect(requestAttribute(head, 'cookie', name)).toBe(value);
    },
  );

  test('Cookie lines are one header', () => {
    const head =
      'GET / HTTP/1.1\r\nCookie: a=1\r\nX-User: ann\r\ncookie: b=2\r\nX-User: bob\r\n\r\n';
    expect(requestAttribute(head, 'header', 'Cookie')).toBe('a=1; b=2');
    expect(requestAttribute(head, 'header', 'x-user')).toBe('ann');
  });
});
