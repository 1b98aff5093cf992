import { describe, expect, test } from 'vitest';
import { createEnvironment } from '../../../../src/core/environment.js';
import { seededRandom } from '../../../../src/core/random.js';
import { type Lookup, PollingDiscovery } from '../../../../src/pool/discovery/polling.js';
import { parseMember } from '../../../../src/spec/parse.js';
import { VirtualClock } from '../../../../src/testkit/virtual-clock.js';

const ONE = [parseMember('10.0.0.1:80')];

function setUp(lookup: Lookup, random = seededRandom(3)) {
  const clock = new VirtualClock();
  const heard: string[] = [];
  const asked: number[] = [];
  const discovery = new PollingDiscovery(
    (signal) => {
      asked.push(clock.now());
      return lookup(signal);
    },
    { title: 'dns web', intervalMs: 1000, environment: createEnvironment({ clock, random }) },
  );
  const listener = {
    onMembers: (members: readonly unknown[]) => heard.push(`${members.length}`),
    onFailure: (reason: string) => heard.push(reason),
  };
  return { clock, heard, asked, discovery, listener };
}

describe('PollingDiscovery', () => {
  test('asks at once, then once per interval, give or take a tenth', async () => {
    const { clock, asked, discovery, listener } = setUp(async () => ONE);
    await discovery.start(listener);
    expect(asked).toEqual([0]);
    await clock.advanceAsync(20_000);
    await discovery.close();
    const gaps = asked.slice(1).map((at, i) => at - (asked[i] ?? 0));
    expect(gaps.length).toBeGreaterThan(17);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(900);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(1100);
    expect(new Set(gaps).size).toBeGreaterThan(10);
  });

  test('asks no more often when every answer is a failure', async () => {
    const { clock, asked, heard, discovery, listener } = setUp(() =>
      Promise.reject(new Error('server failure')),
    );
    await discovery.start(listener);
    for (let i = 0; i < 10_000; i++) await Promise.resolve();
    expect(asked).toEqual([0]);
    await clock.advanceAsync(10_000);
    await discovery.close();
    expect(asked.length).toBeLessThanOrEqual(12);
    expect(heard[0]).toBe('dns web: server failure');
  });

  test('gives a question up after an interval and never asks a second one beside it', async () => {
    const answers: ((members: typeof ONE) => void)[] = [];
    const signals: AbortSignal[] = [];
    const { clock, heard, asked, discovery, listener } = setUp(
      (signal) =>
        new Promise((resolve) => {
          signals.push(signal);
          answers.push(resolve);
        }),
    );
    const started = discovery.start(listener);
    await clock.advanceAsync(1000);
    await started;
    expect(signals[0]?.aborted).toBe(true);
    expect(heard).toEqual(['dns web: no answer within 1000 ms']);
    await clock.advanceAsync(1000);
    expect(asked).toEqual([0]);
    expect(heard[1]).toBe('dns web: the last question has not ended yet');
    answers[0]?.(ONE);
    await clock.advanceAsync(1100);
    expect(asked).toHaveLength(2);
    await discovery.close();
  });

  test('a lookup that throws at once is a failure like any other', async () => {
    const { heard, discovery, listener } = setUp(() => {
      throw new TypeError('no such thing');
    });
    await discovery.start(listener);
    expect(heard).toEqual(['dns web: no such thing']);
    await discovery.close();
  });

  test('says nothing after it was closed, and leaves no timer', async () => {
    const answers: ((members: typeof ONE) => void)[] = [];
    const { clock, heard, discovery, listener } = setUp(
      () =>
        new Promise((resolve) => {
          answers.push(resolve);
        }),
    );
    const started = discovery.start(listener);
    await discovery.close();
    answers[0]?.(ONE);
    await started;
    await clock.advanceAsync(5000);
    expect(heard).toEqual([]);
    expect(clock.pending).toBe(0);
    await discovery.start(listener);
    expect(heard).toEqual([]);
  });
});
