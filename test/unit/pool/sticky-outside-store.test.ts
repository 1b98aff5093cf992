// Stickiness by a store that answers later, is slow, or fails.
import { describe, expect, test } from 'vitest';
import type { PoolOptions } from '../../../src/pool/options.js';
import type { Pool } from '../../../src/pool/pool.js';
import type { StickyStore } from '../../../src/sticky/store.js';
import { from, leaseOf, nameOf, placeOf, type Stage, stage } from './fixture.js';

type Reply = 'now' | 'never' | 'reject' | 'throw' | 'at-once';

/** Answers as it is told; notes what it was asked. */
class ScriptedStore implements StickyStore {
  readonly entries = (): never[] => [];
  readonly known: Map<string, string> = new Map();
  readonly log: string[] = [];
  reply: Reply = 'now';
  #held: (() => void)[] = [];

  get(key: string): Promise<string | undefined> {
    this.log.push(`get ${key}`);
    return this.#answer(() => this.known.get(key));
  }

  set(key: string, member: string, ttlMs: number): Promise<void> {
    this.log.push(`set ${key} ${member} ${ttlMs}`);
    return this.#answer(() => void this.known.set(key, member));
  }

  touch(key: string, ttlMs: number): Promise<void> {
    this.log.push(`touch ${key} ${ttlMs}`);
    return this.#answer(() => undefined);
  }

  delete(key: string): Promise<void> {
    this.log.push(`delete ${key}`);
    return this.#answer(() => void this.known.delete(key));
  }

