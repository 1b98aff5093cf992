// The generic cell rate algorithm, to the ms.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Gcra, GcraState } from '../../../src/rate-limit/gcra.js';
import { type RateLimitRule, ReusedVerdict } from '../../../src/rate-limit/rule.js';

function rule(fields: Partial<RateLimitRule>): RateLimitRule {
  return {
    algorithm: 'gcra',
    requests: 10,
    windowMs: 1000,
    burst: 3,
    countDenied: false,
    maxDelayMs: 0,
    ...fields,
  };
}

/** `moment` -> `.remaining`, `~delay` or `X retry after`. */
function ask(fields: Partial<RateLimitRule>, moments: readonly number[]): readonly string[] {
  const gcra = new Gcra(rule(fields));
  const state = new GcraState();
  const verdict = new ReusedVerdict();
  return moments.map((moment) => {
    gcra.take(state, moment, verdict);
    if (!verdict.allowed) return `X${verdict.retryAfterMs}`;
    return verdict.delayMs > 0 ? `~${verdict.delayMs}` : `.${verdict.remaining}`;
  });
}

describe('Gcra', () => {
  test.each<readonly [string, Partial<RateLimitRule>, readonly number[], readonly string[]]>([
    ['lets the burst through at once', {}, [0, 0, 0, 0], ['.2', '.1', '.0', 'X100']],
    [
      'spaces the rest evenly',
      {},
      [0, 0, 0, 99, 100, 100, 200],
      ['.2', '.1', '.0', 'X1', '.0', 'X100', '.0'],
    ],
    [
      'is not changed by what it denies',
      {},
      [0, 0, 0, 50, 50, 50, 99, 100],
      ['.2', '.1', '.0', 'X50', 'X50', 'X50', 'X1', '.0'],
    ],
    [
      'has its burst back after a rest',
      {},
      [0, 0, 0, 300, 300, 300, 300],
      ['.2', '.1', '.0', '.2', '.1', '.0', 'X100'],
    ],
    [
      'with a burst of one there is always the interval between two',
      { burst: 1 },
      [0, 99, 100, 150, 200],
      ['.0', 'X1', '.0', 'X50', '.0'],
    ],
    [
      'an interval of a fraction of a ms is kept exactly',
      { requests: 3, windowMs: 100, burst: 1 },
      [0, 33, 34, 67, 68, 101, 102],
      ['.0', 'X1', '.0', 'X1', '.0', 'X1', '.0'],
    ],
    [
      'a burst of all lets exactly all through, whatever the fractions',
      { requests: 7, windowMs: 60_000, burst: 7 },
      Array.from({ length: 8 }, () => 123_457),
      ['.6', '.5', '.4', '.3', '.2', '.1', '.0', 'X8572'],
    ],
    [
      'with a delay, who is beyond the burst waits for its turn',
      { maxDelayMs: 250 },
      [0, 0, 0, 0, 0, 0, 10],
      ['.2', '.1', '.0', '~100', '~200', 'X300', 'X290'],
    ],
  ])('%s', (_, fields, moments, expected) => {
    expect(ask(fields, moments)).toEqual(expected);
  });

  test('gives back what was taken', () => {
    const gcra = new Gcra(rule({}));
    const state = new GcraState();
    const verdict = new ReusedVerdict();
    for (let i = 0; i < 3; i++) gcra.take(state, 0, verdict);
    gcra.giveBack(state);
    gcra.take(state, 0, verdict);
    expect(verdict.allowed).toBe(true);
    gcra.take(state, 0, verdict);
    expect(verdict.allowed).toBe(false);
  });

  test('lets no span have more than the burst and one per interval, and is right about when to come back', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 10 }),
        fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 80 }),
        (requests, windowMs, burst, gaps) => {
          const gcra = new Gcra(rule({ requests, windowMs, burst }));
          const state = new GcraState();
          const verdict = new ReusedVerdict();
          const passed: number[] = [];
          let now = 50_000;
          for (const gap of gaps) {
            now += gap;
            const before = state.arrival;
            gcra.take(state, now, verdict);
            if (verdict.allowed) {
              passed.push(now);
              continue;
            }
            expect(state.arrival).toBe(before);
            const { retryAfterMs } = verdict;
            for (const [later, allowed] of [
              [retryAfterMs - 1, false],
              [retryAfterMs, true],
            ] as const) {
              const copy = new GcraState();
              copy.arrival = state.arrival;
              gcra.take(copy, now + later, verdict);
              expect(verdict.allowed).toBe(allowed);
            }
          }
          for (const [index, from] of passed.entries()) {
            for (const [count, to] of passed.slice(index).entries()) {
              const allowance = burst + ((to - from) * requests) / windowMs;
              expect(count + 1).toBeLessThanOrEqual(allowance + 1e-9);
            }
          }
        },
      ),
    );
  });
});
