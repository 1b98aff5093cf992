// What members and clients see of sticky cookies; rows marked so were recorded from HAProxy 2.6.12.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AnswerCookie, editSetCookie } from '../../../src/sticky/answer-cookie.js';
import { CacheCheck } from '../../../src/sticky/cacheable.js';
import { headerKey, sourceKey } from '../../../src/sticky/client-key.js';
import { withoutCookie } from '../../../src/sticky/request-cookie.js';

describe('the Cookie header towards a member', () => {
  test.each([
    ['SRV=s1', ''],
    ['SRV=s1; SRV=s2', ''],
    ['SRV=s1;', ''],
    [' ; SRV=s1; ', ''],
    ['SRV=s1;; SRV=s2; ;', ''],
    [' SRV=s1 ', ''],
    ['a=b; SRV=s1; c=d', 'a=b; c=d'],
    ['SRV=s1; c=d', 'c=d'],
    ['SRV=s1;c=d', 'c=d'],
    ['SRV=s1;   c=d', 'c=d'],
    ['a=b; SRV=s1', 'a=b'],
    ['a=b;SRV=s1;c=d', 'a=b;c=d'],
    ['SRV=s1; a=b; SRV=s2', 'a=b'],
    ['SRV=s1; SRV=s2; a=b', 'a=b'],
    ['a=b; SRV=s1; SRV=s2; c=d; SRV=s3', 'a=b; c=d'],
    ['a=b; SRV = s1; c=d', 'a=b; c=d'],
    ['a=b; SRV=', 'a=b'],
    ['srv=s1', 'srv=s1'],
    ['XSRV=s1; SRVX=s1', 'XSRV=s1; SRVX=s1'],
    ['SRV; a=b', 'SRV; a=b'],
    ['a=SRV=s1', 'a=SRV=s1'],
    ['', ''],
  ])('insert: %j becomes %j', (header, expected) => {
    expect(withoutCookie(header, { name: 'SRV', mode: 'insert' })).toBe(expected);
  });

  test.each([
    ['SRV=s1~app', 'SRV=app'],
    ['a=b; SRV=s2~a~b; c=d', 'a=b; SRV=a~b; c=d'],
    ['SRV=zz~app', 'SRV=app'],
    ['SRV=app', 'SRV=app'],
    ['SRV=s1~', 'SRV='],
    ['SRV=s1~x; SRV=s2~y', 'SRV=x; SRV=y'],
    ['SRV=app; b=s1~x', 'SRV=app; b=s1~x'],
  ])('prefix: %j becomes %j, as in HAProxy', (header, expected) => {
    expect(withoutCookie(header, { name: 'SRV', mode: 'prefix' })).toBe(expected);
  });

  test('every other pair stays, in its order, and none of ours', () => {
    const pair = fc.constantFrom('SRV=s1', 'SRV=', 'a=1', 'b=SRV', 'SRVX=2', 'SRV');
    const gap = fc.constantFrom(';', '; ', ';  ');
    fc.assert(
      fc.property(fc.array(fc.tuple(pair, gap), { maxLength: 8 }), (parts) => {
        const header = parts.map(([text, after], i) => text + (i < parts.length - 1 ? after : ''));
        const others = parts.map(([text]) => text).filter((text) => !text.startsWith('SRV='));
        const left = withoutCookie(header.join(''), { name: 'SRV', mode: 'insert' });
        expect(left === '' ? [] : left.split(/; */)).toEqual(others);
      }),
    );
  });
});

describe('a Set-Cookie line of a member', () => {
  const cookie = (mode: AnswerCookie['mode']): AnswerCookie => ({
    name: 'SRV',
    mode,
    id: 's1',
    setCookie: '',
  });
  test.each([
    ['insert', 'SRV=app1; Path=/x', ''],
    ['insert', 'SRV=; Max-Age=0', ''],
    ['insert', 'SRV = app1 ; Path=/', ''],
    ['insert', 'other=1', 'other=1'],
    ['insert', 'srv=app1', 'srv=app1'],
    ['insert', 'SRV', 'SRV'],
    ['insert', 'a=b; SRV=s', 'a=b; SRV=s'],
    ['rewrite', 'SRV=app1; Path=/x', 'SRV=s1; Path=/x'],
    ['rewrite', 'SRV=app1', 'SRV=s1'],
    ['rewrite', 'SRV=; Max-Age=0', 'SRV=s1; Max-Age=0'],
    ['rewrite', 'SRV', 'SRV'],
    ['rewrite', 'SRV; x=1', 'SRV; x=1'],
    ['prefix', 'SRV=app1; Path=/x', 'SRV=s1~app1; Path=/x'],
    ['prefix', 'SRV=; Max-Age=0', 'SRV=s1~; Max-Age=0'],
    ['prefix', 'SRV=a=b', 'SRV=s1~a=b'],
    ['prefix', 'other=1', 'other=1'],
  ] as const)('in mode %s: %j becomes %j, as in HAProxy', (mode, value, expected) => {
    expect(editSetCookie(value, cookie(mode))).toBe(expected);
  });
});