  /** Answers what it kept waiting. */
  flush(): void {
    for (const answer of this.#held.splice(0)) answer();
  }

  #answer<Value>(make: () => Value): Promise<Value> {
    if (this.reply === 'throw') throw new Error('broken');
    if (this.reply === 'reject') return Promise.reject(new Error('gone'));
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a store may answer at once
    if (this.reply === 'at-once') return make() as unknown as Promise<Value>;
    if (this.reply === 'now') return Promise.resolve(make());
    return new Promise((resolve) => this.#held.push(() => resolve(make())));
  }
}

interface StoreStage extends Stage {
  readonly store: ScriptedStore;
}

function stageWith(names: string, options: Partial<PoolOptions> = {}): StoreStage {
  const store = new ScriptedStore();
  const made = stage(
    names,
    { sticky: { mode: 'source-ip', store: 'shared', ttl: '30m' }, ...options },
    { dependencies: { extensions: { shared: store } } },
  );
  return { ...made, store };
}

/** One use of a member by a client; its name, or why there is none. */
async function visit({ pool, clock }: StoreStage, source = '192.0.2.1'): Promise<string> {
  const asked = pool.acquire(from(source));
  await clock.advanceAsync(0);
  const answer = asked.kind === 'pending' ? await asked : asked;
  if (answer.kind === 'lease') answer.release('ok');
  return nameOf(answer);
}

async function settled(answers: readonly ReturnType<Pool['acquire']>[]): Promise<string[]> {
  return Promise.all(answers.map(async (answer) => nameOf(await answer)));
}

const KEY = 'web/source-ip/192.0.2.1';

describe('a pool with a store outside', () => {
  test('asks it, and tells it who got whom', async () => {
    const made = stageWith('a b');
    expect(await visit(made)).toBe('a');
    expect(await visit(made)).toBe('a');
    expect(made.store.log).toEqual([
      `get ${KEY}`,
      `set ${KEY} a 1800000`,
      `get ${KEY}`,
      `touch ${KEY} 1800000`,
    ]);
  });

  test('honours what another balancer has noted', async () => {
    const made = stageWith('a b');
    made.store.known.set(KEY, 'b');
    expect([await visit(made), await visit(made)]).toEqual(['b', 'b']);
  });

  test('takes turns among the clients it does not know', async () => {
    const made = stageWith('a b');
    const names: string[] = [];
    for (let i = 0; i < 6; i++) names.push(await visit(made, `192.0.2.${i}`));
    expect(names).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
  });

  test('keys tell pools and kinds of clients apart', async () => {
    const made = stageWith('a b', {
      name: 'api',
      sticky: { mode: 'header', header: 'X-User', store: 'shared' },
    });
    const asked = made.pool.acquire(from('192.0.2.1', { attribute: () => 'kim' }));
    await asked;
    expect(made.store.log[0]).toBe('get api/header:x-user/kim');
  });

  test('clients that come at once with one address get one member, and the store is asked once', async () => {
    const { pool, clock, store } = stageWith('a b');
    const answers = [1, 2, 3].map(() => pool.acquire(from('192.0.2.1')));
    const other = pool.acquire(from('192.0.2.2'));
    await clock.advanceAsync(0);
    expect(await settled([...answers, other])).toEqual(['a', 'a', 'a', 'b']);
    expect(store.log.filter((line) => line === `get ${KEY}`)).toHaveLength(1);
  });

  test('who comes before the store has confirmed gets the same member', async () => {
    const { pool, clock, store } = stageWith('a b');
    const first = pool.acquire(from('192.0.2.1'));
    store.reply = 'never';
    await first;
    expect(nameOf(pool.acquire(from('192.0.2.1')))).toBe('a');
    store.flush();
    store.reply = 'now';
    await clock.advanceAsync(0);
    const later = pool.acquire(from('192.0.2.1'));
    expect(nameOf(await placeOf(later))).toBe('a');
  });

  test('a store that answers at once makes nobody wait', () => {
    const { pool, store } = stageWith('a b');
    store.reply = 'at-once';
    store.known.set(KEY, 'b');
    expect(leaseOf(pool.acquire(from('192.0.2.1'))).member.name).toBe('b');
  });

  test('forgets a client whose member is gone and whom nobody takes', async () => {
    const made = stageWith('a');
    made.store.known.set(KEY, 'zz');
    made.pool.setState('a', 'maintenance');
    expect(await visit(made)).toBe('no-member');
    expect(made.store.log.at(-1)).toBe(`delete ${KEY}`);
  });

  test('notes nothing of a client that is away for this once', async () => {
    const made = stageWith('a b', { onMemberDown: 'keep' });
    made.store.known.set(KEY, 'a');
    made.checker.tell('a', 'down');
    expect(await visit(made)).toBe('b');
    expect(made.store.log).toEqual([`get ${KEY}`]);
  });

  test('lets a client wait in the queue for its full member, once it is known', async () => {
    const { pool, clock, store } = stageWith('', {
      members: [
        { name: 'a', address: '10.0.0.1:80', maxConnections: 1 },
        { name: 'b', address: '10.0.0.2:80' },
      ],
    });
    store.known.set(KEY, 'a');
    const first = leaseOf(await pool.acquire(from('192.0.2.1')));
    const second = placeOf(pool.acquire(from('192.0.2.1')));
    expect(pool.status().queued).toBe(1);
    await clock.advanceAsync(0);
    expect(pool.status().queued).toBe(1);
    first.release('ok');
    expect(nameOf(await second)).toBe('a');
    expect(pool.status().queued).toBe(0);
  });

  test('refuses rather than queues who can not wait', async () => {
    const { pool, store } = stageWith('', {
      members: [{ name: 'a', address: '10.0.0.1:80', maxConnections: 1 }],
    });
    store.known.set(KEY, 'a');
    await pool.acquire(from('192.0.2.1'));
    const answer = await pool.acquire(from('192.0.2.1', { mayQueue: false }));
    expect(nameOf(answer)).toBe('queue-full');
  });

  test('a client that leaves while the store is asked is cancelled, and gets nothing', async () => {
    const { pool, clock, store } = stageWith('a b');
    store.reply = 'never';
    const place = placeOf(pool.acquire(from('192.0.2.1')));
    expect(pool.status().queued).toBe(1);
    place.cancel();
    expect(nameOf(await place)).toBe('cancelled');
    store.flush();
    await clock.advanceAsync(0);
    expect(pool.status()).toMatchObject({ queued: 0 });
    expect(pool.members.map((member) => member.state.active)).toEqual([0, 0]);
  });

  test('a pool that closes refuses who waits for the store', async () => {
    const { pool, store } = stageWith('a b');
    store.reply = 'never';
    const place = placeOf(pool.acquire(from('192.0.2.1')));
    await pool.close();
    expect(nameOf(await place)).toBe('closed');
  });
});

describe('a store that is slow', () => {
  test('is waited for 250 ms; then the client is served without it, and it is told once', async () => {
    const { pool, clock, store, log, payloads } = stageWith('a b');
    store.reply = 'never';
    const places = ['192.0.2.1', '192.0.2.2', '192.0.2.2'].map((source) =>
      placeOf(pool.acquire(from(source))),
    );
    let answered = 0;
    for (const place of places) void place.then(() => answered++);
    await clock.advanceAsync(249);
    expect(answered).toBe(0);
    await clock.advanceAsync(1);
    expect(await settled(places)).toEqual(['a', 'b', 'a']);
    expect(log).toEqual(['sticky:store-failed']);
    expect(payloads[0]).toMatchObject({ pool: 'web', reason: 'no answer within 250ms' });
    expect(clock.pending).toBe(0);
  });

  test('is waited for as long as the pool says', async () => {
    const { pool, clock, store, payloads } = stageWith('a b', {
      sticky: { mode: 'source-ip', store: 'shared', storeTimeout: '40ms' },
    });
    store.reply = 'never';
    const place = placeOf(pool.acquire(from('192.0.2.1')));
    await clock.advanceAsync(40);
    expect(nameOf(await place)).toBe('a');
    expect(payloads[0]).toMatchObject({ reason: 'no answer within 40ms' });
  });

  test('and answers too late changes nothing', async () => {
    const { pool, clock, store } = stageWith('a b');
    store.known.set(KEY, 'b');
    store.reply = 'never';
    const place = placeOf(pool.acquire(from('192.0.2.1')));
    await clock.advanceAsync(250);
    expect(nameOf(await place)).toBe('a');
    store.flush();
    await clock.advanceAsync(0);
    expect(store.log).toEqual([`get ${KEY}`]);
  });

  test('after three failures in a row nobody waits for it any more, but one client each second', async () => {
    const { pool, clock, store, log } = stageWith('a b');
    store.reply = 'never';
    for (let i = 0; i < 3; i++) {
      const place = placeOf(pool.acquire(from('192.0.2.1')));
      await clock.advanceAsync(250);
      await place;
    }
    expect(nameOf(pool.acquire(from('192.0.2.1')))).toBe('b');
    await clock.advanceAsync(1000);
    const trial = pool.acquire(from('192.0.2.1'));
    expect(nameOf(trial)).toBe('queued');
    expect(nameOf(pool.acquire(from('192.0.2.9')))).not.toBe('queued');
    await clock.advanceAsync(250);
    expect(nameOf(pool.acquire(from('192.0.2.9')))).not.toBe('queued');
    expect(log).toEqual(['sticky:store-failed']);
  });

  test('is told of when it works again, and is asked as before', async () => {
    const made = stageWith('a b');
    const { clock, store, log } = made;
    store.known.set(KEY, 'b');
    store.reply = 'reject';
    for (let i = 0; i < 4; i++) await visit(made);
    store.reply = 'now';
    await clock.advanceAsync(1000);
    expect(await visit(made)).toBe('b');
    expect(log).toEqual(['sticky:store-failed', 'sticky:store-back']);
    expect(await visit(made)).toBe('b');
  });
});

describe('a store that fails', () => {
  test.each(['reject', 'throw'] as const)(
    'by a %s loses no client, and is told of once',
    async (reply) => {
      const made = stageWith('a b');
      made.store.reply = reply;
      const names: string[] = [];
      for (let i = 0; i < 6; i++) names.push(await visit(made));
      expect(names).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
      expect(made.log).toEqual(['sticky:store-failed']);
      expect(made.store.log).toEqual(Array(3).fill(`get ${KEY}`));
    },
  );

  test('when it is told something costs nobody anything', async () => {
    const made = stageWith('a b');
    const place = placeOf(made.pool.acquire(from('192.0.2.1')));
    made.store.reply = 'reject';
    expect(nameOf(await place)).toBe('a');
    await made.clock.advanceAsync(0);
    expect(made.log).toEqual(['sticky:store-failed']);
  });

  test('now and then is told of once until it has been well for a second', async () => {
    const made = stageWith('a b');
    for (let i = 0; i < 8; i++) {
      made.store.reply = i % 2 === 0 ? 'reject' : 'now';
      await visit(made, `192.0.2.${i}`);
      await made.clock.advanceAsync(100);
    }
    expect(made.log).toEqual(['sticky:store-failed']);
    made.store.reply = 'now';
    await made.clock.advanceAsync(1000);
    await visit(made);
    expect(made.log).toEqual(['sticky:store-failed', 'sticky:store-back']);
  });

  test('does not make clients forget each other for good', async () => {
    const made = stageWith('a b');
    expect(await visit(made)).toBe('a');
    made.store.reply = 'reject';
    expect(await visit(made)).toBe('b');
    made.store.reply = 'now';
    expect(await visit(made)).toBe('a');
  });
});

describe('a store that can not be used', () => {
  test.each([
    [{}, 'EK_SPEC_INVALID'],
    [{ shared: { get: () => undefined } }, 'EK_STORE'],
  ])('%o is refused when the pool is built', (extensions, code) => {
    const build = (): Stage =>
      stage(
        'a',
        { sticky: { mode: 'source-ip', store: 'shared' } },
        { dependencies: { extensions } },
      );
    expect(build).toThrow(expect.objectContaining({ code }));
  });
});
