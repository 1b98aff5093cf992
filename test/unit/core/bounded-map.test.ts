import { describe, expect, test } from 'vitest';
import { BoundedMap } from '../../../src/core/bounded-map.js';
import { VirtualClock } from '../../../src/testkit/virtual-clock.js';

function keysOf(map: BoundedMap<string, number>): string {
  return [...map.entries()].map(([key]) => key).join('');
}

describe('BoundedMap', () => {
  test('pushes out the entry that was unused for longest', () => {
    const map = new BoundedMap<string, number>({ max: 2 }, new VirtualClock());
    map.set('a', 1);
    map.set('b', 2);
    expect(map.get('a')).toBe(1);
    map.set('c', 3);
    expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([1, undefined, 3]);
    expect(map.size).toBe(2);
  });

  test('a peek does not count as use', () => {
    const map = new BoundedMap<string, number>({ max: 2 }, new VirtualClock());
    map.set('a', 1);
    map.set('b', 2);
    expect(map.peek('a')).toBe(1);
    map.set('c', 3);
    expect(map.peek('a')).toBeUndefined();
  });

  test.each([0, 5000.25])(
    'forgets an entry at the end of its life, on a clock that begins at %s',
    (startMs) => {
      const clock = new VirtualClock({ startMs });
      const map = new BoundedMap<string, number>({ max: 9, ttlMs: 1000 }, clock);
      map.set('a', 1);
      clock.advance(1000);
      expect(map.get('a')).toBe(1);
      clock.advance(1);
      expect(map.get('a')).toBeUndefined();
      expect(map.size).toBe(0);
    },
  );

  test('a touch begins the life anew, a get does not', () => {
    const clock = new VirtualClock();
    const map = new BoundedMap<string, number>({ max: 9, ttlMs: 1000 }, clock);
    map.set('a', 1);
    map.set('b', 2);
    clock.advance(600);
    expect(map.touch('a')).toBe(true);
    expect(map.get('b')).toBe(2);
    clock.advance(600);
    expect([map.get('a'), map.get('b')]).toEqual([1, undefined]);
    expect(map.remainingMs('a')).toBe(400);
    expect(map.touch('b')).toBe(false);
  });

  test('without a life entries stay until they are pushed out', () => {
    const clock = new VirtualClock();
    const map = new BoundedMap<string, number>({ max: 1 }, clock);
    map.set('a', 1);
    clock.advance(1e12);
    expect(map.get('a')).toBe(1);
    expect(map.remainingMs('a')).toBe(Number.POSITIVE_INFINITY);
    map.set('b', 2);
    expect(map.get('a')).toBeUndefined();
  });

  test('lists what lives, the newest first', () => {
    const clock = new VirtualClock();
    const map = new BoundedMap<string, number>({ max: 9, ttlMs: 1000 }, clock);
    map.set('a', 1);
    clock.advance(500);
    map.set('b', 2);
    map.set('c', 3);
    expect(keysOf(map)).toBe('cba');
    clock.advance(501);
    expect(keysOf(map)).toBe('cb');
  });

  test('deletes and clears', () => {
    const map = new BoundedMap<string, number>({ max: 9 }, new VirtualClock());
    expect(map.delete('a')).toBe(false);
    map.set('a', 1);
    map.set('b', 2);
    expect(map.delete('a')).toBe(true);
    map.clear();
    expect(map.size).toBe(0);
    expect(map.get('b')).toBeUndefined();
  });

  test('takes other bounds: entries keep age and order, the oldest go', () => {
    const clock = new VirtualClock();
    const map = new BoundedMap<string, number>({ max: 9, ttlMs: 1000 }, clock);
    for (const key of ['a', 'b', 'c']) map.set(key, 1);
    clock.advance(400);
    map.touch('a');
    map.resize({ max: 2, ttlMs: 5000 });
    expect(keysOf(map)).toBe('ac');
    expect([map.remainingMs('a'), map.remainingMs('c')]).toEqual([5000, 4600]);
    map.resize({ max: 2, ttlMs: 300 });
    expect(keysOf(map)).toBe('a');
  });

  test('takes other bounds before the first entry', () => {
    const clock = new VirtualClock();
    const map = new BoundedMap<string, number>({ max: 9 }, clock);
    map.resize({ max: 1, ttlMs: 10 });
    map.set('a', 1);
    map.set('b', 1);
    expect(keysOf(map)).toBe('b');
    expect(map.bounds).toEqual({ max: 1, ttlMs: 10 });
  });
});
