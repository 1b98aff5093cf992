// Who serves a remembered client: the table in this process.
import { describe, expect, test } from 'vitest';
import type { PoolOptions } from '../../../src/pool/options.js';
import type { Pool } from '../../../src/pool/pool.js';
import { from, leaseOf, members, nameOf, placeOf, type Stage, stage } from './fixture.js';

const STICKY: Partial<PoolOptions> = { sticky: { mode: 'source-ip' } };

/** One use of a member by a client; its name, or why there is none. */
function visit(pool: Pool, source = '192.0.2.1'): string {
  const answer = pool.acquire(from(source));
  if (answer.kind === 'lease') answer.release('ok');
  if (answer.kind === 'pending') answer.cancel();
  return nameOf(answer);
}

/** A pool whose client 192.0.2.1 belongs to member a. */
function bound(names: string, options: Partial<PoolOptions> = {}): Stage {
  const made = stage(names, { ...STICKY, ...options });
  expect(visit(made.pool)).toBe('a');
  return made;
}

type Change = (made: Stage) => void;
const down: Change = ({ checker }) => checker.tell('a', 'down');
const maintenance: Change = ({ pool }) => pool.setState('a', 'maintenance');
const drain: Change = ({ pool }) => pool.setState('a', 'drain');
const weightless: Change = ({ pool }) => pool.setWeight('a', 0);
const drainByCheck: Change = ({ checker }) => checker.askDrain('a', true);
const removed: Change = ({ pool }) => void pool.remove('a');
const moved: Change = ({ pool }) =>
  pool.update({ ...pool.config, members: [{ name: 'a', address: '10.9.9.9:80' }, 'b:80'] });

/** Who serves while it is so, and who afterwards. */
const TABLE: readonly (readonly [
  string,
  Change,
  string,
  PoolOptions['onMemberDown'],
  string,
  string,
])[] = [
  ['its member drains', drain, 'ready', 'next', 'a', 'a'],
  ['its member drains', drain, 'ready', 'refuse', 'a', 'a'],
  ['its member has weight 0', weightless, 'weight', 'next', 'a', 'a'],
  ['its member drains by its check', drainByCheck, 'check', 'next', 'a', 'a'],
  ['its member is down', down, 'up', 'next', 'b', 'b'],
  ['its member is down', down, 'up', 'keep', 'b', 'a'],
  ['its member is down', down, 'up', 'refuse', 'member-down', 'a'],
  ['its member is in maintenance', maintenance, 'ready', 'next', 'b', 'b'],
  ['its member is in maintenance', maintenance, 'ready', 'keep', 'b', 'a'],
  ['its member is in maintenance', maintenance, 'ready', 'refuse', 'member-down', 'a'],
];

