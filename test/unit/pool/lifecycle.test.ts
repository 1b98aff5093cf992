import { describe, expect, test } from 'vitest';
import { MemberCounters } from '../../../src/model/totals.js';
import { Pool } from '../../../src/pool/pool.js';
import { from, leaseOf, stage } from './fixture.js';

describe('Pool', () => {
  test('is built from as little as a list of addresses', () => {
    const pool = new Pool({ members: ['10.0.0.1:80'] });
    expect(pool.name).toBe('pool');
    expect(leaseOf(pool.acquire(from('192.0.2.1'))).member.host).toBe('10.0.0.1');
  });

  test('reports every fault of its options with its path', () => {
    const options = JSON.parse('{"name": "web", "membres": [], "strategy": "round-robbin"}');
    expect(() => new Pool(options)).toThrow(
      /did you mean "members"[\s\S]*did you mean "round-robin"/,
    );
  });

  test('starts once, however often it is asked', async () => {
    const { pool, checker } = stage('a', {}, { start: false });
    expect(checker.watched.size).toBe(0);
    expect(pool.start()).toBe(pool.start());
    await pool.start();
    expect(checker.watched.size).toBe(1);
  });

  test('closes once, and releases what is lent afterwards', async () => {
    const { pool } = stage('a');
    const lease = leaseOf(pool.acquire(from('192.0.2.1')));
    await Promise.all([pool.close(), pool.close()]);
    await pool[Symbol.asyncDispose]();
    lease.release('ok');
    expect(pool.status().members[0]?.active).toBe(0);
  });

  test('closes the checker it made itself', async () => {
    const { pool, clock } = stage(
      'a b',
      {
        health: { type: 'custom', use: 'check' },
      },
      { start: false, dependencies: { extensions: { check: () => true } } },
    );
    await pool.start();
    expect(clock.pending).toBeGreaterThan(0);
    await pool.close();
    expect(clock.pending).toBe(0);
  });

  test('a second release changes nothing', () => {
    const { pool } = stage('a');
    const lease = leaseOf(pool.acquire(from('192.0.2.1')));
    const other = leaseOf(pool.acquire(from('192.0.2.1')));
    lease.release('ok');
    lease.release('reset');
    expect(pool.member('a')?.state).toMatchObject({ active: 1, totals: { picked: 2, failed: 0 } });
    other.release('reset');
    expect(pool.member('a')?.state).toMatchObject({ active: 0, totals: { failed: 1 } });
  });

  test('observes latency where the strategy wants it, and not of failures', () => {
    const { pool, clock } = stage('a', { strategy: 'peak-ewma' });
    const use = (
      ms: number,
      outcome: 'ok' | 'connect-failed' | 'timeout',
      status: number,
    ): number => {
      const lease = leaseOf(pool.acquire(from('192.0.2.1', { nowMs: clock.now() })));
      clock.advance(ms);
      lease.release(outcome, status);
      return pool.member('a')?.state.ewmaMs ?? 0;
    };
    expect(use(40, 'ok', 200)).toBe(40);
    expect(use(90, 'connect-failed', 0)).toBe(40);
    expect(use(90, 'ok', 500)).toBe(40);
    expect(use(70, 'timeout', 0)).toBe(70);
  });

  test('its status is a frozen copy', () => {
    const { pool } = stage('a b*', { strategy: 'least-connections' });
    const lease = leaseOf(pool.acquire(from('192.0.2.1')));
    const status = pool.status();
    lease.release('ok');
    expect(status).toEqual({
      name: 'web',
      strategy: 'least-connections',
      queued: 0,
      panic: false,
      serving: true,
      servingForMs: 0,
      totals: { ...new MemberCounters().snapshot(), picked: 1, asked: 1, refused: 0 },
      members: [
        {
          name: 'a',
          address: '10.0.0.1:80',
          health: 'unknown',
          state: 'ready',
          weight: 1,
          backup: false,
          eligible: true,
          ejected: false,
          drainAsked: false,
          active: 1,
          idle: 0,
          queued: 0,
          maxConnections: undefined,
          slowStart: undefined,
          lastCheck: undefined,
          reason: '',
          healthForMs: 0,
          totals: { ...new MemberCounters().snapshot(), picked: 1 },
        },
        expect.objectContaining({ name: 'b', backup: true, eligible: false, active: 0 }),
      ],
    });
    expect(Object.isFrozen(status) && Object.isFrozen(status.members[0]?.totals)).toBe(true);
  });
});
