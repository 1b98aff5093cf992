// Counters live on through a reload as long as the definition of their limit is the same.
import { describe, expect, test } from 'vitest';
import { createContext, limits } from './context.js';

const [slow] = limits({ requests: 1 });
const [fast] = limits({ requests: 100 });

describe('LimiterShelf', () => {
  test('goes on with the limiter of the same definition, in the same place', () => {
    const { limiters } = createContext();
    const before = limiters.get(slow!, 'front');
    limiters.begin();
    expect(limiters.get({ ...slow! }, 'front')).toBe(before);
    expect(limiters.get(slow!, 'front/api')).not.toBe(before);
    expect(limiters.get(fast!, 'front')).not.toBe(before);
  });

  test('keeps two limits of one definition apart', () => {
    const { limiters } = createContext();
    const both = [limiters.get(slow!, 'front'), limiters.get(slow!, 'front')];
    expect(both[0]).not.toBe(both[1]);
    limiters.begin();
    expect([limiters.get(slow!, 'front'), limiters.get(slow!, 'front')]).toEqual(both);
  });

  test('forgets what the settings in force do not ask for', () => {
    const { limiters } = createContext();
    const before = limiters.get(slow!, 'front');
    limiters.begin();
    limiters.get(fast!, 'front');
    limiters.commit();
    limiters.begin();
    expect(limiters.get(slow!, 'front')).not.toBe(before);
  });

  test('forgets nothing for settings that were given up', () => {
    const { limiters } = createContext();
    const before = limiters.get(slow!, 'front');
    limiters.begin();
    limiters.get(fast!, 'front');
    limiters.begin();
    expect(limiters.get(slow!, 'front')).toBe(before);
    limiters.commit();
    limiters.begin();
    expect(limiters.get(slow!, 'front')).toBe(before);
  });

  test('gives a shared store the same name for the same definition, whoever asks', async () => {
    const scopes: string[] = [];
    const shared = {
      take: ({ scope }: { scope: string }) => {
        scopes.push(scope);
        return { allowed: true, delayMs: 0, remaining: 1, retryAfterMs: 0 };
      },
    };
    const [limit, other, strict, patient] = limits(
      { requests: 1, store: 'shared' },
      { requests: 2, store: 'shared' },
      { requests: 1, store: 'shared', onStoreError: 'deny' },
      { requests: 1, store: 'shared', storeTimeout: '2s' },
    );
    for (const asked of [limit, limit, strict, patient, other]) {
      await createContext({ shared }).limiters.get(asked!, 'front/api').take('a');
    }
    expect(scopes[0]).toMatch(/^front\/[0-9a-f]{12}$/);
    // What a process does while the store is away is its own affair.
    expect(scopes.slice(1, 4)).toEqual([scopes[0], scopes[0], scopes[0]]);
    expect(scopes[4]).not.toBe(scopes[0]);
  });

  test('tells of a store that fails, and of its return', async () => {
    let isDown = true;
    const shared = {
      take: () => {
        if (isDown) throw new Error('connection refused');
        return { allowed: true, delayMs: 0, remaining: 1, retryAfterMs: 0 };
      },
    };
    const context = createContext({ shared });
    const [limit] = limits({ requests: 1, store: 'shared' });
    const limiter = context.limiters.get(limit!, 'front');
    await limiter.take('a');
    // Another limit of the same store: the outage is the same.
    await context.limiters.get(limit!, 'api').take('a');
    isDown = false;
    context.clock.advance(1000);
    await limiter.take('a');
    expect(context.told).toEqual([
      expect.objectContaining({
        frontend: 'front',
        store: 'shared',
        reason: 'connection refused',
      }),
      expect.objectContaining({ store: 'shared', reason: 'it answers again' }),
    ]);
  });
});
