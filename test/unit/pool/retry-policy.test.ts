import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/core/random.js';
import { RetryPolicy } from '../../../src/pool/retry-policy.js';
import type { RetriesConfig } from '../../../src/spec/config.js';

function policy(changes: Partial<RetriesConfig> = {}): RetryPolicy {
  return new RetryPolicy({
    attempts: 3,
    on: ['connect-failure', 'reset-before-response', '503'],
    budgetPercent: 20,
    backoff: 25,
    bufferBytes: 65_536,
    ...changes,
  });
}

/** How many of `count` retries are allowed at one moment. */
function allowed(retries: RetryPolicy, count: number, nowMs: number): number {
  let passed = 0;
  for (let i = 0; i < count; i++) if (retries.allows('connect-failure', 1, nowMs)) passed++;
  return passed;
}

describe('RetryPolicy', () => {
  test('counts tries: three attempts after the first', () => {
    const retries = policy();
    const answers = [1, 2, 3, 4].map((tries) => retries.allows('connect-failure', tries, 0));
    expect(answers).toEqual([true, true, true, false]);
    expect(policy({ attempts: 0 }).allows('connect-failure', 1, 0)).toBe(false);
  });

  test('retries only on what it was told to', () => {
    const retries = policy({ on: ['connect-failure', '503'] });
    expect(retries.allows('connect-failure', 1, 0)).toBe(true);
    expect(retries.allows('503', 1, 0)).toBe(true);
    expect(retries.allows('502', 1, 0)).toBe(false);
    expect(retries.allows('reset-before-response', 1, 0)).toBe(false);
  });

  test('without traffic allows ten a second over the ten seconds of its window', () => {
    const retries = policy();
    expect(allowed(retries, 500, 0)).toBe(100);
    expect(allowed(retries, 500, 9999)).toBe(0);
    expect(allowed(retries, 500, 10_000)).toBe(100);
  });

  test('adds 20 percent of the requests of the last ten seconds', () => {
    const retries = policy();
    for (let i = 0; i < 1000; i++) retries.onRequest(0);
    expect(allowed(retries, 1000, 5000)).toBe(300);
    expect(allowed(retries, 1000, 9999)).toBe(0);
  });

  test('a request pays for ten seconds', () => {
    const before = policy();
    for (let i = 0; i < 1000; i++) before.onRequest(500);
    expect(allowed(before, 1000, 9999)).toBe(300);
    const after = policy();
    for (let i = 0; i < 1000; i++) after.onRequest(500);
    expect(allowed(after, 1000, 10_000)).toBe(100);
  });

  test('a refused retry costs nothing', () => {
    const retries = policy();
    expect(allowed(retries, 100, 0)).toBe(100);
    for (let i = 0; i < 1000; i++) retries.allows('connect-failure', 1, 0);
    for (let i = 0; i < 5; i++) retries.onRequest(0);
    expect(allowed(retries, 10, 0)).toBe(1);
  });

  test('keeps the ratio under steady traffic: never more than a fifth and the reserve', () => {
    const retries = policy();
    let passed = 0;
    for (let ms = 0; ms < 60_000; ms += 1) {
      retries.onRequest(ms);
      if (retries.allows('reset-before-response', 1, ms)) passed++;
    }
    // 60,000 requests: a fifth of them, ten a second, and what the window's edges give.
    expect(passed).toBeGreaterThan(12_000);
    expect(passed).toBeLessThanOrEqual(12_000 + 600 + 300);
  });

  test('forgets everything after a long rest', () => {
    const retries = policy();
    expect(allowed(retries, 500, 0)).toBe(100);
    expect(allowed(retries, 500, 1e9)).toBe(100);
  });

  test('works with a clock that began anywhere', () => {
    const retries = policy();
    retries.onRequest(123_456_789.5);
    expect(allowed(retries, 500, 123_456_789.5)).toBe(100);
  });

  test.each([
    [1, 0, 0],
    [2, 0.999, 24.975],
    [3, 0.5, 37.5],
    [4, 0.999, 174.825],
    [5, 0.999, 249.75],
    [9, 0.999, 249.75],
  ])('waits before the retry after %i tries: full jitter, capped', (tries, draw, pause) => {
    expect(policy().backoffMs(tries, { next: () => draw })).toBeCloseTo(pause, 6);
  });

  test('spreads its pauses over the whole range', () => {
    const random = seededRandom(7);
    const pauses = Array.from({ length: 1000 }, () => policy().backoffMs(3, random));
    expect(Math.min(...pauses)).toBeLessThan(2);
    expect(Math.max(...pauses)).toBeGreaterThan(73);
    expect(Math.max(...pauses)).toBeLessThan(75);
  });
});
