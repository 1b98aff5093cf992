import { describe, expect, test } from 'vitest';
import type { Strategy } from '../../../src/strategy/strategy.js';
import { from, leaseOf, members, nameOf, placeOf, spread, stage } from './fixture.js';

describe('Pool.acquire', () => {
  test('takes turns among the members', () => {
    const { pool } = stage('a b c');
    expect(spread(pool, 9)).toEqual({ a: 3, b: 3, c: 3 });
  });

  test('lends from a pool that was never started', () => {
    const { pool } = stage('a b', {}, { start: false });
    expect(spread(pool, 4)).toEqual({ a: 2, b: 2 });
  });

  test('passes over members that are full', () => {
    const { pool } = stage('', {
      members: [
        { name: 'a', address: '10.0.0.1:80', maxConnections: 1 },
        { name: 'b', address: '10.0.0.2:80' },
      ],
    });
    const names = [1, 2, 3, 4].map(() => nameOf(pool.acquire(from('192.0.2.1'))));
    expect(names).toEqual(['a', 'b', 'b', 'b']);
  });

  test('never gives a retry a member that was tried', () => {
    const { pool } = stage('a b c');
    const a = pool.member('a');
    const c = pool.member('c');
    if (a === undefined || c === undefined) throw new Error('no members');
    const names = [1, 2, 3].map(() => nameOf(pool.acquire(from('192.0.2.1', { tried: [a, c] }))));
    expect(names).toEqual(['b', 'b', 'b']);
  });

  test('refuses a retry that has tried everybody', () => {
    const { pool } = stage('a b');
    expect(nameOf(pool.acquire(from('192.0.2.1', { tried: [...pool.members] })))).toBe('all-tried');
  });

  test('goes on with the backups when a retry has tried every ordinary member', () => {
    const { pool } = stage('a b* c*');
    const [a, b] = pool.members;
    if (a === undefined || b === undefined) throw new Error('no members');
    expect(nameOf(pool.acquire(from('192.0.2.1', { tried: [a] })))).toBe('b');
    expect(nameOf(pool.acquire(from('192.0.2.1', { tried: [a, b] })))).toBe('c');
    expect(nameOf(pool.acquire(from('192.0.2.1', { tried: [...pool.members] })))).toBe('all-tried');
  });

  test('uses the first backup alone, or all of them', () => {
    const first = stage('a b* c*');
    first.checker.tell('a', 'down');
    expect(spread(first.pool, 4)).toEqual({ b: 4 });
    const all = stage('a b* c*', { backups: 'all' });
    all.checker.tell('a', 'down');
    expect(spread(all.pool, 4)).toEqual({ b: 2, c: 2 });
  });

  test('lets clients wait rather than send them to a backup when the ordinary members are full', () => {
    const { pool } = stage('', {
      members: [
        { name: 'a', address: '10.0.0.1:80', maxConnections: 1 },
        { name: 'b', address: '10.0.0.2:80', backup: true },
      ],
    });
    expect(nameOf(pool.acquire(from('192.0.2.1')))).toBe('a');
    expect(nameOf(pool.acquire(from('192.0.2.1')))).toBe('queued');
  });

  test('refuses when nobody is eligible', () => {
    const { pool, checker } = stage('a b');
    checker.tell('a', 'down');
    pool.setState('b', 'maintenance');
    expect(nameOf(pool.acquire(from('192.0.2.1')))).toBe('no-member');
  });

  test('a strategy of the host stands in for a named one', () => {
    const last: Strategy = {
      name: 'last',
      build: (members) => ({
        pick: (_context, isEligible) => members.findLast((member) => isEligible(member)),
      }),
    };
    const { pool } = stage('a b c', { strategy: last });
    expect(spread(pool, 3)).toEqual({ c: 3 });
    expect(pool.status().strategy).toBe('last');
  });
});

