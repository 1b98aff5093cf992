// The sliding window: HAProxy's two counters, to the ms.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type RateLimitRule, ReusedVerdict } from '../../../src/rate-limit/rule.js';
import { SlidingState, SlidingWindow } from '../../../src/rate-limit/sliding-window.js';

const RULE: RateLimitRule = {
  algorithm: 'sliding',
  requests: 5,
  windowMs: 2000,
  burst: 5,
  countDenied: true,
  maxDelayMs: 0,
};

/** One key of a limit, and moments at which it is asked. */
class Key {
  readonly state: SlidingState = new SlidingState();
  readonly verdict: ReusedVerdict = new ReusedVerdict();
  readonly window: SlidingWindow;

  constructor(rule: Partial<RateLimitRule> = {}) {
    this.window = new SlidingWindow({ ...RULE, ...rule });
  }

  take(nowMs: number): ReusedVerdict {
    this.window.take(this.state, nowMs, this.verdict);
    return this.verdict;
  }

  /** `.` = allowed, `X` = denied. */
  pattern(moments: readonly number[]): string {
    return moments.map((moment) => (this.take(moment).allowed ? '.' : 'X')).join('');
  }

  copy(): Key {
    const other = new Key();
    Object.assign(other, { window: this.window });
    Object.assign(other.state, this.state);
    return other;
  }
}

function every(stepMs: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index * stepMs);
}

