import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../../src/model/outcome.js';
import { from, leaseOf, type Stage, spread, stage } from './fixture.js';

const OUTLIER = { consecutiveFailures: 3, ejectFor: '30s', maxEjectedPercent: 50 };

/** Uses until member `name` was given `count` outcomes; the others do well. */
function outcomes(made: Stage, name: string, count: number, outcome: Outcome, status = 0): void {
  for (let left = count; left > 0; ) {
    const lease = leaseOf(made.pool.acquire(from('192.0.2.1')));
    const isIts = lease.member.name === name;
    if (isIts) left--;
    lease.release(isIts ? outcome : 'ok', isIts ? status : 200);
  }
}

describe('outlier ejection', () => {
  test('leaves no timer behind for what fails after the pool has closed', async () => {
    const made = stage('a b', { outlier: { ...OUTLIER, consecutiveFailures: 1 }, health: 'none' });
    const lease = leaseOf(made.pool.acquire(from('192.0.2.1')));
    await made.pool.close();
    lease.release('reset');
    expect(made.clock.pending).toBe(0);
    expect(made.log).toEqual([]);
  });

  test('takes a member out after failures in a row, for a while', () => {
    const made = stage('a b c', { outlier: OUTLIER });
    outcomes(made, 'a', 2, 'reset');
    expect(made.log).toEqual([]);
    outcomes(made, 'a', 1, 'ok', 503);
    expect(made.log).toEqual(['member:ejected a']);
    expect(made.payloads[0]).toMatchObject({
      reason: '3 failures in a row',
      untilMs: made.clock.wallTime() + 30_000,
    });
    expect(made.pool.status().members[0]).toMatchObject({ ejected: true, eligible: false });
    expect(spread(made.pool, 4)).toEqual({ b: 2, c: 2 });
    made.clock.advance(29_999);
    expect(spread(made.pool, 4)).toEqual({ b: 2, c: 2 });
    made.clock.advance(1);
    expect(spread(made.pool, 3)).toEqual({ a: 1, b: 1, c: 1 });
    expect(made.log).toEqual(['member:ejected a', 'member:restored a']);
  });

  test.each([
    ['ok', 200],
    ['ok', 501],
    ['ok', 404],
  ] as const)('an answer %s %i between ends the row', (outcome, status) => {
    const made = stage('a b', { outlier: OUTLIER });
    outcomes(made, 'a', 2, 'timeout');
    outcomes(made, 'a', 1, outcome, status);
    outcomes(made, 'a', 2, 'malformed');
    expect(made.log).toEqual([]);
  });

  test('a client that leaves neither counts nor ends the row', () => {
    const made = stage('a b', { outlier: OUTLIER });
    outcomes(made, 'a', 2, 'connect-failed');
    outcomes(made, 'a', 5, 'aborted');
    expect(made.log).toEqual([]);
    outcomes(made, 'a', 1, 'connect-failed');
    expect(made.log).toEqual(['member:ejected a']);
    expect(made.pool.member('a')?.state.totals.failed).toBe(3);
  });

  test('never takes out the last eligible member', () => {
    const made = stage('a b', { outlier: { ...OUTLIER, maxEjectedPercent: 100 } });
    outcomes(made, 'a', 3, 'reset');
    outcomes(made, 'b', 20, 'reset');
    expect(made.log).toEqual(['member:ejected a']);
    expect(spread(made.pool, 2)).toEqual({ b: 2 });
  });

  test('takes out no more than its share', () => {
    const made = stage('a b c d e', { outlier: { ...OUTLIER, maxEjectedPercent: 40 } });
    for (const name of ['a', 'b', 'c']) outcomes(made, name, 3, 'reset');
    expect(made.log).toEqual(['member:ejected a', 'member:ejected b']);
  });

  test('good checks bring it back early', () => {
    const made = stage('a b', { outlier: OUTLIER });
    outcomes(made, 'a', 3, 'reset');
    made.checker.check('a', true);
    made.checker.check('a', false);
    made.checker.check('a', true);
    expect(made.log).toEqual(['member:ejected a']);
    made.checker.check('a', true);
    expect(made.log).toEqual(['member:ejected a', 'member:restored a']);
    expect(made.clock.pending).toBe(0);
    expect(spread(made.pool, 2)).toEqual({ a: 1, b: 1 });
  });

  test('everybody comes back when it is switched off', () => {
    const made = stage('a b', { outlier: OUTLIER });
    outcomes(made, 'a', 3, 'reset');
    const { outlier: _, ...rest } = made.pool.config;
    made.pool.update(rest);
    expect(made.log).toEqual(['member:ejected a', 'member:restored a']);
    expect(spread(made.pool, 2)).toEqual({ a: 1, b: 1 });
  });

  test('other thresholds leave those alone who are out', () => {
    const made = stage('a b', { outlier: OUTLIER });
    outcomes(made, 'a', 3, 'reset');
    made.pool.update({ ...made.pool.config, outlier: { ...OUTLIER, ejectFor: '1s' } });
    made.clock.advance(29_999);
    expect(spread(made.pool, 2)).toEqual({ b: 2 });
    made.clock.advance(1);
    expect(made.log).toEqual(['member:ejected a', 'member:restored a']);
  });

  test('a member that leaves takes its ejection along', async () => {
    const made = stage('a b', { outlier: OUTLIER });
    outcomes(made, 'a', 3, 'reset');
    await made.pool.remove('a');
    expect(made.clock.pending).toBe(0);
    expect(made.log).toEqual(['member:ejected a', 'member:removed a']);
  });

  test('a backup takes over when the only ordinary member is ejected', () => {
    const made = stage('a b*', { outlier: OUTLIER });
    for (let i = 0; i < 3; i++) leaseOf(made.pool.acquire(from('192.0.2.1'))).release('reset');
    expect(spread(made.pool, 2)).toEqual({ b: 2 });
  });

  test('closing forgets the timers', async () => {
    const made = stage('a b', { outlier: OUTLIER });
    outcomes(made, 'a', 3, 'reset');
    await made.pool.close();
    expect(made.clock.pending).toBe(0);
  });
});

describe('an ejection by another node', () => {
  test('lasts as long as it would there, ends with it, and never takes the last member', () => {
    const made = stage('a b', { outlier: OUTLIER });
    const { pool, clock } = made;
    pool.adoptHealth('a', { down: undefined, ejectedMs: 2000 });
    pool.adoptHealth('a', { down: undefined, ejectedMs: 2000 });
    pool.adoptHealth('b', { down: undefined, ejectedMs: 2000 });
    expect(spread(pool, 4)).toEqual({ b: 4 });
    expect(pool.healthOf('a')).toEqual({ down: undefined, ejectedMs: 2000 });
    clock.advance(2000);
    pool.adoptHealth('b', { down: undefined, ejectedMs: 2000 });
    pool.adoptHealth('b', { down: undefined, ejectedMs: 0 });
    expect(made.log).toEqual([
      'member:ejected a',
      'member:restored a',
      'member:ejected b',
      'member:restored b',
    ]);
  });
});
