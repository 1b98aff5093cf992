// Counters that go on in another process, whose clock has nothing to do with the first one's.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RateLimiter } from '../../../src/rate-limit/rate-limiter.js';
import type { RateLimitVerdict } from '../../../src/rate-limit/rule.js';
import type { RateLimitSpec } from '../../../src/spec/rate-limit.js';
import { VirtualClock } from '../../../src/testkit/virtual-clock.js';

const LIMITS: readonly RateLimitSpec[] = [
  { requests: 5, window: '1s' },
  { requests: 5, window: '1s', countDenied: true },
  { requests: 5, window: '1s', action: 'delay', maxDelay: '300ms' },
  { requests: 7, window: '1s', algorithm: 'gcra', burst: 3 },
];

function limiter(spec: RateLimitSpec, startMs: number): [RateLimiter, VirtualClock] {
  const clock = new VirtualClock({ startMs });
  return [new RateLimiter(spec, { environment: { clock } }), clock];
}

/** What is kept in memory answers at once. */
function take(limiter: RateLimiter, key: string): RateLimitVerdict {
  const verdict = limiter.take(key);
  if (verdict instanceof Promise) throw new Error('it asks somebody else');
  return verdict;
}

describe('a copy of a counter', () => {
  test.each(LIMITS)('judges on as the original would: %j', (spec) => {
    const steps = fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 30 });
    fc.assert(
      fc.property(steps, steps, fc.integer({ min: 0, max: 10_000_000 }), (before, after, start) => {
        const [original, clock] = limiter(spec, 1000);
        const [copy, otherClock] = limiter(spec, start);
        for (const ms of before) {
          clock.advance(ms);
          take(original, 'a');
        }
        copy.restore('a', JSON.parse(JSON.stringify(original.save('a') ?? null)) ?? undefined);
        for (const ms of after) {
          clock.advance(ms);
          otherClock.advance(ms);
          expect({ ...take(copy, 'a') }).toEqual({ ...take(original, 'a') });
        }
      }),
    );
  });

  test('is told of what counts, and of nothing that does not', () => {
    const [counting, clock] = limiter({ requests: 1, window: '1s', countDenied: false }, 0);
    const told: string[] = [];
    counting.watch((key) => told.push(key));
    for (const key of ['a', 'a', 'b', 'a']) take(counting, key);
    expect(told).toEqual(['a', 'b']);
    counting.giveBack('b');
    expect(told).toEqual(['a', 'b', 'b']);
    counting.watch(undefined);
    clock.advance(5000);
    take(counting, 'c');
    expect(told).toHaveLength(3);
    expect(counting.listKeys().toSorted()).toEqual(['a', 'b', 'c']);
  });
});