describe('Pool with a strategy that binds clients', () => {
  const clients = Array.from({ length: 200 }, (_, i) => `198.51.100.${i}`);
  const homes = (pool: Parameters<typeof spread>[0]): string[] =>
    clients.map((client) => {
      const answer = pool.acquire(from(client));
      if (answer.kind === 'lease') answer.release('ok');
      return nameOf(answer);
    });

  test('moves only the clients of a member that goes down, and brings them home', () => {
    const { pool, checker } = stage('a b c', { strategy: 'source-hash' });
    const before = homes(pool);
    checker.tell('b', 'down');
    const during = homes(pool);
    for (const [i, home] of before.entries())
      if (home === 'b') expect(during[i]).not.toBe('b');
      else expect(during[i]).toBe(home);
    checker.tell('b', 'up');
    expect(homes(pool)).toEqual(before);
  });

  test('a weight of 0 or a drain set live moves only that member', () => {
    const { pool } = stage('a b c', { strategy: 'source-hash' });
    const before = homes(pool);
    pool.setWeight('a', 0);
    pool.setState('b', 'drain');
    const during = homes(pool);
    for (const [i, home] of before.entries()) if (home === 'c') expect(during[i]).toBe('c');
    expect(new Set(during)).toEqual(new Set(['c']));
    pool.setWeight('a', 1);
    pool.setState('b', 'ready');
    expect(homes(pool)).toEqual(before);
  });

  test('with onMemberDown refuse, the clients of a member that is down are refused, and nobody else', () => {
    const { pool, checker } = stage('a b c', { strategy: 'source-hash', onMemberDown: 'refuse' });
    const before = homes(pool);
    checker.tell('b', 'down');
    expect(homes(pool)).toEqual(before.map((home) => (home === 'b' ? 'member-down' : home)));
    checker.tell('b', 'up');
    pool.setState('a', 'maintenance');
    expect(homes(pool)).toEqual(before.map((home) => (home === 'a' ? 'member-down' : home)));
  });

  test('with onMemberDown refuse, a drained member sends its clients elsewhere', () => {
    const { pool } = stage('a b', { strategy: 'source-hash', onMemberDown: 'refuse' });
    pool.setState('b', 'drain');
    expect(new Set(homes(pool))).toEqual(new Set(['a']));
  });

  test('with onMemberDown refuse, a busy home is not taken for the member that would stand in for it', () => {
    const { pool, checker } = stage('a b c', {
      strategy: { type: 'hash', key: { header: 'x-user' }, boundedLoad: 1.01 },
      onMemberDown: 'refuse',
    });
    const context = from('192.0.2.1', { attribute: () => 'kim' });
    const home = nameOf(pool.acquire(context));
    const next = leaseOf(pool.acquire(context));
    expect(next.member.name).not.toBe(home);
    next.release('ok');
    checker.tell(next.member.name, 'down');
    expect(nameOf(pool.acquire(context))).toBe(home);
    checker.tell(home, 'down');
    expect(nameOf(pool.acquire(context))).toBe('member-down');
  });

  test('with onMemberDown refuse, a request without the key belongs to nobody', () => {
    const { pool, checker } = stage('a b', {
      strategy: { type: 'hash', key: { header: 'x-user' } },
      onMemberDown: 'refuse',
    });
    checker.tell('b', 'down');
    expect(spread(pool, 20)).toEqual({ a: 20 });
  });

  test('a client of a full member waits for it while others are served', async () => {
    const list = ['a', 'b'].map((name, i) => ({
      name,
      address: `10.0.0.${i + 1}:80`,
      maxConnections: 1,
    }));
    const { pool } = stage('', { strategy: 'source-hash', members: list });
    const before = homes(pool);
    const ofA = clients[before.indexOf('a')] ?? '';
    const ofB = clients[before.indexOf('b')] ?? '';
    const open = leaseOf(pool.acquire(from(ofA)));
    const waiting = placeOf(pool.acquire(from(ofA)));
    expect(nameOf(pool.acquire(from(ofB)))).toBe('b');
    open.release('ok');
    expect(nameOf(await waiting)).toBe('a');
  });

  test('a client that queued for a backup goes to its own member when that is back', async () => {
    const list = members('a b c z*').map((member) => ({ ...member, maxConnections: 1 }));
    const strategy = { type: 'hash', key: { header: 'x-user' } } as const;
    const { pool, checker } = stage('', { strategy, members: list });
    for (const user of ['kim', 'lee', 'sam', 'pat', 'joe']) {
      const context = from('192.0.2.1', { attribute: () => user });
      const atHome = leaseOf(pool.acquire(context));
      atHome.release('ok');
      for (const name of ['a', 'b', 'c']) checker.tell(name, 'down');
      const onBackup = leaseOf(pool.acquire(context));
      expect(onBackup.member.name).toBe('z');
      const waiting = placeOf(pool.acquire(context));
      pool.update({ ...pool.config, health: 'none' });
      pool.update({ ...pool.config, health: checker });
      const lease = leaseOf(await waiting);
      expect(lease.member).toBe(atHome.member);
      for (const open of [lease, onBackup]) open.release('ok');
    }
  });

  test('a client in the queue moves on when its member goes down, with the key it came with', async () => {
    const list = ['a', 'b', 'c'].map((name, i) => ({
      name,
      address: `10.0.0.${i + 1}:80`,
      maxConnections: 1,
    }));
    const { pool, checker } = stage('', {
      strategy: { type: 'hash', key: { header: 'x-user' } },
      members: list,
    });
    let user: string | undefined = 'kim';
    const context = from('192.0.2.1', { attribute: () => user });
    const home = leaseOf(pool.acquire(context)).member.name;
    const waiting = placeOf(pool.acquire(context));
    // The data path reuses its context for another request.
    user = undefined;
    checker.tell(home, 'down');
    const moved = nameOf(await waiting);
    user = 'kim';
    leaseOf(await waiting).release('ok');
    const again = pool.acquire(context);
    expect(moved).not.toBe(home);
    expect(nameOf(again)).toBe(moved);
  });
});
