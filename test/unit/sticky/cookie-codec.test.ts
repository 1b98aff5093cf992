// Every expected text here was recorded from HAProxy 2.6.12 with `cookie SRV insert indirect nocache ...`, servers s1 and s2.
import { describe, expect, test } from 'vitest';
import type { CookieStickyConfig } from '../../../src/spec/config.js';
import { CookieCodec } from '../../../src/sticky/cookie-codec.js';
import { parseCookieDate, renderCookieDate } from '../../../src/sticky/cookie-date.js';

const NOW = 1_795_667_654;

function codec(config: Partial<CookieStickyConfig> = {}, secret?: string): CookieCodec {
  const made = new CookieCodec(
    {
      mode: 'cookie',
      cookie: 'SRV',
      cookieMode: 'insert',
      secure: false,
      httpOnly: false,
      path: '/',
      opaque: secret !== undefined,
      ...config,
    },
    secret,
  );
  made.use(['s1', 's2']);
  return made;
}

/** A date `seconds` from now. */
function date(seconds: number): string {
  return renderCookieDate(NOW + seconds);
}

/** Who the client belongs to, and what its answer sets: `s1 SRV=s1|awe2y`, `s1 -`, `nobody SRV=s2`. */
function outcome(made: CookieCodec, header: string, other = 's2'): string {
  made.begin(header);
  const member = made.next(NOW);
  const { setCookie } = made.answer(member ?? other, member !== undefined, made, NOW);
  return `${member ?? 'nobody'} ${setCookie === '' ? '-' : setCookie.replace('; path=/', '')}`;
}

describe('dates of cookies', () => {
  test.each([
    [1_795_667_653, 'awe2y'],
    [1_795_667_654, 'awe2y'],
    [1_795_667_656, 'awe2y'],
    [1_795_667_657, 'awe2z'],
    [1_795_667_659, 'awe2z'],
  ])('%s is written as HAProxy wrote it then: %s', (seconds, text) => {
    expect(renderCookieDate(seconds)).toBe(text);
    expect(parseCookieDate(text, 0, 5)).toBe(Math.ceil(seconds / 4) * 4);
  });

  test.each([
    ['awe2', 0, 4],
    ['!!!!!', 0, 5],
    ['awe2=', 0, 5],
    ['awe2é', 0, 5],
    ['awe2\u0141', 0, 5],
    ['', 0, 0],
    ['s1|awe2y', 3, 7],
  ])('%j is none', (text, from, to) => {
    expect(parseCookieDate(text, from, to)).toBe(0);
  });

  test('the digits of 30 bits come back', () => {
    for (const units of [1, 63, 64, 4095, 4096, 0x2aaaaaaa, 0x3fffffff])
      expect(parseCookieDate(renderCookieDate(units * 4), 0, 5)).toBe(units * 4);
  });
});

describe('CookieCodec without dates', () => {
  test.each([
    ['', 'nobody SRV=s2'],
    ['a=b', 'nobody SRV=s2'],
    ['SRV=s1', 's1 -'],
    ['a=b; SRV=s1; c=d', 's1 -'],
    ['a=b;SRV=s1;c=d', 's1 -'],
    ['a=b;SRV=s1 ;  c=d', 's1 -'],
    ['a=b; SRV = s1; c=d', 's1 -'],
    ['srv=s1', 'nobody SRV=s2'],
    ['XSRV=s1', 'nobody SRV=s2'],
    ['SRVX=s1', 'nobody SRV=s2'],
    ['SRV; a=b', 'nobody SRV=s2'],
    ['SRV=', 'nobody SRV=s2'],
    ['SRV="s1"', 'nobody SRV=s2'],
    ['SRV=zz', 'nobody SRV=s2'],
    ['SRV=zz; SRV=s1', 's1 -'],
    ['SRV=s1; SRV=s2', 's1 -'],
    // A date from a time when the pool had a limit goes once it lies in the past.
    [`SRV=s1|${date(0)}`, 's1 -'],
    [`SRV=s1|${date(-8)}`, 's1 SRV=s1'],
    [`SRV=s1|${date(-700)}`, 's1 SRV=s1'],
    [`SRV=s1|${date(0)}|${date(-100)}`, 's1 SRV=s1'],
    ['SRV=s1|abc', 's1 -'],
    ['SRV=s1|!!!!!', 's1 -'],
    ['SRV=s1|', 's1 -'],
    [`SRV=zz|${date(0)}`, 'nobody SRV=s2'],
  ])('%s: %s', (header, expected) => {
    expect(outcome(codec(), header)).toBe(expected);
  });

  test('an answer is made once for all clients of a member', () => {
    const made = codec();
    const dates = { lastS: 0, firstS: 0 };
    expect(made.answer('s1', false, dates, NOW)).toBe(made.answer('s1', false, dates, NOW + 9));
    expect(made.answer('s1', true, dates, NOW)).toBe(made.answer('s1', true, dates, NOW));
  });
});

