import { describe, expect, test } from 'vitest';
import { First } from '../../../src/strategy/first.js';
import { from, leaseOf, members, nameOf, spread, stage } from './fixture.js';

describe('a member added live', () => {
  test('waits for its first good check', () => {
    const { pool, checker, log } = stage('a');
    pool.add({ name: 'b', address: '10.0.0.2:80' });
    expect(spread(pool, 4)).toEqual({ a: 4 });
    checker.check('b', false);
    expect(spread(pool, 4)).toEqual({ a: 4 });
    checker.check('b', true);
    expect(spread(pool, 4)).toEqual({ a: 2, b: 2 });
    expect(log).toEqual(['member:added b']);
  });

  test('is used before its first check when nobody else is left', () => {
    const { pool, checker } = stage('a');
    pool.add({ name: 'b', address: '10.0.0.2:80' });
    checker.tell('a', 'down');
    expect(spread(pool, 2)).toEqual({ b: 2 });
    checker.tell('b', 'down');
    expect(spread(pool, 1)).toEqual({ 'no-member': 1 });
  });

  test('is used at once in a pool without checks', () => {
    const { pool } = stage('a', { health: 'none' });
    pool.add('10.0.0.2:80');
    expect(spread(pool, 4)).toEqual({ a: 2, 'm-02a3286f': 2 });
  });

  test('waits whatever the initial state of the monitor', () => {
    const { pool, checker } = stage('a', {}, { monitor: { initial: 'up' } });
    expect(pool.member('a')?.state.health).toBe('up');
    pool.add({ name: 'b', address: '10.0.0.2:80' });
    expect(checker.beliefs.get('b')).toBe('unknown');
    expect(spread(pool, 2)).toEqual({ a: 2 });
  });

  test('may not take a name that is taken', () => {
    const { pool } = stage('a');
    expect(() => pool.add({ name: 'a', address: '10.0.0.2:80' })).toThrow(
      'pool "web" has a member "a"',
    );
  });

  test('with faults, changes nothing', () => {
    const { pool } = stage('a');
    const before = pool.config;
    expect(() => pool.add({ name: 'b', address: '10.0.0.2' })).toThrow('port');
    expect(pool.config).toBe(before);
  });

  test('gets the default port of the pool', () => {
    const { pool } = stage('a', { defaultPort: 8080 });
    expect(pool.add({ name: 'b', address: '10.0.0.2' }).port).toBe(8080);
  });
});

describe('an instance', () => {
  test('stays through an update that changes other settings', () => {
    const mine = new First();
    const { pool, checker } = stage('a b', { strategy: mine });
    pool.update({ ...pool.config, slowStart: 5000 });
    expect(spread(pool, 2)).toEqual({ a: 2 });
    expect(checker.watched.size).toBe(2);
  });

  test('makes room for what an update names', () => {
    const { pool, checker } = stage('a b', { strategy: new First() });
    pool.update({ ...pool.config, strategy: 'round-robin', health: 'none' });
    expect(spread(pool, 2)).toEqual({ a: 1, b: 1 });
    expect(checker.watched.size).toBe(0);
  });
});

describe('live edits', () => {
  test('keep the work in flight and the totals', () => {
    const { pool } = stage('a b');
    const open = [1, 2, 3, 4].map(() => leaseOf(pool.acquire(from('192.0.2.1'))));
    pool.setWeight('a', 5);
    pool.add({ name: 'c', address: '10.0.0.3:80' });
    void pool.remove('b');
    pool.setState('a', 'maintenance');
    expect(pool.member('a')?.state.active).toBe(2);
    expect(pool.member('a')?.state.totals.picked).toBe(2);
    for (const lease of open) lease.release('ok');
    expect(pool.member('a')?.state.active).toBe(0);
  });

  test('show in the settings, which stay frozen', () => {
    const { pool } = stage('a b');
    const before = pool.config;
    pool.setWeight('a', 7);
    pool.setState('b', 'drain');
    pool.add({ name: 'c', address: '10.0.0.3:80' });
    expect(pool.config.members).toMatchObject([
      { name: 'a', weight: 7 },
      { name: 'b', state: 'drain' },
      { name: 'c', weight: 1 },
    ]);
    expect(before.members).toMatchObject([{ weight: 1 }, { state: 'ready' }]);
    expect(Object.isFrozen(pool.config) && Object.isFrozen(pool.config.members)).toBe(true);
    expect(Object.isFrozen(pool.config.members[0])).toBe(true);
  });

  test('change the shares of round robin from the next pick on', () => {
    const { pool } = stage('a b');
    pool.setWeight('a', 3);
    expect(spread(pool, 8)).toEqual({ a: 6, b: 2 });
    pool.setWeight('b', 0);
    expect(spread(pool, 8)).toEqual({ a: 8 });
  });

  test('are told once, and not at all when nothing changes', () => {
    const { pool, log, payloads } = stage('a b');
    pool.setWeight('a', 1);
    pool.setState('a', 'ready');
    expect(log).toEqual([]);
    pool.setWeight('a', 9);
    pool.setState('a', 'maintenance');
    expect(log).toEqual(['member:weight a', 'member:state a']);
    expect(payloads).toMatchObject([{ weight: 9 }, { state: 'maintenance' }]);
  });

  test.each([-1, 1.5, 257, Number.NaN])('refuse a weight of %s', (weight) => {
    const { pool } = stage('a');
    expect(() => pool.setWeight('a', weight)).toThrow(
      `member "a": weight must be a whole number 0-256, got ${weight}`,
    );
    expect(pool.member('a')?.state.weight).toBe(1);
  });

  test('refuse a state that there is not', () => {
    const { pool } = stage('a');
    // @ts-expect-error: what JavaScript callers may do
    expect(() => pool.setState('a', 'off')).toThrow(
      'must be ready, drain or maintenance, got "off"',
    );
  });

  test('of a closed pool are refused', async () => {
    const { pool } = stage('a');
    await pool.close();
    for (const edit of [
      () => pool.add('10.0.0.9:80'),
      () => pool.setWeight('a', 1),
      () => pool.setState('a', 'drain'),
      () => pool.update(pool.config),
    ])
      expect(edit).toThrow('pool "web" is closed');
    await expect(pool.remove('a')).rejects.toMatchObject({ code: 'EK_CLOSED' });
    await expect(pool.start()).rejects.toMatchObject({ code: 'EK_CLOSED' });
  });
});