describe('a client of a sticky pool', () => {
  test('stays with its member while others take turns', () => {
    const { pool } = bound('a b c');
    expect([1, 2, 3, 4].map(() => visit(pool))).toEqual(['a', 'a', 'a', 'a']);
    expect(visit(pool, '192.0.2.2')).toBe('b');
    expect(visit(pool, '192.0.2.3')).toBe('c');
    expect(visit(pool, '192.0.2.2')).toBe('b');
  });

  test('is the same client by its IPv4-mapped address, and in any spelling of IPv6', () => {
    const { pool } = bound('a b');
    expect(visit(pool, '::ffff:192.0.2.1')).toBe('a');
    const before = visit(pool, '2001:db8::1');
    expect(visit(pool, '2001:0DB8:0:0::1')).toBe(before);
    expect(visit(pool, '2001:db8::1')).toBe(before);
  });

  test('is forgotten after its time away, counted from its last visit', () => {
    const { pool, clock } = bound('a b', { sticky: { mode: 'source-ip', ttl: '10s' } });
    clock.advance(9000);
    expect(visit(pool)).toBe('a');
    clock.advance(9000);
    expect(visit(pool)).toBe('a');
    clock.advance(10_001);
    expect(visit(pool)).toBe('b');
  });

  test('is forgotten when the table is full and it was away for longest', () => {
    const { pool } = bound('a b', { sticky: { mode: 'source-ip', size: 2 } });
    visit(pool, '192.0.2.2');
    visit(pool, '192.0.2.3');
    expect(visit(pool)).toBe('b');
  });

  test.each(TABLE)(
    '%s, %o, back by %s, onMemberDown %s: served by %s, and then by %s',
    (...row) => {
      const [, change, back, onMemberDown, during, after] = row;
      const made = bound('a b', onMemberDown === undefined ? {} : { onMemberDown });
      change(made);
      expect([visit(made.pool), visit(made.pool)]).toEqual([during, during]);
      if (back === 'up') made.checker.tell('a', 'up');
      else if (back === 'check') made.checker.askDrain('a', false);
      else if (back === 'weight') made.pool.setWeight('a', 1);
      else made.pool.setState('a', 'ready');
      expect([visit(made.pool), visit(made.pool)]).toEqual([after, after]);
    },
  );

  test.each(['next', 'keep', 'refuse'] as const)(
    'with onMemberDown %s: a member that is gone is nobody any more',
    (onMemberDown) => {
      const made = bound('a b', { onMemberDown });
      removed(made);
      expect([visit(made.pool), visit(made.pool)]).toEqual(['b', 'b']);
      made.pool.add({ name: 'a', address: '10.0.0.1:80' });
      made.checker.tell('a', 'up');
      made.checker.check('a', true);
      expect(visit(made.pool)).toBe('b');
    },
  );

  test('stays with a member by name when that gets another address', () => {
    const made = bound('a b');
    moved(made);
    made.checker.check('a', true);
    const lease = leaseOf(made.pool.acquire(from('192.0.2.1')));
    expect([lease.member.name, lease.member.host]).toEqual(['a', '10.9.9.9']);
  });

  test('is lent to others, and not moved, while its member awaits the first check', () => {
    const made = bound('a b');
    removed(made);
    made.pool.add({ name: 'a', address: '10.0.0.1:80' });
    expect([visit(made.pool), visit(made.pool)]).toEqual(['b', 'b']);
    made.checker.check('a', true);
    expect(visit(made.pool)).toBe('a');
  });

  test('of a backup goes back to it although an ordinary member serves again', () => {
    const made = stage('x a*', STICKY);
    made.checker.tell('x', 'down');
    expect(visit(made.pool)).toBe('a');
    made.checker.tell('x', 'up');
    expect(visit(made.pool)).toBe('a');
    expect(visit(made.pool, '192.0.2.2')).toBe('x');
  });

  test('of a member that is down is served by it in panic', () => {
    const { pool, checker } = bound('a b', { panicThreshold: 60 });
    checker.tell('a', 'down');
    expect(visit(pool)).toBe('a');
  });

  test('is refused when nobody is left', () => {
    const { pool } = bound('a');
    pool.setState('a', 'maintenance');
    expect(visit(pool)).toBe('no-member');
    pool.setState('a', 'ready');
    expect(visit(pool)).toBe('a');
  });

  test('of a hash strategy is remembered before it is hashed', () => {
    const made = stage('a b c', { ...STICKY, strategy: 'source-hash' });
    const homes = Array.from({ length: 30 }, (_, i) => `198.51.100.${i}`);
    const before = homes.map((client) => visit(made.pool, client));
    made.pool.add({ name: 'd', address: '10.0.0.4:80' });
    made.checker.check('d', true);
    expect(homes.map((client) => visit(made.pool, client))).toEqual(before);
  });
});

describe('a retry of a client of a sticky pool', () => {
  test('goes to another member, and the client follows', () => {
    const { pool } = bound('a b');
    const a = leaseOf(pool.acquire(from('192.0.2.1')));
    a.release('connect-failed');
    const b = leaseOf(pool.acquire(from('192.0.2.1', { tried: [a.member] })));
    expect(b.member.name).toBe('b');
    b.release('ok');
    expect(visit(pool)).toBe('b');
  });

  test('with onMemberDown keep, the client comes back', () => {
    const { pool } = bound('a b', { onMemberDown: 'keep' });
    const tried = [pool.member('a')].filter((member) => member !== undefined);
    expect(nameOf(pool.acquire(from('192.0.2.1', { tried })))).toBe('b');
    expect(visit(pool)).toBe('a');
  });

  test('with onMemberDown refuse, it goes nowhere else', () => {
    const { pool } = bound('a b', { onMemberDown: 'refuse' });
    const tried = [pool.member('a')].filter((member) => member !== undefined);
    expect(nameOf(pool.acquire(from('192.0.2.1', { tried })))).toBe('member-down');
  });
});

