import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../../src/model/outcome.js';
import { from, leaseOf, nameOf, placeOf, ScriptedChecker, stage } from './fixture.js';

describe('totals of a pool', () => {
  test.each<[Outcome, number, object]>([
    ['ok', 200, { failed: 0, answers: { '2xx': 1 } }],
    ['ok', 503, { failed: 1, answers: { '5xx': 1 } }],
    ['ok', 0, { failed: 0, answers: { '2xx': 0, other: 0 } }],
    ['connect-failed', 0, { failed: 1, connectFailed: 1 }],
    ['reset', 0, { failed: 1, reset: 1 }],
    ['timeout', 0, { failed: 1, timedOut: 1 }],
    ['malformed', 0, { failed: 1, malformed: 1 }],
    ['aborted', 0, { failed: 0, aborted: 1 }],
  ])('%s with status %i is counted', (outcome, status, expected) => {
    const { pool } = stage('a');
    leaseOf(pool.acquire(from('192.0.2.1'))).release(outcome, status);
    const { totals, members } = pool.status();
    expect(totals).toMatchObject({ picked: 1, ...expected });
    expect(members[0]?.totals).toMatchObject({ picked: 1, ...expected });
  });

  test('never go back when a member leaves, with work in flight or without', async () => {
    const { pool } = stage('a b');
    const leases = [1, 2].map(() => leaseOf(pool.acquire(from('192.0.2.1'))));
    leases[0]?.release('ok', 200);
    await pool.remove('a');
    expect(pool.status().totals).toMatchObject({ picked: 2, answers: { '2xx': 1 } });
    const removed = pool.remove('b');
    expect(pool.status().totals).toMatchObject({ picked: 2, answers: { '2xx': 1 } });
    leases[1]?.release('ok', 204);
    await removed;
    expect(pool.status().members).toEqual([]);
    expect(pool.status().totals).toMatchObject({ picked: 2, answers: { '2xx': 2 } });
  });

  test('count who was refused, but not who left the queue', async () => {
    const members = [{ name: 'a', address: '10.0.0.1:80', maxConnections: 1 }];
    const { pool, clock } = stage('', { members, queue: { max: 2, timeout: 5000 } });
    leaseOf(pool.acquire(from('192.0.2.1')));
    placeOf(pool.acquire(from('192.0.2.2'))).cancel();
    placeOf(pool.acquire(from('192.0.2.3')));
    placeOf(pool.acquire(from('192.0.2.4')));
    expect(nameOf(pool.acquire(from('192.0.2.5')))).toBe('queue-full');
    expect(pool.status()).toMatchObject({ totals: { refused: 1 } });
    await clock.advanceAsync(5000);
    expect(pool.status()).toMatchObject({ totals: { refused: 3 } });
  });

  test('know how often and how long nobody served', async () => {
    const checker = new ScriptedChecker({ initial: 'up' });
    const { pool, clock } = stage('a b', { health: checker });
    await pool.start();
    clock.advance(1000);
    checker.tell('a', 'down');
    expect(pool.status()).toMatchObject({ serving: true, servingForMs: 1000 });
    clock.advance(1000);
    checker.tell('b', 'down');
    clock.advance(3000);
    expect(pool.status()).toMatchObject({
      serving: false,
      servingForMs: 3000,
      totals: { wentDown: 1, downMs: 3000, checksFailed: 2 },
      members: [
        { healthForMs: 4000, totals: { wentDown: 1, downMs: 4000, checksFailed: 1 } },
        { healthForMs: 3000, totals: { wentDown: 1, downMs: 3000, checksFailed: 1 } },
      ],
    });
    checker.tell('b', 'up');
    clock.advance(500);
    const { serving, totals } = pool.status();
    expect({ serving, ...totals }).toMatchObject({ serving: true, wentDown: 1, downMs: 3000 });
  });

  test('a member that ramps up says how far it is', async () => {
    const checker = new ScriptedChecker({ initial: 'up' });
    const { pool, clock } = stage('a b', { health: checker, slowStart: '10s' });
    await pool.start();
    checker.tell('a', 'down');
    checker.tell('a', 'up');
    const share = () => pool.status().members[0]?.slowStart;
    expect(share()).toBe(0.1);
    clock.advance(5000);
    expect(share()).toBe(0.5);
    clock.advance(5000);
    expect(share()).toBeUndefined();
  });
});
