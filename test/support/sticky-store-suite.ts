// What every sticky store must do, whatever it keeps its entries in.
import { describe, expect, test } from 'vitest';
import type { StickyStore } from '../../src/sticky/store.js';

/** A store under test, empty at first. */
export interface StoreUnderTest extends AsyncDisposable {
  readonly store: StickyStore;
  /** What is left of an entry's life, ms; 0 = it is not there. */
  lifeOf(key: string): number | Promise<number>;
}

/** How much of an entry's life may have passed before it is looked at, ms. */
const SLACK_MS = 20_000;

/** Declares the tests; each opens a store of its own. */
export function testStickyStore(
  name: string,
  open: () => StoreUnderTest | Promise<StoreUnderTest>,
): void {
  describe(`${name} as a sticky store`, () => {
    test('knows nobody at first', async () => {
      await using opened = await open();
      expect(await opened.store.get('web/source-ip/192.0.2.1')).toBeUndefined();
    });

    test('remembers the last member of a client, and of no other', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.set('web/source-ip/192.0.2.1', 'a', 60_000);
      await store.set('web/source-ip/192.0.2.2', 'b', 60_000);
      await store.set('web/source-ip/192.0.2.1', 'c', 60_000);
      expect(await store.get('web/source-ip/192.0.2.1')).toBe('c');
      expect(await store.get('web/source-ip/192.0.2.2')).toBe('b');
    });

    test('keeps keys with any printable character apart', async () => {
      await using opened = await open();
      const { store } = opened;
      const keys = ['web/header:x-user/a b', 'web/header:x-user/a%20b', 'web/header:x-user/é:*?[]'];
      for (const key of keys) await store.set(key, key.slice(-3), 60_000);
      for (const key of keys) expect(await store.get(key)).toBe(key.slice(-3));
    });

    test('forgets a client that is deleted', async () => {
      await using opened = await open();
      const { store } = opened;
      await store.set('web/source-ip/192.0.2.1', 'a', 60_000);
      await store.delete('web/source-ip/192.0.2.1');
      await store.delete('web/source-ip/192.0.2.9');
      expect(await store.get('web/source-ip/192.0.2.1')).toBeUndefined();
    });

    test('an entry lives as long as it was told; a touch does not bring one to life', async () => {
      await using opened = await open();
      const { store } = opened;
      const key = 'web/source-ip/192.0.2.1';
      await store.touch(key, 60_000);
      expect(await store.get(key)).toBeUndefined();
      await store.set(key, 'a', 60_000);
      expect(await opened.lifeOf(key)).toBeGreaterThan(60_000 - SLACK_MS);
      await store.touch(key, 60_000);
      expect(await store.get(key)).toBe('a');
      expect(await opened.lifeOf(key)).toBeGreaterThan(60_000 - SLACK_MS);
      expect(await opened.lifeOf(key)).toBeLessThanOrEqual(60_000);
    });

    test('what is sent without waiting takes place in its order', async () => {
      await using opened = await open();
      const { store } = opened;
      const key = 'web/source-ip/192.0.2.1';
      const first = store.set(key, 'a', 60_000);
      const second = store.set(key, 'b', 60_000);
      expect(await store.get(key)).toBe('b');
      await first;
      await second;
    });
  });
}
