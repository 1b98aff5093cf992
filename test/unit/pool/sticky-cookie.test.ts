// Who serves a client that brings a cookie, and what its answer says.
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Lease, PendingLease, Refusal } from '../../../src/pool/lease.js';
import type { PoolOptions } from '../../../src/pool/options.js';
import type { Pool } from '../../../src/pool/pool.js';
import { parseCookieDate, renderCookieDate } from '../../../src/sticky/cookie-date.js';
import { from, leaseOf, members, nameOf, placeOf, type Stage, stage } from './fixture.js';

const COOKIE: Partial<PoolOptions> = { sticky: { mode: 'cookie', cookie: 'SRV' } };

afterEach(() => vi.unstubAllEnvs());

function ask(
  pool: Pool,
  cookies: string | undefined,
  parts: Parameters<typeof from>[1] = {},
): Lease | Refusal | PendingLease {
  const attribute = (kind: string, name: string): string | undefined =>
    kind === 'header' && name === 'cookie' ? cookies : undefined;
  return pool.acquire(from('192.0.2.1', { attribute, ...parts }));
}

/** `a SRV=a; path=/`: who serves, and the cookie that the answer sets; `a -` = none. */
function visit(pool: Pool, cookies?: string): string {
  const answer = ask(pool, cookies);
  if (answer.kind !== 'lease') return nameOf(answer);
  answer.release('ok');
  return `${answer.member.name} ${answer.cookie?.setCookie || '-'}`;
}

describe('a client of a pool with a sticky cookie', () => {
  test('without one is given one, by the strategy', () => {
    const { pool } = stage('a b', COOKIE);
    expect([visit(pool), visit(pool, 'x=1'), visit(pool, '')]).toEqual([
      'a SRV=a; path=/',
      'b SRV=b; path=/',
      'a SRV=a; path=/',
    ]);
  });

  test('with one stays with its member, and is told nothing', () => {
    const { pool } = stage('a b', COOKIE);
    expect([1, 2, 3].map(() => visit(pool, 'SRV=b'))).toEqual(['b -', 'b -', 'b -']);
  });

  test('whose cookie means nobody is given another', () => {
    const { pool } = stage('a b', COOKIE);
    expect(visit(pool, 'SRV=zz')).toBe('a SRV=a; path=/');
    expect(visit(pool, 'SRV=zz; SRV=b')).toBe('b -');
  });

  test.each<[string, (made: Stage) => void]>([
    ['drains', ({ pool }) => pool.setState('a', 'drain')],
    ['has weight 0', ({ pool }) => pool.setWeight('a', 0)],
    ['drains by its check', ({ checker }) => checker.askDrain('a', true)],
  ])('stays with its member when it %s', (_, change) => {
    const made = stage('a b', COOKIE);
    change(made);
    expect(visit(made.pool, 'SRV=a')).toBe('a -');
    expect(visit(made.pool)).toBe('b SRV=b; path=/');
  });

  test.each<[string, (made: Stage) => void]>([
    ['is down', ({ checker }) => checker.tell('a', 'down')],
    ['is in maintenance', ({ pool }) => pool.setState('a', 'maintenance')],
  ])('of a member that %s: next moves it, keep lends it, refuse refuses it', (_, change) => {
    const made = stage('a b', COOKIE);
    const { pool } = made;
    change(made);
    expect(visit(pool, 'SRV=a')).toBe('b SRV=b; path=/');
    pool.update({ ...pool.config, onMemberDown: 'keep' });
    expect(visit(pool, 'SRV=a')).toBe('b -');
    pool.update({ ...pool.config, onMemberDown: 'refuse' });
    expect(visit(pool, 'SRV=a')).toBe('member-down');
    expect(visit(pool)).toBe('b SRV=b; path=/');
  });

  test('with several takes the one whose member serves', () => {
    const { pool, checker } = stage('a b c', COOKIE);
    checker.tell('a', 'down');
    expect(visit(pool, 'SRV=a; SRV=b')).toBe('b -');
    checker.tell('b', 'down');
    expect(visit(pool, 'SRV=a; SRV=b')).toBe('c SRV=c; path=/');
  });

  test('of a member that is gone is given another', async () => {
    const { pool } = stage('a b', COOKIE);
    await pool.remove('a');
    expect(visit(pool, 'SRV=a')).toBe('b SRV=b; path=/');
  });

  test('is the same on another balancer, and after a restart', () => {
    const lease = leaseOf(ask(stage('a b', COOKIE).pool, undefined));
    const cookies = lease.cookie?.setCookie.split(';')[0];
    const elsewhere = stage('b a', COOKIE).pool;
    expect([1, 2].map(() => visit(elsewhere, cookies))).toEqual(['a -', 'a -']);
  });

  test('whose member was tried goes on with the one that answers', () => {
    const { pool } = stage('a b', COOKIE);
    const a = leaseOf(ask(pool, 'SRV=a'));
    a.release('connect-failed');
    const b = leaseOf(ask(pool, 'SRV=a', { tried: [a.member] }));
    expect([b.member.name, b.cookie?.setCookie]).toEqual(['b', 'SRV=b; path=/']);
  });

  test('waits for its full member, and is still known then', async () => {
    const { pool, clock } = stage('', {
      ...COOKIE,
      members: members('a b').map((member) => ({ ...member, maxConnections: 1 })),
    });
    const first = leaseOf(ask(pool, 'SRV=a'));
    const place = placeOf(ask(pool, 'SRV=a'));
    ask(pool, 'SRV=b');
    first.release('ok');
    await clock.advanceAsync(0);
    const lease = leaseOf(await place);
    expect([lease.member.name, lease.cookie?.setCookie]).toEqual(['a', '']);
  });
});

