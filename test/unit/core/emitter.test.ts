import { describe, expect, test, vi } from 'vitest';
import { sleep, systemClock } from '../../../src/core/clock.js';
import { Emitter } from '../../../src/core/emitter.js';
import { EvenkeelError, renderIssue, SpecError } from '../../../src/core/errors.js';
import { seededRandom } from '../../../src/core/random.js';

interface Events {
  tick: { n: number };
}

describe('Emitter', () => {
  test('listeners hear in order until they are taken off', () => {
    const emitter = new Emitter<Events>();
    const heard: string[] = [];
    const stop = emitter.on('tick', ({ n }) => void heard.push(`a${n}`));
    emitter.on('tick', ({ n }) => void heard.push(`b${n}`));
    emitter.emit('tick', { n: 1 });
    stop();
    emitter.emit('tick', { n: 2 });
    expect(heard).toEqual(['a1', 'b1', 'b2']);
  });

  test('says whether anybody listens', () => {
    const emitter = new Emitter<Events>();
    expect(emitter.hears('tick')).toBe(false);
    const stop = emitter.on('tick', () => undefined);
    expect(emitter.hears('tick')).toBe(true);
    stop();
    expect(emitter.hears('tick')).toBe(false);
  });

  test('a listener that throws stops nobody, and its error is thrown later', () => {
    const later: (() => void)[] = [];
    vi.stubGlobal('queueMicrotask', (callback: () => void) => later.push(callback));
    try {
      const emitter = new Emitter<Events>();
      const heard: number[] = [];
      emitter.on('tick', () => {
        throw new Error('my fault');
      });
      emitter.on('tick', ({ n }) => heard.push(n));
      emitter.emit('tick', { n: 1 });
      expect(heard).toEqual([1]);
      expect(later).toHaveLength(1);
      expect(later[0]).toThrow('my fault');
    } finally {
      vi.unstubAllGlobals();
    }
  });

  test('once resolves with the next payload', async () => {
    const emitter = new Emitter<Events>();
    const next = emitter.once('tick');
    emitter.emit('tick', { n: 7 });
    await expect(next).resolves.toEqual({ n: 7 });
    expect(emitter.hears('tick')).toBe(false);
  });

  test('once rejects when its signal aborts, and leaves no listener', async () => {
    const emitter = new Emitter<Events>();
    const controller = new AbortController();
    const next = emitter.once('tick', { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
    expect(emitter.hears('tick')).toBe(false);
  });
});

describe('errors', () => {
  test('a SpecError shows every issue, one per line', () => {
    const error = new SpecError([
      { path: 'a.b', code: 'EK_SPEC_INVALID', message: 'wrong' },
      { path: '', code: 'EK_NOT_SUPPORTED', message: 'not yet' },
    ]);
    expect(error.message).toBe('a.b: wrong\nnot yet');
    expect(error.code).toBe('EK_SPEC_INVALID');
    expect(error).toBeInstanceOf(EvenkeelError);
  });

  test('a spec that only asks for what is not carried out yet says so in its code', () => {
    const error = new SpecError([{ path: 'ha', code: 'EK_NOT_SUPPORTED', message: 'not yet' }]);
    expect(error.code).toBe('EK_NOT_SUPPORTED');
    expect(renderIssue(error.issues[0]!)).toBe('ha: not yet');
  });
});

describe('seededRandom', () => {
  test('the same seed gives the same numbers, another seed others', () => {
    const draw = (seed: number): number[] => {
      const random = seededRandom(seed);
      return Array.from({ length: 5 }, () => random.next());
    };
    expect(draw(42)).toEqual(draw(42));
    expect(draw(42)).not.toEqual(draw(43));
    expect(draw(1).every((value) => value >= 0 && value < 1)).toBe(true);
  });
});

describe('sleep', () => {
  test('ends at once when its signal aborts', async () => {
    const controller = new AbortController();
    const slept = sleep(systemClock, 3_600_000, controller.signal);
    controller.abort();
    await slept;
    await sleep(systemClock, 3_600_000, controller.signal);
  });

  test('a wait longer than a timer can be is cut into pieces', () => {
    vi.useFakeTimers();
    try {
      let rings = 0;
      const days = 86_400_000;
      systemClock.schedule(100 * days, () => rings++);
      const cancelled = systemClock.schedule(60 * days, () => (rings += 100));
      vi.advanceTimersByTime(50 * days);
      cancelled.cancel();
      vi.advanceTimersByTime(50 * days - 1);
      expect(rings).toBe(0);
      vi.advanceTimersByTime(1);
      expect(rings).toBe(1);
    } finally {
      vi.useRealTimers();
    }
  });
});
