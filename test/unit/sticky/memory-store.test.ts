import { describe, expect, test } from 'vitest';
import { MemoryStickyStore } from '../../../src/sticky/memory-store.js';
import { isStickyStore } from '../../../src/sticky/store.js';
import { VirtualClock } from '../../../src/testkit/virtual-clock.js';
import { testStickyStore } from '../../support/sticky-store-suite.js';

function lifeOf(store: MemoryStickyStore, key: string): number {
  return [...store.entries()].find((entry) => entry.key === key)?.ttlMs ?? 0;
}

testStickyStore('MemoryStickyStore', () => {
  const store = new MemoryStickyStore({ size: 100, ttlMs: 60_000 }, new VirtualClock());
  return {
    store,
    lifeOf: (key) => lifeOf(store, key),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
});

describe('MemoryStickyStore', () => {
  test('tells of entries that are set or deleted, and 32 times in a life of one that is used all the time', () => {
    const clock = new VirtualClock({ startMs: 1 });
    const store = new MemoryStickyStore({ size: 100, ttlMs: 32_000 }, clock);
    const told: string[] = [];
    store.watch((key) => told.push(key));
    store.set('a', 'm1');
    store.delete('b');
    for (let i = 0; i < 320; i++) {
      clock.advance(100);
      store.touch('a');
    }
    expect(told.slice(0, 2)).toEqual(['a', 'b']);
    expect(told).toHaveLength(2 + 32);
    store.watch(undefined);
    store.set('c', 'm1');
    expect(told).toHaveLength(34);
  });

  test('takes entries of a copy with what is left of their life, and their order', () => {
    const clock = new VirtualClock({ startMs: 5 });
    const store = new MemoryStickyStore({ size: 2, ttlMs: 60_000 }, clock);
    for (const [key, ttlMs] of [
      ['a', 100],
      ['b', 90_000],
    ] as const)
      store.restore({ key, member: 'm', ttlMs });
    expect([store.peek('a')?.ttlMs, store.peek('b')?.ttlMs]).toEqual([100, 60_000]);
    expect(store.keys()).toEqual(['a', 'b']);
    clock.advance(101);
    expect([store.get('a'), store.get('b')]).toEqual([undefined, 'm']);
    store.forget('b');
    expect(store.get('b')).toBeUndefined();
  });

  test('forgets a client that stays away, and not one that comes back in time', () => {
    const clock = new VirtualClock();
    const store = new MemoryStickyStore({ size: 100, ttlMs: 1000 }, clock);
    store.set('a', 'm1');
    store.set('b', 'm2');
    clock.advance(900);
    store.touch('a');
    clock.advance(900);
    expect([store.get('a'), store.get('b')]).toEqual(['m1', undefined]);
  });

  test('when it is full the client that was away for longest goes', () => {
    const store = new MemoryStickyStore({ size: 2, ttlMs: 1000 }, new VirtualClock());
    for (const key of ['a', 'b', 'c']) store.set(key, 'm');
    expect([store.get('a'), store.get('b'), store.get('c')]).toEqual([undefined, 'm', 'm']);
    expect(store.size).toBe(2);
  });

  test('takes other bounds and keeps what fits', () => {
    const clock = new VirtualClock();
    const store = new MemoryStickyStore({ size: 9, ttlMs: 1000 }, clock);
    for (const key of ['a', 'b', 'c']) store.set(key, 'm');
    clock.advance(600);
    store.resize({ size: 2, ttlMs: 2000 });
    expect([...store.entries()]).toEqual([
      { key: 'c', member: 'm', ttlMs: 1400 },
      { key: 'b', member: 'm', ttlMs: 1400 },
    ]);
  });
});

describe('isStickyStore', () => {
  test.each([undefined, null, 5, 'x', () => 1, {}, new Map()])('says no to %s', (value) => {
    expect(isStickyStore(value)).toBe(false);
  });

  test('says yes to what has the four methods', () => {
    const store = new MemoryStickyStore({ size: 1, ttlMs: 1 }, new VirtualClock());
    expect(isStickyStore(store)).toBe(true);
  });
});