describe('a sticky cookie with dates', () => {
  const nowS = (made: Stage): number => made.clock.wallTime() / 1000;
  const dated = (sticky: object): Stage =>
    stage('a b', { sticky: { mode: 'cookie', cookie: 'SRV', ...sticky } });

  test('frees a client that was away for longer than maxIdle', () => {
    const made = dated({ maxIdle: '60s' });
    const cookie = `SRV=b|${renderCookieDate(nowS(made))}`;
    expect(visit(made.pool, cookie)).toBe('b -');
    made.clock.advance(30_000);
    expect(visit(made.pool, cookie)).toBe(`b SRV=b|${renderCookieDate(nowS(made))}; path=/`);
    made.clock.advance(40_000);
    expect(visit(made.pool, cookie)).toBe(`a SRV=a|${renderCookieDate(nowS(made))}; path=/`);
  });

  test('frees a client after maxLife, however often it comes, also when it moved meanwhile', () => {
    const made = dated({ maxLife: '10m' });
    const { pool, clock, checker } = made;
    const firstS = nowS(made);
    let cookie = visit(pool, 'SRV=b').split(/[ ;]/)[1] ?? '';
    for (let minute = 1; minute < 10; minute++) {
      clock.advance(60_000);
      if (minute === 5) checker.tell('b', 'down');
      cookie = visit(pool, cookie).split(/[ ;]/)[1] ?? '';
      expect(cookie).toMatch(minute < 5 ? /^SRV=b/ : /^SRV=a/);
      expect(parseCookieDate(cookie, cookie.length - 5, cookie.length)).toBe(
        Math.ceil(firstS / 4) * 4,
      );
    }
    clock.advance(120_000);
    const last = visit(pool, cookie).split(/[ ;]/)[1] ?? '';
    expect(parseCookieDate(last, last.length - 5, last.length)).toBeGreaterThan(firstS + 600);
  });
});

describe('a sticky cookie that tells nothing', () => {
  const OPAQUE: Partial<PoolOptions> = {
    sticky: { mode: 'cookie', cookie: 'SRV', opaque: true, secretEnv: 'STICKY_TEST_KEY' },
  };

  test('is read by every balancer with the same secret', () => {
    vi.stubEnv('STICKY_TEST_KEY', 'correct horse');
    const cookie = visit(stage('a b', OPAQUE).pool).split(/[ ;]/)[1] ?? '';
    expect(cookie).toMatch(/^SRV=[\w-]{22}$/);
    const elsewhere = stage('b a', OPAQUE).pool;
    expect([1, 2].map(() => visit(elsewhere, cookie))).toEqual(['a -', 'a -']);
    expect(visit(elsewhere, 'SRV=a')).toMatch(/^b SRV=/);
    vi.stubEnv('STICKY_TEST_KEY', 'another');
    expect(visit(stage('b a', OPAQUE).pool, cookie)).toMatch(/^b SRV=/);
  });

  test('needs its secret when the pool is built', () => {
    expect(() => stage('a', OPAQUE)).toThrow(
      'sticky.secretEnv: the environment variable "STICKY_TEST_KEY" is not set, or empty',
    );
  });
});

describe('a cookie of the member', () => {
  test.each(['rewrite', 'prefix'] as const)('in mode %s names who answers', (cookieMode) => {
    const { pool, checker } = stage('a b', {
      sticky: { mode: 'cookie', cookie: 'SESSION', cookieMode },
      onMemberDown: 'keep',
    });
    const value = cookieMode === 'prefix' ? 'SESSION=b~x1' : 'SESSION=b';
    const lease = leaseOf(ask(pool, value));
    expect(lease.cookie).toEqual({ name: 'SESSION', mode: cookieMode, id: 'b', setCookie: '' });
    checker.tell('b', 'down');
    expect(leaseOf(ask(pool, value)).cookie?.id).toBe('a');
  });

  test('is taken out of requests as its mode asks', () => {
    const modes = ['insert', 'prefix', 'rewrite'] as const;
    const cookies = modes.map(
      (cookieMode) => stage('a', { sticky: { mode: 'cookie', cookieMode } }).pool.requestCookie,
    );
    expect(cookies).toEqual([
      { name: 'SERVERID', mode: 'insert' },
      { name: 'SERVERID', mode: 'prefix' },
      undefined,
    ]);
    expect(stage('a', { sticky: { mode: 'source-ip' } }).pool.requestCookie).toBeUndefined();
  });

  test('pools without stickiness say nothing of cookies', () => {
    expect(leaseOf(ask(stage('a').pool, 'SERVERID=a')).cookie).toBeUndefined();
  });
});