const TODAY = date(0);

describe('CookieCodec with maxIdle 60s', () => {
  test.each([
    ['a=b', `nobody SRV=s2|${TODAY}`],
    ['SRV=s1', `s1 SRV=s1|${TODAY}`],
    [`SRV=s1|${date(0)}`, 's1 -'],
    [`SRV=s1|${date(-3)}`, `s1 SRV=s1|${TODAY}`],
    [`SRV=s1|${date(-8)}`, `s1 SRV=s1|${TODAY}`],
    [`SRV=s1|${date(-70)}`, `nobody SRV=s2|${TODAY}`],
    [`SRV=s1|${date(-8)}|${date(-100)}`, `s1 SRV=s1|${TODAY}`],
    [`SRV=s1|${date(0)}|${date(-100)}`, `s1 SRV=s1|${TODAY}`],
    [`SRV=s1|${date(3600)}`, 's1 -'],
    [`SRV=s1|${date(90_000)}`, `nobody SRV=s2|${TODAY}`],
    ['SRV=s1|abc', `s1 SRV=s1|${TODAY}`],
    ['SRV=s1|!!!!!', `s1 SRV=s1|${TODAY}`],
    [`SRV=s1|${date(0)}|abc`, 's1 -'],
    ['SRV=s1|', `s1 SRV=s1|${TODAY}`],
    [`SRV=s1|${date(0)}xx`, 's1 -'],
    ['SRV=s1|AAAAA|AAAAA', `s1 SRV=s1|${TODAY}`],
    [`SRV=zz|${date(0)}`, `nobody SRV=s2|${TODAY}`],
    [`SRV=s1|${date(-7000)}; SRV=s2|${date(0)}`, 's2 -'],
  ])('%s: %s', (header, expected) => {
    expect(outcome(codec({ maxIdle: 60_000 }), header)).toBe(expected);
  });

  test('a client is free when it was away for longer, and not before', () => {
    const made = codec({ maxIdle: 60_000 });
    const seenS = Math.ceil(NOW / 4) * 4;
    const at = (nowS: number): string | undefined => {
      made.begin(`SRV=s1|${renderCookieDate(NOW)}`);
      return made.next(nowS);
    };
    expect(at(seenS + 60)).toBe('s1');
    expect(at(seenS + 61)).toBeUndefined();
  });
});

describe('CookieCodec with maxLife 10m', () => {
  test.each([
    ['a=b', `nobody SRV=s2|${TODAY}|${TODAY}`],
    ['SRV=s1', `s1 SRV=s1|${TODAY}|${TODAY}`],
    [`SRV=s1|${date(0)}`, `s1 SRV=s1|${TODAY}|${TODAY}`],
    [`SRV=s1|${date(-8)}|${date(-100)}`, `s1 SRV=s1|${TODAY}|${date(-100)}`],
    [`SRV=s1|${date(0)}|${date(-100)}`, 's1 -'],
    [`SRV=s1|${date(0)}|${date(-700)}`, `nobody SRV=s2|${TODAY}|${TODAY}`],
    [`SRV=s1|${date(0)}|${date(90_000)}`, `nobody SRV=s2|${TODAY}|${TODAY}`],
    [`SRV=s1|${date(0)}|abc`, `s1 SRV=s1|${TODAY}|${TODAY}`],
    [`SRV=s1||${date(-100)}`, 's1 -'],
    [`SRV=s1|${date(-70)}`, `s1 SRV=s1|${TODAY}|${TODAY}`],
  ])('%s: %s', (header, expected) => {
    expect(outcome(codec({ maxLife: 600_000 }), header)).toBe(expected);
  });

  test('the first date goes along to another member', () => {
    const made = codec({ maxLife: 600_000 });
    made.begin(`SRV=s1|${date(-8)}|${date(-100)}`);
    made.next(NOW);
    expect(made.answer('s2', false, made, NOW).setCookie).toBe(
      `SRV=s2|${TODAY}|${date(-100)}; path=/`,
    );
  });
});

