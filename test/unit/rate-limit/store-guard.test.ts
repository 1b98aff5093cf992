// A store that others share: asked once per request, never waited for too long, and left alone while it is down.
import { describe, expect, test } from 'vitest';
import { RateLimiter } from '../../../src/rate-limit/rate-limiter.js';
import type { RateLimitVerdict } from '../../../src/rate-limit/rule.js';
import type { RateLimitQuery, RateLimitStore } from '../../../src/rate-limit/store.js';
import { STORE_REST_MS } from '../../../src/rate-limit/store-guard.js';
import { STORE_TIMEOUT_MS } from '../../../src/spec/outside-store.js';
import type { RateLimitSpec } from '../../../src/spec/rate-limit.js';
import { VirtualClock } from '../../../src/testkit/virtual-clock.js';

const YES: RateLimitVerdict = { allowed: true, delayMs: 0, remaining: 4, retryAfterMs: 0 };

/** A store that answers what a test says. */
class ScriptedStore implements RateLimitStore {
  readonly queries: RateLimitQuery[] = [];
  readonly returned: RateLimitQuery[] = [];
  answer: () => RateLimitVerdict | Promise<RateLimitVerdict> = () => Promise.resolve(YES);

  take(query: RateLimitQuery): RateLimitVerdict | Promise<RateLimitVerdict> {
    this.queries.push(query);
    return this.answer();
  }

  giveBack(query: RateLimitQuery): Promise<void> {
    this.returned.push(query);
    return Promise.reject(new Error('down'));
  }
}

function create(spec: Partial<RateLimitSpec> = {}): {
  readonly limiter: RateLimiter;
  readonly store: ScriptedStore;
  readonly clock: VirtualClock;
  readonly told: string[];
} {
  const clock = new VirtualClock();
  const store = new ScriptedStore();
  const told: string[] = [];
  const limiter = new RateLimiter(
    { requests: 5, window: '1s', store: 'shared', ...spec },
    {
      environment: { clock },
      name: 'front',
      store,
      listener: {
        onStoreFailed: (reason) => told.push(reason),
        onStoreRestored: () => told.push('restored'),
      },
    },
  );
  return { limiter, store, clock, told };
}

const never = (): Promise<RateLimitVerdict> => new Promise(() => {});

describe('a limiter with a store', () => {
  test('asks it with everything that the decision depends on', async () => {
    const { limiter, store, clock } = create({ algorithm: 'gcra', burst: 3 });
    expect(await limiter.take('a')).toEqual(YES);
    expect(store.queries).toEqual([
      {
        scope: 'front',
        key: 'a',
        rule: {
          algorithm: 'gcra',
          requests: 5,
          windowMs: 1000,
          burst: 3,
          countDenied: false,
          maxDelayMs: 0,
        },
      },
    ]);
    expect(clock.pending).toBe(0);
    limiter.giveBack('a');
    expect(store.returned).toHaveLength(1);
  });

  test('answers at once when the store does', () => {
    const { limiter, store } = create();
    store.answer = () => YES;
    expect(limiter.take('a')).toBe(YES);
  });

  test.each<readonly [string, ScriptedStore['answer'], string]>([
    [
      'throws',
      () => {
        throw new Error('no route');
      },
      'no route',
    ],
    ['rejects', () => Promise.reject(new Error('gone')), 'gone'],
    ['answers nonsense', () => Promise.resolve({} as RateLimitVerdict), 'the answer is no verdict'],
    [
      'answers half a verdict',
      () => Promise.resolve({ allowed: false } as RateLimitVerdict),
      'the answer is no verdict',
    ],
    ['says nothing', () => undefined as unknown as RateLimitVerdict, 'the answer is no verdict'],
    [
      'answers nothing',
      () => Promise.resolve(null as unknown as RateLimitVerdict),
      'the answer is no verdict',
    ],
  ])('allows when the store %s, and says so once', async (_, answer, reason) => {
    const { limiter, store, told } = create();
    store.answer = answer;
    expect((await limiter.take('a')).allowed).toBe(true);
    expect((await limiter.take('a')).allowed).toBe(true);
    expect(told).toEqual([reason]);
    expect(store.queries).toHaveLength(1);
  });

  test('denies instead where it is told to', async () => {
    const { limiter, store } = create({ onStoreError: 'deny' });
    store.answer = () => Promise.reject(new Error('gone'));
    expect(await limiter.take('a')).toMatchObject({ allowed: false, retryAfterMs: STORE_REST_MS });
  });

  test('waits for an answer so long and no longer, by its own clock', async () => {
    const { limiter, store, clock, told } = create();
    store.answer = never;
    let verdict: RateLimitVerdict | undefined;
    void Promise.resolve(limiter.take('a')).then((late) => {
      verdict = late;
    });
    await clock.advanceAsync(STORE_TIMEOUT_MS - 1);
    expect(verdict).toBeUndefined();
    await clock.advanceAsync(1);
    expect(verdict?.allowed).toBe(true);
    expect(told).toEqual(['no answer within 250ms']);
  });

  test('waits for as long as it is told', async () => {
    const { limiter, store, clock, told } = create({ storeTimeout: '40ms' });
    store.answer = never;
    const verdict = limiter.take('a');
    await clock.advanceAsync(40);
    expect((await verdict).allowed).toBe(true);
    expect(told).toEqual(['no answer within 40ms']);
  });

  test('tells of one outage once, however many requests were on their way', async () => {
    const { limiter, store, clock, told } = create();
    store.answer = never;
    const all = ['a', 'b', 'c'].map(async (key) => limiter.take(key));
    await clock.advanceAsync(STORE_TIMEOUT_MS);
    expect((await Promise.all(all)).every(({ allowed }) => allowed)).toBe(true);
    expect(told).toHaveLength(1);
  });

  test('leaves a store that failed alone for a second, then lets one request try it', async () => {
    const { limiter, store, clock, told } = create();
    store.answer = () => Promise.reject(new Error('gone'));
    await limiter.take('a');
    await clock.advanceAsync(STORE_REST_MS - 1);
    expect(limiter.take('a')).not.toBeInstanceOf(Promise);
    await clock.advanceAsync(1);
    store.answer = never;
    const trying = limiter.take('a');
    expect(limiter.take('b')).not.toBeInstanceOf(Promise);
    expect(store.queries).toHaveLength(2);
    await clock.advanceAsync(STORE_TIMEOUT_MS);
    expect((await trying).allowed).toBe(true);
    await clock.advanceAsync(STORE_REST_MS);
    store.answer = () => Promise.resolve(YES);
    await limiter.take('a');
    await limiter.take('a');
    expect(store.queries).toHaveLength(4);
    expect(told).toEqual(['gone', 'restored']);
  });
});
