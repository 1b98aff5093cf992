// The limiter as a program uses it, with its table and its line to wait in.
import { describe, expect, test } from 'vitest';
import { EvenkeelError, SpecError } from '../../../src/core/errors.js';
import { RateLimiter } from '../../../src/rate-limit/rate-limiter.js';
import type { RateLimitVerdict } from '../../../src/rate-limit/rule.js';
import type { RateLimitSpec } from '../../../src/spec/rate-limit.js';
import { VirtualClock } from '../../../src/testkit/virtual-clock.js';

function create(spec: Partial<RateLimitSpec> = {}): {
  limiter: RateLimiter;
  clock: VirtualClock;
  ask: (key: string) => RateLimitVerdict;
} {
  const clock = new VirtualClock();
  const limiter = new RateLimiter(
    { requests: 2, window: '1s', ...spec },
    { environment: { clock } },
  );
  const ask = (key: string): RateLimitVerdict => {
    const verdict = limiter.take(key);
    if (verdict instanceof Promise) throw new Error('a promise');
    return { ...verdict };
  };
  return { limiter, clock, ask };
}

describe('RateLimiter', () => {
  test('counts each key by itself, and answers at once', () => {
    const { ask } = create();
    expect(['a', 'b', 'a', 'a', 'b', 'b'].map((key) => ask(key).allowed)).toEqual([
      true,
      true,
      true,
      false,
      true,
      false,
    ]);
  });

  test('tells what remains and when to come back', () => {
    const { ask, clock } = create({ countDenied: false });
    expect(ask('a')).toEqual({ allowed: true, delayMs: 0, remaining: 1, retryAfterMs: 0 });
    ask('a');
    const { retryAfterMs } = ask('a');
    expect(retryAfterMs).toBe(1001);
    clock.advance(1000);
    expect(ask('a').allowed).toBe(false);
    clock.advance(1);
    expect(ask('a').allowed).toBe(true);
  });

  test('spends no object on a decision about a key it knows', () => {
    const { limiter } = create();
    expect(limiter.take('a')).toBe(limiter.take('a'));
  });

  test('forgets the key that was not seen for longest when there are too many', () => {
    const { limiter, ask } = create({ requests: 1, maxKeys: 2 });
    for (const key of ['a', 'b', 'a', 'c']) ask(key);
    expect(limiter.keys).toBe(2);
    expect(ask('a').allowed).toBe(false);
    expect(ask('b').allowed).toBe(true);
  });

  test('gcra lets a burst through and spaces the rest', () => {
    const { ask, clock } = create({ algorithm: 'gcra', requests: 10, burst: 2 });
    expect([ask('a').allowed, ask('a').allowed, ask('a').retryAfterMs]).toEqual([true, true, 100]);
    clock.advance(99.9);
    expect(ask('a').allowed).toBe(false);
    clock.advance(0.1);
    expect(ask('a').allowed).toBe(true);
  });

  test('gives back what was not used', () => {
    const { limiter, ask } = create({ requests: 1 });
    ask('a');
    limiter.giveBack('a');
    limiter.giveBack('nobody');
    expect(ask('a').allowed).toBe(true);
  });

  test('lets those that wait go in the order in which they came', async () => {
    const { limiter, clock, ask } = create({
      algorithm: 'gcra',
      requests: 10,
      burst: 1,
      action: 'delay',
      maxDelay: '500ms',
      maxQueued: 3,
    });
    const left: string[] = [];
    for (const name of ['first', 'second', 'third', 'fourth']) {
      const { delayMs } = ask('a');
      if (delayMs > 0) void limiter.hold(delayMs)?.turn.then(() => left.push(name));
    }
    expect(limiter.held).toBe(3);
    expect(limiter.hold(1)).toBeUndefined();
    await clock.advanceAsync(99);
    expect(left).toEqual([]);
    await clock.advanceAsync(1);
    expect(left).toEqual(['second']);
    await clock.advanceAsync(200);
    expect(left).toEqual(['second', 'third', 'fourth']);
    expect(clock.pending).toBe(0);
  });

  test('lets who is due earlier leave earlier, whoever came first', async () => {
    const { limiter, clock } = create({ action: 'delay' });
    const left: number[] = [];
    for (const delayMs of [300, 100, 200, 100.5]) {
      void limiter.hold(delayMs)?.turn.then(() => left.push(delayMs));
    }
    await clock.advanceAsync(101);
    expect(left).toEqual([100, 100.5]);
    await clock.advanceAsync(500);
    expect(left).toEqual([100, 100.5, 200, 300]);
  });

  test('lets everybody go when it is closed', async () => {
    const { limiter, clock } = create({ action: 'delay' });
    const place = limiter.hold(1000);
    limiter.close();
    await place?.turn;
    expect([limiter.held, clock.pending]).toEqual([0, 0]);
  });

  test('has room again when one who waits gives its place up', async () => {
    const { limiter, clock } = create({ action: 'delay', maxQueued: 2 });
    const left: string[] = [];
    const [first, second] = [limiter.hold(100), limiter.hold(200)];
    void first?.turn.then(() => left.push('first'));
    void second?.turn.then(() => left.push('second'));
    expect(limiter.hold(300)).toBeUndefined();
    first?.leave();
    first?.leave();
    void limiter.hold(150)?.turn.then(() => left.push('third'));
    expect(limiter.hold(300)).toBeUndefined();
    await clock.advanceAsync(200);
    expect(left).toEqual(['third', 'second']);
    second?.leave();
    const last = limiter.hold(50);
    last?.leave();
    expect([limiter.held, clock.pending]).toEqual([0, 0]);
  });

  test('refuses a spec with faults, and a store that nobody gave', () => {
    expect(() => create({ requests: 0, burst: 2 })).toThrow(SpecError);
    expect(() => create({ store: 'shared' })).toThrow(/no extension is named "shared"/);
  });

  test('goes by the expanded spec too', () => {
    const { limiter } = create({ algorithm: 'gcra' });
    expect(new RateLimiter(limiter.config).config).toBe(limiter.config);
    expect(new RateLimiter({ ...limiter.config }).config).toEqual(limiter.config);
    expect(EvenkeelError).toBeDefined();
  });
});
