// What listeners see of the pool while they are told: the state that the event speaks of, not the one before.
import { describe, expect, test } from 'vitest';
import type { PoolOptions } from '../../../src/pool/options.js';
import { from, leaseOf, members, type Stage, stage } from './fixture.js';

/** What a listener sees: `member:down a: b`, with those who are eligible at that moment. */
function watch(names: string, options: Partial<PoolOptions> = {}): Stage & { seen: string[] } {
  const made = stage(names, options);
  const seen: string[] = [];
  const look = (event: string): void => {
    const eligible = made.pool.status().members.filter((member) => member.eligible);
    seen.push(`${event}: ${eligible.map(({ name }) => name).join(' ')}`);
  };
  const { events } = made.pool;
  for (const name of [
    'member:up',
    'member:down',
    'member:added',
    'member:draining',
    'member:state',
    'member:weight',
    'member:ejected',
    'member:restored',
  ] as const)
    events.on(name, ({ member }) => look(`${name} ${member}`));
  for (const name of ['pool:empty', 'pool:panic'] as const) events.on(name, () => look(name));
  return { ...made, seen };
}

describe('a listener of events sees who is eligible since', () => {
  test('a member goes down, another after it, and comes up', () => {
    const { checker, seen } = watch('a b');
    checker.tell('a', 'down');
    checker.tell('b', 'down');
    checker.tell('b', 'up');
    expect(seen).toEqual(['member:down a: b', 'member:down b: ', 'pool:empty: ', 'member:up b: b']);
  });

  test('a weight, the will of the operator or a check changes', () => {
    const { pool, checker, seen } = watch('a b');
    pool.setWeight('a', 0);
    pool.setWeight('a', 1);
    pool.setState('b', 'maintenance');
    pool.setState('b', 'ready');
    checker.askDrain('a', true);
    checker.askDrain('a', false);
    expect(seen).toEqual([
      'member:weight a: b',
      'member:weight a: a b',
      'member:state b: a',
      'member:state b: a b',
      'member:draining a: b',
      'member:state a: a b',
    ]);
  });

  test('a member is ejected and restored', () => {
    const outlier = { consecutiveFailures: 1, ejectFor: '30s', maxEjectedPercent: 50 };
    const { pool, clock, seen } = watch('a b', { outlier });
    const lease = leaseOf(pool.acquire(from('192.0.2.1')));
    lease.release('reset');
    clock.advance(30_000);
    expect(seen).toEqual(['member:ejected a: b', 'member:restored a: a b']);
  });

  test('new settings are in force as a whole', () => {
    const { pool, seen } = watch('a b', { health: 'none' });
    const [a, , c] = members('a b c');
    pool.update({ name: 'web', health: 'none', members: [{ ...a!, weight: 0 }, c!] });
    expect(seen).toEqual(['member:weight a: c', 'member:added c: c']);
  });
});
