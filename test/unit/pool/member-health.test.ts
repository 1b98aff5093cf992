import { describe, expect, test } from 'vitest';
import type { Lease } from '../../../src/pool/lease.js';
import type { Pool } from '../../../src/pool/pool.js';
import { from, leaseOf, ScriptedChecker, spread, stage } from './fixture.js';

describe('a pool with health checks', () => {
  test('uses members that were not checked yet, and stops when a check fails', () => {
    const { pool, checker, log, payloads } = stage('a b');
    expect(spread(pool, 4)).toEqual({ a: 2, b: 2 });
    checker.tell('a', 'down');
    expect(spread(pool, 4)).toEqual({ b: 4 });
    checker.tell('a', 'up');
    expect(spread(pool, 4)).toEqual({ a: 2, b: 2 });
    expect(log).toEqual(['member:down a', 'member:up a']);
    expect(payloads[0]).toMatchObject({ pool: 'web', reason: 'connect refused' });
    expect(pool.status().members[0]).toMatchObject({
      health: 'up',
      reason: 'status 200',
      eligible: true,
      lastCheck: { ok: true },
    });
  });

  test('begins with the initial state of its monitor', () => {
    const { pool } = stage('a b', {}, { monitor: { initial: 'down' } });
    expect(spread(pool, 1)).toEqual({ 'no-member': 1 });
  });

  test('a check may ask to drain its member', () => {
    const { pool, checker, log } = stage('a b');
    checker.askDrain('a', true);
    expect(spread(pool, 2)).toEqual({ b: 2 });
    checker.askDrain('a', false);
    expect(spread(pool, 2)).toEqual({ a: 1, b: 1 });
    expect(log).toEqual(['member:draining a', 'member:state a']);
  });

  test('open connections outlive a member that goes down, unless they shall not', () => {
    for (const sessionsOnDown of ['keep', 'close'] as const) {
      const { pool, checker } = stage('a', { sessionsOnDown });
      const revoked: string[] = [];
      const owner = {
        onRevoke: (lease: Lease, reason: string) => {
          revoked.push(reason);
          lease.release('aborted');
        },
      };
      for (let i = 0; i < 3; i++) leaseOf(pool.acquire(from('192.0.2.1'))).owner = owner;
      checker.tell('a', 'down');
      expect(revoked).toEqual(
        sessionsOnDown === 'keep' ? [] : Array(3).fill('member is down: connect refused'),
      );
      expect(pool.member('a')?.state.active).toBe(sessionsOnDown === 'keep' ? 3 : 0);
    }
  });

  test('one owner that gives back several leases at once is asked only for those that are open', () => {
    const { pool, checker } = stage('a', { sessionsOnDown: 'close' });
    const leases: Lease[] = [];
    let asked = 0;
    const owner = {
      onRevoke: () => {
        asked++;
        for (const lease of leases) lease.release('aborted');
      },
    };
    for (let i = 0; i < 3; i++) {
      const lease = leaseOf(pool.acquire(from('192.0.2.1')));
      lease.owner = owner;
      leases.push(lease);
    }
    checker.tell('a', 'down');
    expect(asked).toBe(1);
    expect(pool.member('a')?.state.active).toBe(0);
  });

  test('a pool stops watching when it closes, and leaves a shared checker alone', async () => {
    const { pool, checker } = stage('a b');
    expect(checker.watched.size).toBe(2);
    await pool.close();
    expect(checker.watched.size).toBe(0);
    expect(() =>
      checker.watch({ name: 'x', host: '10.0.0.9', port: 80 }, neverCalled()),
    ).not.toThrow();
  });

  test('a monitor can be swapped while it runs: members keep the health they have', () => {
    const next = new ScriptedChecker({ name: 'other' });
    let current = new ScriptedChecker();
    const before = current;
    const { pool } = stage(
      'a b',
      { health: 'main' },
      { dependencies: { monitors: () => current } },
    );
    before.tell('a', 'down');
    current = next;
    pool.update(pool.config);
    expect(before.watched.size).toBe(0);
    expect(next.beliefs.get('a')).toBe('down');
    expect(spread(pool, 2)).toEqual({ b: 2 });
    next.tell('a', 'up');
    expect(spread(pool, 2)).toEqual({ a: 1, b: 1 });
  });

  test('without checks from now on, nobody is known to be down', () => {
    const checker = new ScriptedChecker();
    const { pool } = stage(
      'a b',
      { health: 'main' },
      { dependencies: { monitors: () => checker } },
    );
    checker.tell('a', 'down');
    checker.askDrain('b', true);
    pool.add({ name: 'c', address: '10.0.0.3:80' });
    pool.update({ ...pool.config, health: 'none' });
    expect(spread(pool, 6)).toEqual({ a: 2, b: 2, c: 2 });
  });

  test('a monitor that the host does not have is a fault', () => {
    expect(() => stage('a', { health: 'main' })).toThrow('pool "web": no monitor is named "main"');
  });
});

