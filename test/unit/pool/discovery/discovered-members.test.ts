import { describe, expect, test } from 'vitest';
import type { DiscoverMembers } from '../../../../src/pool/discovery/custom.js';
import type { Pool } from '../../../../src/pool/pool.js';
import { from, leaseOf, spread, stage } from '../fixture.js';

type Found = Awaited<ReturnType<DiscoverMembers>>;

/** A pool that finds its members with a function; `found.now` is what it finds. */
async function setUp(names: string, first: Found | Error, options: object = {}) {
  const found: { now: Found | Error } = { now: first };
  const made = stage(
    names,
    { discovery: { type: 'custom', use: 'find', interval: 1000 }, ...options },
    {
      start: false,
      dependencies: {
        extensions: {
          find: async () => {
            if (found.now instanceof Error) throw found.now;
            return found.now;
          },
        },
      },
    },
  );
  await made.pool.start();
  return { ...made, found, turn: () => made.clock.advanceAsync(1100) };
}

const B = { name: 'b', address: '10.0.0.2:80' };
const C = { name: 'c', address: '10.0.0.3:80' };
const names = (pool: Pool): string => pool.members.map((member) => member.name).join(' ');

describe('a pool with discovery', () => {
  test('has its first members when it has started: they need no first check', async () => {
    const { pool, log } = await setUp('a', [B]);
    expect(names(pool)).toBe('a b');
    expect(spread(pool, 4)).toEqual({ a: 2, b: 2 });
    expect(log).toEqual(['pool:discovery']);
  });

  test('grows and shrinks; newcomers wait for their first check, leavers finish', async () => {
    const { pool, checker, found, turn, log, payloads } = await setUp('', [B]);
    const lease = leaseOf(pool.acquire(from('192.0.2.1')));
    found.now = [B, C];
    await turn();
    expect(spread(pool, 2)).toEqual({ b: 2 });
    checker.tell('c', 'up');
    expect(spread(pool, 2)).toEqual({ b: 1, c: 1 });
    found.now = [C];
    await turn();
    expect(spread(pool, 2)).toEqual({ c: 2 });
    expect(log).not.toContain('member:removed b');
    lease.release('ok');
    await turn();
    expect(log).toContain('member:removed b');
    const changes = payloads.filter((payload) => 'added' in payload);
    expect(changes).toMatchObject([
      { added: 1, removed: 0, reason: 'discovery find' },
      { added: 1, removed: 0 },
      { added: 0, removed: 1 },
    ]);
  });

  test('keeps the last good answer when the source fails, and says so once', async () => {
    const { pool, found, turn, log, payloads } = await setUp('', [B]);
    found.now = new Error('registry is away');
    await turn();
    await turn();
    await turn();
    expect(names(pool)).toBe('b');
    expect(log).toEqual(['pool:discovery', 'pool:discovery-failed']);
    expect(payloads[1]).toMatchObject({ reason: 'discovery find: registry is away' });
    found.now = [B];
    await turn();
    await turn();
    expect(log).toEqual(['pool:discovery', 'pool:discovery-failed', 'pool:discovery']);
    expect(payloads[2]).toMatchObject({
      added: 0,
      removed: 0,
      reason: 'discovery find answers again',
    });
  });

  test('keeps the last good answer when a member in it is no member', async () => {
    const { pool, found, turn, payloads } = await setUp('', [B]);
    found.now = [C, { name: 'd', address: 'no port' }];
    await turn();
    expect(names(pool)).toBe('b');
    expect(payloads[1]).toMatchObject({ reason: expect.stringContaining('no port') });
    found.now = [C, { ...C, address: '10.0.0.33:80' }];
    await turn();
    expect(names(pool)).toBe('b');
  });

  test('starts even when its source does not answer', async () => {
    const { pool, log, found, turn } = await setUp('', new Error('away'));
    expect(log).toEqual(['pool:discovery-failed', 'pool:empty']);
    found.now = [B];
    await turn();
    expect(spread(pool, 1)).toEqual({ b: 1 });
  });

  test('a listed member hides a discovered one of the same name', async () => {
    const { pool } = await setUp('a', [{ name: 'a', address: '10.9.9.9:80' }]);
    expect(pool.members).toHaveLength(1);
    expect(pool.member('a')?.host).toBe('10.0.0.1');
  });

  test('a live edit of a discovered member stays until the source changes that member', async () => {
    const { pool, found, turn } = await setUp('', [B, C]);
    pool.setWeight('b', 9);
    found.now = [B, { ...C, weight: 3 }];
    await turn();
    expect(pool.members.map((member) => member.state.weight)).toEqual([9, 3]);
    found.now = [{ ...B, weight: 4 }];
    await turn();
    expect(pool.member('b')?.state.weight).toBe(4);
  });

  test('a live edit of a discovered member ends when it is listed: then the settings say what it is', async () => {
    const { pool } = await setUp('', [B]);
    pool.setWeight('b', 9);
    pool.setState('b', 'drain');
    pool.update({ ...pool.config, members: [B] });
    expect(pool.config.members).toMatchObject([{ weight: 1, state: 'ready' }]);
    expect(pool.member('b')?.state).toMatchObject({ weight: 1, admin: 'ready' });
  });

  test('a discovered member taken out by hand stays out until the source has dropped it', async () => {
    const { pool, found, turn } = await setUp('', [B, C]);
    await pool.remove('b');
    await turn();
    expect(names(pool)).toBe('c');
    found.now = [C];
    await turn();
    found.now = [C, B];
    await turn();
    expect(names(pool)).toBe('c b');
  });

  test('live edits of listed members leave the discovered ones alone', async () => {
    const { pool } = await setUp('a', [B]);
    pool.add(C);
    expect(names(pool)).toBe('a c b');
    await pool.remove('a');
    expect(names(pool)).toBe('c b');
    expect(pool.config.members.map((member) => member.name)).toEqual(['c']);
    pool.update({ ...pool.config, slowStart: 1000 });
    expect(names(pool)).toBe('c b');
  });

  test('an update that drops discovery drops its members', async () => {
    const { pool, clock } = await setUp('a', [B]);
    const { discovery: _, ...rest } = pool.config;
    pool.update(rest);
    expect(names(pool)).toBe('a');
    await clock.advanceAsync(0);
    expect(clock.pending).toBe(0);
  });

  test('an update with another source keeps the members until its first answer', async () => {
    const { pool, found, clock } = await setUp('', [B]);
    found.now = [C];
    const discovery = { type: 'custom', use: 'find', interval: 5000 } as const;
    pool.update({ ...pool.config, discovery });
    expect(names(pool)).toBe('b');
    await clock.advanceAsync(0);
    expect(names(pool)).toBe('c');
  });

  test('an extension that is missing is a fault', () => {
    expect(() =>
      stage('a', { discovery: { type: 'custom', use: 'find', interval: 1000 } }),
    ).toThrow(/"find"/);
  });

  test('closes while its source still thinks', async () => {
    const { pool, clock } = stage(
      'a',
      { discovery: { type: 'custom', use: 'find', interval: 1000 } },
      { start: false, dependencies: { extensions: { find: () => new Promise(() => undefined) } } },
    );
    const starting = pool.start();
    await pool.close();
    await starting;
    expect(clock.pending).toBe(0);
  });
});