describe('Pool.update', () => {
  test('adds, removes and changes members by name', async () => {
    const { pool, checker, log, clock } = stage('a b c');
    const lease = leaseOf(pool.acquire(from('192.0.2.1')));
    const [a, b] = pool.members;
    pool.update({
      ...pool.config,
      members: [
        { name: 'a', address: '10.0.0.1:80', weight: 5, maxConnections: 1, labels: { rack: '1' } },
        { name: 'b', address: '10.0.0.22:80' },
        { name: 'd', address: '10.0.0.4:80', state: 'drain' },
      ],
    });
    await clock.advanceAsync(0);
    expect(pool.member('a')).toBe(a);
    expect(a).toMatchObject({ maxConnections: 1, labels: { rack: '1' } });
    expect(a?.state).toMatchObject({ weight: 5, active: 1 });
    expect(pool.member('b')).not.toBe(b);
    expect(pool.member('b')?.host).toBe('10.0.0.22');
    expect(pool.member('c')).toBeUndefined();
    expect(pool.member('d')?.state.admin).toBe('drain');
    expect([...checker.watched.keys()].sort()).toEqual(['a', 'b', 'd']);
    expect(log).toEqual([
      'member:weight a',
      'member:added b',
      'member:added d',
      'member:removed b',
      'member:removed c',
    ]);
    lease.release('ok');
    expect(a?.state.active).toBe(0);
  });

  test('is all or nothing', () => {
    const { pool } = stage('a b');
    const before = pool.config;
    const faults = [
      { members: [{ name: 'x', address: 'nowhere' }] },
      { strategy: { type: 'hash', key: 'uri', mapping: 'modulo', boundedLoad: 2 } },
      { health: 'nobody' },
      { discovery: { type: 'custom', use: 'nothing', interval: 1000 } },
      { name: 'other' },
    ] as const;
    const newcomer = { name: 'new', address: '10.0.0.9:80' };
    for (const fault of faults)
      expect(() =>
        pool.update({ ...before, members: [...before.members, newcomer], ...fault }),
      ).toThrow();
    expect(pool.config).toBe(before);
    expect(pool.members.map((member) => member.name)).toEqual(['a', 'b']);
    expect(spread(pool, 4)).toEqual({ a: 2, b: 2 });
  });

  test('keeps the place of a strategy that stays', () => {
    const { pool } = stage('', {
      members: [
        { name: 'a', address: '10.0.0.1:80', weight: 5 },
        { name: 'b', address: '10.0.0.2:80' },
        { name: 'c', address: '10.0.0.3:80' },
      ],
    });
    const picks = (count: number): string =>
      Array.from({ length: count }, () => nameOf(pool.acquire(from('192.0.2.1')))).join('');
    expect(picks(3)).toBe('aab');
    pool.update({ ...pool.config, panicThreshold: 10 });
    expect(picks(4)).toBe('acaa');
  });

  test('takes another strategy, and every other setting', () => {
    const { pool } = stage('a b');
    const retries = pool.retries;
    pool.update({ ...pool.config, strategy: 'first', queue: { max: 0 } });
    expect(spread(pool, 3)).toEqual({ a: 3 });
    expect(pool.status().strategy).toBe('first');
    expect(pool.retries).toBe(retries);
    pool.update({ ...pool.config, retries: { attempts: 7 } });
    expect(pool.retries.config.attempts).toBe(7);
    pool.update({
      ...pool.config,
      members: members('a').map((member) => ({ ...member, maxConnections: 1 })),
    });
    expect(nameOf(pool.acquire(from('192.0.2.1')))).toBe('a');
    expect(nameOf(pool.acquire(from('192.0.2.1')))).toBe('queue-full');
  });

  test('an instance of a strategy or a checker stays until the settings name another', () => {
    const { pool, checker } = stage('a b');
    pool.update({ ...pool.config, slowStart: 5000 });
    checker.tell('a', 'down');
    expect(spread(pool, 2)).toEqual({ b: 2 });
  });
});