describe('slow start', () => {
  test('ramps a member up after it was seen down', () => {
    const { pool, checker, clock } = stage('a b', { slowStart: '30s' });
    expect(share(pool, clock.now())).toBeCloseTo(0.5, 1);
    checker.tell('a', 'down');
    checker.tell('a', 'up');
    expect(share(pool, clock.now())).toBeCloseTo(0.1 / 1.1, 2);
    clock.advance(15_000);
    expect(share(pool, clock.now())).toBeCloseTo(0.5 / 1.5, 2);
    clock.advance(15_000);
    expect(share(pool, clock.now())).toBeCloseTo(0.5, 2);
  });

  test('ramps a member that was added to a running pool without checks', () => {
    const options = { slowStart: '30s', health: 'none' } as const;
    const { pool, clock } = stage('a', options);
    pool.add({ name: 'b', address: '10.0.0.2:80' });
    expect(pool.member('a')?.effectiveWeight(clock.now())).toBe(1);
    expect(pool.member('b')?.effectiveWeight(clock.now())).toBeCloseTo(0.1);
    clock.advance(15_000);
    expect(pool.member('b')?.effectiveWeight(clock.now())).toBeCloseTo(0.5);
    const early = stage('a', options, { start: false }).pool;
    expect(early.add({ name: 'b', address: '10.0.0.2:80' }).effectiveWeight(1000)).toBe(1);
  });

  test('a drain that its check asked for ends when the check of another monitor does not', async () => {
    let drain = true;
    const check = (): object => ({ ok: true, reason: 'fine', drain });
    const health = { type: 'custom', use: 'check', interval: '1s' } as const;
    const { pool, clock, log } = stage(
      'a b',
      { health },
      { dependencies: { extensions: { check } } },
    );
    await clock.advanceAsync(1000);
    expect(spread(pool, 1)).toEqual({ 'no-member': 1 });
    drain = false;
    pool.update({ ...pool.config, health: { ...health, interval: '2s' } });
    expect(spread(pool, 1)).toEqual({ 'no-member': 1 });
    await clock.advanceAsync(1000);
    expect(spread(pool, 2)).toEqual({ a: 1, b: 1 });
    expect(log.filter((line) => line.startsWith('member:draining'))).toHaveLength(2);
    await pool.close();
  });

  test('does not ramp at the start of the pool', () => {
    const { pool, checker, clock } = stage('a b', { slowStart: '30s' });
    checker.tell('a', 'up');
    checker.tell('b', 'up');
    expect(share(pool, clock.now())).toBeCloseTo(0.5, 2);
  });

  test('ramps a member that was added live from its first good check on', () => {
    const { pool, checker, clock } = stage('b', { slowStart: '30s' });
    pool.add({ name: 'a', address: '10.0.0.9:80' });
    clock.advance(60_000);
    checker.tell('a', 'up');
    expect(share(pool, clock.now())).toBeCloseTo(0.1 / 1.1, 2);
  });
});

describe('flips of the pool as a whole', () => {
  test('panic is told when it begins and when it ends, and balances over all ready members', () => {
    const { pool, checker, log, payloads } = stage('a b c d', { panicThreshold: 50 });
    for (const name of ['a', 'b', 'c']) checker.tell(name, 'down');
    expect(spread(pool, 8)).toEqual({ a: 2, b: 2, c: 2, d: 2 });
    expect(pool.status().panic).toBe(true);
    checker.tell('d', 'down');
    expect(spread(pool, 8)).toEqual({ a: 2, b: 2, c: 2, d: 2 });
    checker.tell('a', 'up');
    checker.tell('b', 'up');
    expect(spread(pool, 8)).toEqual({ a: 4, b: 4 });
    const flips = payloads.filter((payload) => 'active' in payload);
    expect(flips).toMatchObject([{ active: true }, { active: false }]);
    expect(log).not.toContain('pool:empty');
  });

  test('an empty pool is told once', () => {
    const { checker, log } = stage('a b');
    checker.tell('a', 'down');
    checker.tell('b', 'down');
    checker.check('b', false);
    checker.tell('b', 'up');
    checker.tell('b', 'down');
    expect(log.filter((line) => line === 'pool:empty')).toHaveLength(2);
  });

  test('a pool that starts empty says so', async () => {
    const { pool, log } = stage('', {}, { start: false });
    expect(log).toEqual([]);
    await pool.start();
    await pool.start();
    expect(log).toEqual(['pool:empty']);
  });
});

/** The share of picks that member a gets. */
function share(pool: Pool, nowMs: number): number {
  return (spread(pool, 1100, nowMs)['a'] ?? 0) / 1100;
}

function fail(): never {
  throw new Error('called');
}

function neverCalled(): Parameters<ScriptedChecker['watch']>[1] {
  return { onHealth: fail, onCheck: fail, onDrainAsked: fail };
}
