import { describe, expect, test } from 'vitest';
import type { Lease, PendingLease, Refusal } from '../../../src/pool/lease.js';
import { from, leaseOf, nameOf, placeOf, type Stage, stage } from './fixture.js';

const FULL = [
  { name: 'a', address: '10.0.0.1:80', maxConnections: 1 },
  { name: 'b', address: '10.0.0.2:80', maxConnections: 1 },
];

function fullStage(queue: { max?: number; timeout?: number } = {}): Stage & { open: Lease[] } {
  const made = stage('', { members: FULL, queue: { max: 1024, timeout: 5000, ...queue } });
  const open = [1, 2].map(() => leaseOf(made.pool.acquire(from('192.0.2.1'))));
  return { ...made, open };
}

/** Notes the answers of places in the order they come. */
function note(log: string[], places: Record<string, PendingLease | undefined>): void {
  for (const [name, place] of Object.entries(places))
    void place?.then((answer) => log.push(`${name} ${nameOf(answer)}`));
}

describe('the queue of a pool', () => {
  test('serves first come, first served', async () => {
    const { pool, open, clock } = fullStage();
    const log: string[] = [];
    const [x, y, z] = [1, 2, 3].map(() => placeOf(pool.acquire(from('192.0.2.1'))));
    note(log, { x, y, z });
    open[1]?.release('ok');
    open[0]?.release('ok');
    await clock.advanceAsync(0);
    expect(log).toEqual(['x b', 'y a']);
    expect(pool.status().queued).toBe(1);
  });

  test('refuses at the deadline, and not before', async () => {
    const { pool, clock } = fullStage({ timeout: 5000 });
    const log: string[] = [];
    note(log, { x: placeOf(pool.acquire(from('192.0.2.1'))) });
    await clock.advanceAsync(4999);
    expect(log).toEqual([]);
    await clock.advanceAsync(1);
    expect(log).toEqual(['x queue-timeout']);
    expect(pool.status().queued).toBe(0);
  });

  test('refuses when it is full', () => {
    const { pool } = fullStage({ max: 2 });
    const names = [1, 2, 3].map(() => nameOf(pool.acquire(from('192.0.2.1'))));
    expect(names).toEqual(['queued', 'queued', 'queue-full']);
  });

  test('a queue of 0 lets nobody wait', () => {
    const { pool } = fullStage({ max: 0 });
    expect(nameOf(pool.acquire(from('192.0.2.1')))).toBe('queue-full');
  });

  test('a client that leaves gives up its place', async () => {
    const { pool, open, clock } = fullStage();
    const log: string[] = [];
    const [x, y] = [1, 2].map(() => placeOf(pool.acquire(from('192.0.2.1'))));
    note(log, { x, y });
    x?.cancel();
    x?.cancel();
    open[0]?.release('ok');
    await clock.advanceAsync(0);
    expect(log).toEqual(['x cancelled', 'y a']);
  });

  test('cancelling a place that was already served changes nothing', async () => {
    const { pool, open } = fullStage();
    const place = placeOf(pool.acquire(from('192.0.2.1')));
    open[0]?.release('ok');
    place.cancel();
    const lease = leaseOf(await place);
    expect(pool.member('a')?.state.active).toBe(1);
    lease.release('ok');
    expect(pool.member('a')?.state.active).toBe(0);
  });

  const wakers: Record<string, (made: Stage) => void> = {
    'a member is added': ({ pool, checker }) => {
      pool.add({ name: 'c', address: '10.0.0.3:80' });
      checker.tell('c', 'up');
    },
    'a member comes up': ({ pool, checker }) => {
      checker.tell('c', 'up');
      expect(pool.member('c')?.state.health).toBe('up');
    },
    'a weight is raised from 0': ({ pool }) => pool.setWeight('c', 1),
    'a member is set ready': ({ pool }) => pool.setState('c', 'ready'),
    'a member may take more': ({ pool }) =>
      pool.update({
        ...pool.config,
        members: pool.config.members.map((member) => ({ ...member, maxConnections: 2 })),
      }),
  };

  test.each(Object.entries(wakers))('is served when %s', async (what, wake) => {
    const made = stage('', { members: FULL });
    if (!what.includes('added'))
      made.pool.add({ name: 'c', address: '10.0.0.3:80', maxConnections: 1 });
    if (what.includes('comes up')) made.checker.tell('c', 'down');
    if (what.includes('weight')) made.pool.setWeight('c', 0);
    if (what.includes('ready')) made.pool.setState('c', 'drain');
    if (what.includes('more')) made.pool.setState('c', 'maintenance');
    const log: string[] = [];
    for (let i = 0; i < 2; i++) leaseOf(made.pool.acquire(from('192.0.2.1')));
    if (what.includes('weight') || what.includes('ready')) made.checker.tell('c', 'up');
    const place = placeOf(made.pool.acquire(from('192.0.2.1')));
    note(log, { x: place });
    wake(made);
    await made.clock.advanceAsync(0);
    expect(log).toEqual([what.includes('more') ? 'x a' : 'x c']);
  });

  test('everybody in it is refused at once when nobody is eligible any more', async () => {
    const { pool, checker, clock } = fullStage();
    const log: string[] = [];
    note(log, { x: placeOf(pool.acquire(from('192.0.2.1'))) });
    checker.tell('a', 'down');
    await clock.advanceAsync(0);
    expect(log).toEqual([]);
    checker.tell('b', 'down');
    await clock.advanceAsync(0);
    expect(log).toEqual(['x no-member']);
  });

  test('a retry waits for a member it has not tried, and lets others pass to the one it has', async () => {
    const { pool, open, clock } = fullStage();
    const log: string[] = [];
    const a = pool.member('a');
    if (a === undefined) throw new Error('no member');
    note(log, {
      retry: placeOf(pool.acquire(from('192.0.2.1', { tried: [a] }))),
      fresh: placeOf(pool.acquire(from('192.0.2.1'))),
    });
    open[0]?.release('ok');
    await clock.advanceAsync(0);
    expect(log).toEqual(['fresh a']);
    open[1]?.release('ok');
    await clock.advanceAsync(0);
    expect(log).toEqual(['fresh a', 'retry b']);
  });

  test('closing the pool refuses everybody, and whoever comes later', async () => {
    const { pool, clock } = fullStage();
    const log: string[] = [];
    note(log, { x: placeOf(pool.acquire(from('192.0.2.1'))) });
    await pool.close();
    await clock.advanceAsync(0);
    expect(log).toEqual(['x closed']);
    expect(nameOf(pool.acquire(from('192.0.2.1')))).toBe('closed');
    expect(clock.pending).toBe(0);
  });

  test('a queued client can be awaited like a promise', async () => {
    const { pool, open } = fullStage();
    const pending = pool.acquire(from('192.0.2.1'));
    open[0]?.release('ok');
    const answer: Lease | Refusal = await pending;
    expect(nameOf(answer)).toBe('a');
  });
});