describe('a client whose member is full', () => {
  const full = (options: Partial<PoolOptions> = {}): Stage =>
    stage('', {
      ...STICKY,
      members: members('a b').map((member) => ({ ...member, maxConnections: 1 })),
      ...options,
    });

  test('waits for it although another is free', async () => {
    const { pool, clock } = full();
    const first = leaseOf(pool.acquire(from('192.0.2.1')));
    const place = placeOf(pool.acquire(from('192.0.2.1')));
    first.release('ok');
    await clock.advanceAsync(0);
    expect(nameOf(await place)).toBe('a');
  });

  test('is refused after queue.timeout', async () => {
    const { pool, clock } = full({ queue: { timeout: 500 } });
    leaseOf(pool.acquire(from('192.0.2.1')));
    const place = placeOf(pool.acquire(from('192.0.2.1')));
    await clock.advanceAsync(500);
    expect(nameOf(await place)).toBe('queue-timeout');
  });

  test('moves when it goes down meanwhile, and stays where it is refused', async () => {
    const { pool, clock, checker } = full();
    leaseOf(pool.acquire(from('192.0.2.1')));
    const place = placeOf(pool.acquire(from('192.0.2.1')));
    checker.tell('a', 'down');
    await clock.advanceAsync(0);
    const lease = leaseOf(await place);
    expect(lease.member.name).toBe('b');
    lease.release('ok');
    expect(visit(pool)).toBe('b');
  });

  test('is refused when it goes down meanwhile and onMemberDown is refuse', async () => {
    const { pool, clock, checker } = full({ onMemberDown: 'refuse' });
    leaseOf(pool.acquire(from('192.0.2.1')));
    const place = placeOf(pool.acquire(from('192.0.2.1')));
    checker.tell('a', 'down');
    await clock.advanceAsync(0);
    expect(nameOf(await place)).toBe('member-down');
  });

  test('two that come at once to a full pool end up with one member', async () => {
    const { pool, clock } = full();
    const open = ['192.0.2.8', '192.0.2.9'].map((source) => leaseOf(pool.acquire(from(source))));
    const places = [1, 2].map(() => placeOf(pool.acquire(from('192.0.2.1'))));
    for (const lease of open) lease.release('ok');
    await clock.advanceAsync(0);
    const first = leaseOf(await places[0]!);
    first.release('ok');
    await clock.advanceAsync(0);
    expect(leaseOf(await places[1]!).member).toBe(first.member);
  });
});

describe('stickiness by a header', () => {
  const HEADER: Partial<PoolOptions> = { sticky: { mode: 'header', header: 'X-User' } };
  const as = (pool: Pool, user: string | undefined): string => {
    const answer = pool.acquire(
      from('192.0.2.1', { attribute: (_, name) => (name === 'x-user' ? user : undefined) }),
    );
    if (answer.kind === 'lease') answer.release('ok');
    return nameOf(answer);
  };

  test('goes by its value, whatever the address', () => {
    const { pool } = stage('a b c', HEADER);
    expect(['kim', 'lee', 'kim', 'lee'].map((user) => as(pool, user))).toEqual([
      'a',
      'b',
      'a',
      'b',
    ]);
  });

  test('leaves requests without it, or without a value, to the strategy', () => {
    const { pool } = stage('a b', HEADER);
    expect([undefined, '', undefined, ''].map((user) => as(pool, user))).toEqual([
      'a',
      'b',
      'a',
      'b',
    ]);
  });
});

describe('settings of a sticky pool that change while it runs', () => {
  test('keep the table: other bounds, members, strategy', () => {
    const { pool } = bound('a b');
    visit(pool, '192.0.2.2');
    pool.update({ ...pool.config, sticky: { mode: 'source-ip', ttl: '5s', size: 50 } });
    pool.update({ ...pool.config, strategy: 'random' });
    pool.add({ name: 'c', address: '10.0.0.3:80' });
    expect([visit(pool), visit(pool, '192.0.2.2')]).toEqual(['a', 'b']);
  });

  test('drop the oldest of a smaller table, and let entries age by the new life', () => {
    const { pool, clock } = bound('a b');
    visit(pool, '192.0.2.2');
    pool.update({ ...pool.config, sticky: { mode: 'source-ip', ttl: '5s', size: 1 } });
    expect(visit(pool, '192.0.2.2')).toBe('b');
    clock.advance(5001);
    expect(visit(pool, '192.0.2.2')).toBe('a');
  });

  test('begin anew when clients are known by something else', () => {
    const { pool } = bound('a b');
    pool.update({ ...pool.config, sticky: { mode: 'header', header: 'x-user' } });
    expect(visit(pool)).toBe('b');
    const { sticky: _, ...rest } = pool.config;
    pool.update(rest);
    expect([visit(pool), visit(pool)]).toEqual(['a', 'b']);
  });

  test('that are refused leave the table as it was', () => {
    const { pool } = bound('a b');
    visit(pool, '192.0.2.2');
    const strategy = {
      name: 'broken',
      build: () => {
        throw new Error('no');
      },
    };
    const sticky = { mode: 'source-ip', size: 1 } as const;
    expect(() => pool.update({ ...pool.config, sticky, strategy })).toThrow('no');
    expect([visit(pool), visit(pool, '192.0.2.2')]).toEqual(['a', 'b']);
  });
});
