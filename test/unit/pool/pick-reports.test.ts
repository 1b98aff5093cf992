import diagnostics from 'node:diagnostics_channel';
import { describe, expect, test, vi } from 'vitest';
import type { PickReport } from '../../../src/model/diagnostics.js';
import { createPickContext } from '../../../src/model/pick-context.js';
import { heard } from '../../support/heard.js';
import { from, leaseOf, nameOf, placeOf, stage } from './fixture.js';

const FULL = [{ name: 'a', address: '10.0.0.1:80', maxConnections: 1 }];

describe('evenkeel:pick', () => {
  test('tells who was lent to whom', () => {
    const { pool } = stage('a b');
    const reports = heard<PickReport>('evenkeel:pick');
    pool.acquire(from('192.0.2.1'));
    expect(reports).toEqual([
      {
        pool: pool.name,
        source: '192.0.2.1',
        member: 'a',
        refusal: undefined,
        tried: 0,
        queuedMs: 0,
      },
    ]);
  });

  test('tells a refusal with its reason, and how many were tried before', () => {
    const { pool } = stage('a');
    const reports = heard<PickReport>('evenkeel:pick');
    const tried = pool.members;
    expect(nameOf(pool.acquire(createPickContext({ source: '192.0.2.1', tried })))).toBe(
      'all-tried',
    );
    expect(reports).toMatchObject([{ member: undefined, refusal: 'all-tried', tried: 1 }]);
  });

  test('who queues is told of when it is served, with its time in the queue', async () => {
    const { pool, clock } = stage('', { members: FULL });
    const lease = leaseOf(pool.acquire(from('192.0.2.1')));
    const reports = heard<PickReport>('evenkeel:pick');
    const place = placeOf(pool.acquire(from('192.0.2.2')));
    expect(reports).toEqual([]);
    await clock.advanceAsync(250);
    lease.release('ok');
    await place;
    expect(reports).toMatchObject([{ source: '192.0.2.2', member: 'a', queuedMs: 250 }]);
  });

  test('who waits in vain, or leaves, is told of too', async () => {
    const { pool, clock } = stage('', { members: FULL, queue: { max: 9, timeout: 5000 } });
    pool.acquire(from('192.0.2.1'));
    const reports = heard<PickReport>('evenkeel:pick');
    pool.acquire(from('192.0.2.2'));
    placeOf(pool.acquire(from('192.0.2.3'))).cancel();
    await clock.advanceAsync(5000);
    expect(reports).toMatchObject([
      { source: '192.0.2.3', refusal: 'cancelled', queuedMs: 0 },
      { source: '192.0.2.2', refusal: 'queue-timeout', queuedMs: 5000 },
    ]);
  });

  test('publishes nothing while nobody listens', () => {
    const { pool } = stage('a b');
    const publish = vi.spyOn(diagnostics.channel('evenkeel:pick'), 'publish');
    pool.acquire(from('192.0.2.1'));
    expect(publish).not.toHaveBeenCalled();
    publish.mockRestore();
  });
});