describe('Cache-Control: private', () => {
  const etag = ['etag', '"a"'] as const;
  test.each<[...(readonly [string, string])[], boolean]>([
    [false],
    [etag, true],
    [['last-modified', 'Thu, 01 Jan 2026 00:00:00 GMT'], true],
    [['expires', 'Thu, 01 Jan 2037 00:00:00 GMT'], true],
    [['expires', '0'], true],
    [['cache-control', 'max-age=60'], true],
    [['cache-control', 's-maxage=5'], true],
    [['cache-control', 'public'], false],
    [['cache-control', 'public'], etag, true],
    [['cache-control', 'PUBLIC'], etag, true],
    [['cache-control', 'private'], etag, false],
    [['cache-control', 'no-store'], etag, false],
    [['cache-control', 'no-cache'], etag, false],
    [['cache-control', 'max-age=0'], etag, false],
    [['cache-control', 'Max-Age=0'], etag, false],
    [['cache-control', 's-maxage=0, max-age=60'], false],
    [['cache-control', 'max-age=60, s-maxage=0'], false],
    [['cache-control', 's-maxage=10, max-age=0'], false],
    [['cache-control', 'no-cache="set-cookie", max-age=60'], true],
    [['cache-control', 'no-cache="x-a"'], etag, true],
    [['cache-control', 'private, max-age=9'], false],
    [['cache-control', 'private'], ['cache-control', 'public'], false],
    [['cache-control', 'private'], ['cache-control', 'public'], etag, true],
    [['cache-control', 'must-revalidate'], etag, true],
    [['pragma', 'no-cache'], etag, false],
    [['vary', '*'], etag, true],
  ])('as in HAProxy: %j', (...row) => {
    const check = new CacheCheck();
    const lines = row.slice(0, -1) as (readonly [string, string])[];
    for (let round = 0; round < 2; round++) {
      check.begin();
      for (const [name, value] of lines) check.take(name, value);
      expect(check.needsPrivate(true, 200)).toBe(row.at(-1));
    }
  });

  test('only for what caches keep unasked', () => {
    const check = new CacheCheck();
    check.begin();
    check.take('etag', '"a"');
    const statuses = [
      200, 201, 202, 203, 204, 206, 300, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 410,
      414, 500, 501, 502, 503,
    ];
    const kept = statuses.filter((status) => check.needsPrivate(true, status));
    expect(kept).toEqual([200, 203, 204, 206, 300, 301, 404, 405, 410, 414, 501]);
    expect(statuses.filter((status) => check.needsPrivate(false, status))).toEqual([]);
  });
});

describe('keys of clients', () => {
  test.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:c000:207', '192.0.2.7'],
    ['::1', '0:0:0:0:0:0:0:1'],
    ['0:0:0:0:0:0:0:1', '0:0:0:0:0:0:0:1'],
    ['2001:DB8::00A1', '2001:db8:0:0:0:0:0:a1'],
    ['fe80::1%eth0', 'fe80:0:0:0:0:0:0:1'],
    ['not:an:address', 'not:an:address'],
    ['', ''],
  ])('%s is %s', (source, key) => {
    expect(sourceKey(source)).toBe(key);
  });

  test('a long header value is known by its digest, a short one by itself', () => {
    expect(headerKey('kim')).toBe('kim');
    expect(headerKey('x'.repeat(64))).toBe('x'.repeat(64));
    const long = headerKey('x'.repeat(65));
    expect(long).toMatch(/^sha256:[\w-]{43}$/);
    expect(headerKey(`${'x'.repeat(64)}y`)).not.toBe(long);
  });
});
