// What the host's own code does wrong must not take the pool with it.
import { describe, expect, test, vi } from 'vitest';
import type { Member } from '../../../src/model/member.js';
import type { Picker, Strategy } from '../../../src/strategy/strategy.js';
import { from, leaseOf, members, nameOf, placeOf, spread, stage } from './fixture.js';

/** Takes the first eligible member, unless it is told to throw. */
class Moody implements Strategy {
  readonly name = 'moody';
  throwsAtBuild = false;
  throwsAtPick = false;

  build(built: readonly Member[]): Picker {
    if (this.throwsAtBuild) throw new Error('no table today');
    return {
      pick: (_context, isEligible) => {
        if (this.throwsAtPick) throw new Error('no pick today');
        return built.find(isEligible);
      },
    };
  }
}

describe('a strategy whose pick throws', () => {
  test('is stood in for by turns, and told of once per table', () => {
    const strategy = new Moody();
    const { pool, log, payloads, checker } = stage('a b', { strategy });
    expect(spread(pool, 4)).toEqual({ a: 4 });
    strategy.throwsAtPick = true;
    expect(spread(pool, 4)).toEqual({ a: 2, b: 2 });
    expect(log).toEqual(['pool:strategy-failed']);
    expect(payloads[0]).toMatchObject({ pool: 'web', reason: 'no pick today' });
    checker.tell('a', 'down');
    expect(spread(pool, 4)).toEqual({ b: 4 });
    checker.tell('b', 'down');
    expect(spread(pool, 1)).toEqual({ 'no-member': 1 });
  });

  test('does not wedge the queue', async () => {
    const strategy = new Moody();
    const one = { name: 'a', address: '10.0.0.1:80', maxConnections: 1 };
    const { pool } = stage('', { strategy, members: [one] });
    const lease = leaseOf(pool.acquire(from('192.0.2.1')));
    const places = [1, 2].map(() => placeOf(pool.acquire(from('192.0.2.1'))));
    strategy.throwsAtPick = true;
    lease.release('ok');
    leaseOf(await places[0]!).release('ok');
    expect(nameOf(await places[1]!)).toBe('a');
  });
});

describe('a strategy whose build throws', () => {
  test('keeps an update from changing anything', () => {
    const strategy = new Moody();
    const { pool, log } = stage('a b', { strategy });
    const { config } = pool;
    strategy.throwsAtBuild = true;
    const [a, b] = members('a b*');
    const next = { ...config, slowStart: 5000, members: [{ ...a!, weight: 0 }, b!] };
    expect(() => pool.update(next)).toThrow('no table today');
    expect(pool.config).toBe(config);
    expect(pool.member('a')?.state).toMatchObject({ weight: 1, hashWeight: 1 });
    expect(pool.member('b')?.backup).toBe(false);
    expect(spread(pool, 2)).toEqual({ a: 2 });
    expect(log).toEqual([]);
    strategy.throwsAtBuild = false;
    pool.update(next);
    expect(spread(pool, 2)).toEqual({ b: 2 });
  });

  test('keeps another strategy from taking over', () => {
    const { pool } = stage('a b', { strategy: 'first' });
    const strategy = new Moody();
    strategy.throwsAtBuild = true;
    expect(() => pool.update({ ...pool.config, strategy })).toThrow('no table today');
    expect(pool.status().strategy).toBe('first');
    expect(spread(pool, 2)).toEqual({ a: 2 });
  });

  test('keeps live edits from changing anything', async () => {
    const strategy = new Moody();
    const { pool, log } = stage('a b', { strategy });
    const { config } = pool;
    strategy.throwsAtBuild = true;
    expect(() => pool.add('10.0.0.3:80')).toThrow('no table today');
    expect(() => pool.setWeight('a', 7)).toThrow('no table today');
    await expect(pool.remove('a')).rejects.toThrow('no table today');
    expect(pool.config).toBe(config);
    expect(pool.members.map(({ name, state }) => `${name} ${state.weight}`)).toEqual([
      'a 1',
      'b 1',
    ]);
    expect(log).toEqual([]);
  });

  test('makes a discovery failed, and the next answer is taken', async () => {
    const strategy = new Moody();
    const found = [{ name: 'b', address: '10.0.0.2:80' }];
    const { pool, clock, log } = stage(
      'a',
      {
        strategy,
        health: 'none',
        discovery: { type: 'custom', use: 'find', interval: 1000 },
      },
      { start: false, dependencies: { extensions: { find: () => found } } },
    );
    strategy.throwsAtBuild = true;
    await pool.start();
    await clock.advanceAsync(1100);
    expect(log).toEqual(['pool:discovery-failed']);
    expect(pool.members.map(({ name }) => name)).toEqual(['a']);
    strategy.throwsAtBuild = false;
    await clock.advanceAsync(1100);
    expect(pool.members.map(({ name }) => name)).toEqual(['a', 'b']);
    await pool.close();
  });
});

test('an owner that throws at a revoke does not keep a drain from its end', async () => {
  const { pool, clock } = stage('a');
  const later: (() => void)[] = [];
  const leases = [1, 2].map(() => leaseOf(pool.acquire(from('192.0.2.1'))));
  leases[1]!.owner = {
    onRevoke: () => {
      throw new Error('my fault');
    },
  };
  leases[0]!.owner = { onRevoke: (lease) => lease.release('aborted') };
  const drained = pool.drain('a', { deadlineMs: 1000 });
  vi.stubGlobal('queueMicrotask', (callback: () => void) => later.push(callback));
  try {
    clock.advance(1000);
  } finally {
    vi.unstubAllGlobals();
  }
  expect(await drained).toEqual({ completed: 0, aborted: 2, stillOpen: 0 });
  expect(pool.member('a')?.state.active).toBe(1);
  expect(later[0]).toThrow('my fault');
});