describe('CookieCodec with maxIdle 60s and maxLife 10m', () => {
  test.each([
    [`SRV=s1|${date(0)}|${date(-100)}`, 's1 -'],
    [`SRV=s1|${date(-70)}`, `nobody SRV=s2|${TODAY}|${TODAY}`],
    [`SRV=s1|${date(-70)}|${date(-100)}`, `nobody SRV=s2|${TODAY}|${TODAY}`],
    [`SRV=s1|${date(0)}|${date(-700)}`, `nobody SRV=s2|${TODAY}|${TODAY}`],
    [`SRV=s1||${date(-100)}`, `s1 SRV=s1|${TODAY}|${date(-100)}`],
  ])('%s: %s', (header, expected) => {
    expect(outcome(codec({ maxIdle: 60_000, maxLife: 600_000 }), header)).toBe(expected);
  });
});

describe('attributes', () => {
  test('stand in the order of HAProxy', () => {
    const made = codec({
      path: '/app',
      domain: 'example.com',
      secure: true,
      httpOnly: true,
      sameSite: 'Lax',
    });
    expect(made.answer('s1', false, made, NOW).setCookie).toBe(
      'SRV=s1; path=/app; domain=example.com; HttpOnly; Secure; SameSite=Lax',
    );
  });
});

describe('CookieCodec in modes rewrite and prefix', () => {
  test.each([
    ['SRV=s1', 's1'],
    ['SRV=s1~app', undefined],
    ['SRV=s1|abcde', 's1'],
    ['SRV=app', undefined],
  ])('rewrite reads %s as %s', (header, member) => {
    const made = codec({ cookieMode: 'rewrite' });
    made.begin(header);
    expect(made.next(NOW)).toBe(member);
  });

  test.each([
    ['SRV=s1~app', 's1'],
    ['a=b; SRV=s2~a~b; c=d', 's2'],
    ['SRV=s1', 's1'],
    ['SRV=zz~app', undefined],
    ['SRV=app', undefined],
    ['SRV=~app', undefined],
    ['SRV=s1|abcde', undefined],
    ['SRV=app; b=s1~', undefined],
  ])('prefix reads %s as %s', (header, member) => {
    const made = codec({ cookieMode: 'prefix' });
    made.begin(header);
    expect(made.next(NOW)).toBe(member);
  });

  test.each(['rewrite', 'prefix'] as const)('%s sets no cookie of its own', (cookieMode) => {
    const made = codec({ cookieMode });
    expect(made.answer('s1', false, made, NOW)).toEqual({
      name: 'SRV',
      mode: cookieMode,
      id: 's1',
      setCookie: '',
    });
  });
});

describe('opaque values', () => {
  test('hide the name, and are the same on every balancer with the secret', () => {
    const made = codec({}, 'correct horse');
    const { setCookie } = made.answer('s1', false, made, NOW);
    expect(setCookie).toMatch(/^SRV=[\w-]{22}; path=\/$/);
    expect(setCookie).not.toContain('s1');
    const elsewhere = codec({}, 'correct horse');
    expect(elsewhere.answer('s1', false, made, NOW).setCookie).toBe(setCookie);
    expect(codec({}, 'other').answer('s1', false, made, NOW).setCookie).not.toBe(setCookie);
  });

  test('are read back, dates and all; a name or a changed value is nobody', () => {
    const made = codec({ maxIdle: 60_000 }, 'correct horse');
    const [pair = ''] = made.answer('s2', false, made, NOW).setCookie.split(';');
    made.begin(`a=b; ${pair}`);
    expect(made.next(NOW)).toBe('s2');
    for (const header of ['SRV=s2', pair.replace(/=./, '=_'), `${pair.slice(0, 20)}|${TODAY}`]) {
      made.begin(header);
      expect(made.next(NOW)).toBeUndefined();
    }
  });

  test('follow the members of the pool', () => {
    const made = codec({}, 'correct horse');
    const id = made.answer('s3', false, made, NOW).id;
    made.begin(`SRV=${id}`);
    expect(made.next(NOW)).toBeUndefined();
    made.use(['s2', 's3']);
    made.begin(`SRV=${id}`);
    expect(made.next(NOW)).toBe('s3');
  });
});