describe('SlidingWindow', () => {
  test('lets exactly `requests` of a burst through', () => {
    expect(new Key().pattern(every(0, 12))).toBe('.....XXXXXXX');
  });

  // HAProxy 2.6: ten requests at once with 5 per 2 s, then one probe; the rate as a table shows it before the probe.
  test.each([
    [500, 10, 'X'],
    [1000, 10, 'X'],
    [1500, 10, 'X'],
    [1900, 10, 'X'],
    [2100, 9, 'X'],
    [2500, 7, 'X'],
    [3000, 5, 'X'],
    [3001, 4, '.'],
    [3500, 2, '.'],
  ])(
    'after ten at once, %i ms later, the rate is %i and a probe gets %s',
    (delayMs, rate, answer) => {
      const key = new Key();
      key.pattern(every(0, 10));
      expect(key.window.rate(key.state, delayMs)).toBe(rate);
      expect(key.pattern([delayMs])).toBe(answer);
    },
  );

  test('keeps who goes on at twice the rate out for good, as denied requests count', () => {
    expect(new Key().pattern(every(250, 32))).toBe(`.....${'X'.repeat(27)}`);
  });

  test('lets some of them through where denied requests do not count', () => {
    const key = new Key({ countDenied: false });
    // Two ms late each time, as the clients were of which the pattern was recorded.
    expect(key.pattern(every(252, 18))).toBe('.....XXX.X.X..X..X');
  });

  test('begins a period with the first request, and anew after two silent ones', () => {
    const key = new Key();
    key.take(700);
    expect(key.state.startMs).toBe(700);
    key.take(2699);
    expect(key.state).toMatchObject({ startMs: 700, previous: 0, current: 2 });
    key.take(2700);
    expect(key.state).toMatchObject({ startMs: 2700, previous: 2, current: 1 });
    key.take(6699);
    expect(key.state).toMatchObject({ startMs: 4700, previous: 1, current: 1 });
    key.take(8700);
    expect(key.state).toMatchObject({ startMs: 8700, previous: 0, current: 1 });
  });

  test('counts the present period as the one before after a silent one, without writing it down', () => {
    const key = new Key();
    key.pattern(every(0, 8));
    expect(key.window.rate(key.state, 2000)).toBe(8);
    expect(key.window.rate(key.state, 3000)).toBe(4);
    expect(key.window.rate(key.state, 3999)).toBe(0);
    expect(key.window.rate(key.state, 4001)).toBe(0);
    expect(key.state).toMatchObject({ startMs: 0, previous: 0, current: 8 });
  });

  test('does not let a rate of one flap while it is only read', () => {
    const key = new Key();
    key.take(0);
    expect([1999, 2000, 3999, 4000, 4001].map((at) => key.window.rate(key.state, at))).toEqual([
      1, 1, 1, 1, 0,
    ]);
    const one = new Key({ requests: 1, countDenied: false });
    expect(one.pattern([0, 1999, 2000, 3999, 4000, 4001, 4002])).toBe('.XXXX.X');
    expect(new Key({ requests: 1 }).pattern([0, 2000, 4001, 4002])).toBe('.X.X');
  });

  test('tells how many more would pass', () => {
    const key = new Key();
    expect([key.take(0).remaining, key.take(0).remaining, key.take(0).remaining]).toEqual([
      4, 3, 2,
    ]);
    // 3 * 1000 / 2000 + 1 are used of 5: two more are within the limit, and a third still is as the rate is rounded down.
    expect(key.take(3000).remaining).toBe(3);
  });

  test('tells when to come back', () => {
    const key = new Key();
    key.pattern(every(0, 9));
    expect(key.take(0).retryAfterMs).toBe(3001 - 0);
    expect(key.copy().take(3000).allowed).toBe(false);
    expect(key.copy().take(3001).allowed).toBe(true);
  });

  test('gives back what was taken', () => {
    const key = new Key();
    key.pattern(every(0, 5));
    key.window.giveBack(key.state);
    expect(key.pattern([0, 0])).toBe('.X');
  });

  const rules = fc.record({
    requests: fc.integer({ min: 1, max: 12 }),
    windowMs: fc.integer({ min: 1, max: 60 }),
    countDenied: fc.boolean(),
  });
  const steps = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 90 })), {
    minLength: 1,
    maxLength: 60,
  });

  test('answers as the counters of HAProxy do, whatever comes', () => {
    fc.assert(
      fc.property(rules, steps, (rule, gaps) => {
        const key = new Key(rule);
        const model = new HaproxyCounter(rule.windowMs);
        let now = 100_000;
        for (const gap of gaps) {
          now += gap;
          expect(key.take(now).allowed).toBe(model.judge(now, rule.requests, rule.countDenied));
        }
      }),
    );
  });

  test('is right to the ms about when to come back', () => {
    fc.assert(
      fc.property(rules, steps, (rule, gaps) => {
        const key = new Key(rule);
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          const verdict = key.take(now);
          if (verdict.allowed) continue;
          const { retryAfterMs } = verdict;
          expect(retryAfterMs).toBeGreaterThan(0);
          expect(key.copy().take(now + retryAfterMs).allowed).toBe(true);
          for (let early = 1; early < retryAfterMs; early++) {
            expect(key.copy().take(now + early).allowed).toBe(false);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  test('is right about how many remain', () => {
    fc.assert(
      fc.property(rules, steps, (rule, gaps) => {
        const key = new Key(rule);
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          const verdict = key.take(now);
          if (!verdict.allowed) continue;
          const others = key.copy();
          const pattern = others.pattern(Array.from({ length: rule.requests + 1 }, () => now));
          expect(pattern.indexOf('X')).toBe(verdict.remaining);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('lets no window have more than twice the limit, and none of a still start more than the limit', () => {
    fc.assert(
      fc.property(rules, steps, (rule, gaps) => {
        const key = new Key(rule);
        const passed: number[] = [];
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          if (key.take(now).allowed) passed.push(now);
        }
        for (const from of passed) {
          const within = passed.filter((at) => at >= from && at < from + rule.windowMs);
          expect(within.length).toBeLessThanOrEqual(2 * rule.requests);
        }
        const first = passed.filter((at) => at < passed[0]! + rule.windowMs);
        expect(first.length).toBeLessThanOrEqual(rule.requests);
      }),
    );
  });
});

describe('SlidingWindow with delay', () => {
  const delaying = { requests: 2, windowMs: 1000, countDenied: false, maxDelayMs: 2500 };

  test('gives each the first moment that is free behind the others', () => {
    const key = new Key(delaying);
    const delays = every(0, 7).map(() => {
      const verdict = key.take(0);
      return verdict.allowed ? verdict.delayMs : `denied ${verdict.retryAfterMs}`;
    });
    expect(delays).toEqual([0, 0, 1001, 1501, 2001, 'denied 2501', 'denied 2501']);
  });

  test('goes on from there when others come later', () => {
    const key = new Key(delaying);
    for (const now of [0, 0, 0]) key.take(now);
    expect(key.take(900).delayMs).toBe(601);
    expect(key.take(1900).delayMs).toBe(101);
  });

  test('never lets more through than a client that asks again and again would get', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 40 }),
        (requests, windowMs, gaps) => {
          const key = new Key({ requests, windowMs, countDenied: false, maxDelayMs: 100 });
          const check = new Key({ requests, windowMs, countDenied: true });
          let now = 0;
          let last = 0;
          for (const gap of gaps) {
            now += gap;
            const verdict = key.take(now);
            if (!verdict.allowed) continue;
            const at = now + verdict.delayMs;
            expect(verdict.delayMs).toBeLessThanOrEqual(100);
            expect(at).toBeGreaterThanOrEqual(last);
            expect(check.take(at).allowed).toBe(true);
            last = at;
          }
        },
      ),
    );
  });
});

/** HAProxy 2.6 `freq_ctr`, line by line, with whole-number arithmetic of any size. */
class HaproxyCounter {
  readonly #period: number;
  #tick = 0;
  #current = 0;
  #previous = 0;

  constructor(period: number) {
    this.#period = period;
  }

  judge(now: number, limit: number, countDenied: boolean): boolean {
    if (countDenied) {
      this.#update(now);
      return this.#rate(now) <= limit;
    }
    const passes = this.#rate(now) < limit;
    if (passes) this.#update(now);
    return passes;
  }

  #update(now: number): void {
    if (now - this.#tick < this.#period) {
      this.#current++;
      return;
    }
    this.#previous = this.#current;
    this.#current = 1;
    this.#tick += this.#period;
    if (now - this.#tick >= this.#period) {
      this.#previous = 0;
      this.#tick = now;
    }
  }

  #rate(now: number): number {
    let past = this.#previous;
    let current = this.#current;
    let remain = this.#tick + this.#period - now;
    if (remain < 0) {
      remain += this.#period;
      past = remain >= 0 ? current : 0;
      current = 0;
    }
    if (current === 0 && past <= 1) return past;
    const period = BigInt(this.#period);
    return Number((BigInt(past) * BigInt(remain) + BigInt(current) * period) / period);
  }
}
