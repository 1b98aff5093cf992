import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sleep } from '../../../src/core/clock.js';
import { VirtualClock } from '../../../src/testkit/index.js';

describe('VirtualClock', () => {
  test('stands still until it is moved', () => {
    const clock = new VirtualClock({ startMs: 5, startWallTime: 1000 });
    expect([clock.now(), clock.wallTime()]).toEqual([5, 1000]);
    clock.advance(20);
    expect([clock.now(), clock.wallTime()]).toEqual([25, 1020]);
  });

  test('runs timers in order of time, then in the order they were set', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 60 }), (delays) => {
        const clock = new VirtualClock();
        const ran: [number, number][] = [];
        for (const [i, delay] of delays.entries())
          clock.schedule(delay, () => ran.push([clock.now(), i]));
        clock.advance(20);
        const expected = delays
          .map((delay, i): [number, number] => [delay, i])
          .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
        expect(ran).toEqual(expected);
      }),
    );
  });

  test('runs a timer that a timer set, if it is due in the same step', () => {
    const clock = new VirtualClock();
    const times: number[] = [];
    clock.schedule(10, () => clock.schedule(5, () => times.push(clock.now())));
    clock.advance(14);
    expect(times).toEqual([]);
    clock.advance(1);
    expect(times).toEqual([15]);
  });

  test('forgets a cancelled timer', () => {
    const clock = new VirtualClock();
    const ran: string[] = [];
    const timer = clock.schedule(1, () => ran.push('cancelled'));
    clock.schedule(1, () => ran.push('kept'));
    timer.cancel();
    timer.cancel();
    expect(clock.pending).toBe(1);
    clock.advance(1);
    expect(ran).toEqual(['kept']);
    expect(clock.pending).toBe(0);
  });

  test('lets promises settle between timers when advanced asynchronously', async () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    const loop = async (): Promise<void> => {
      for (let i = 0; i < 3; i++) {
        await sleep(clock, 100);
        seen.push(`${i} at ${clock.now()}`);
      }
    };
    const done = loop();
    await clock.advanceAsync(250);
    expect(seen).toEqual(['0 at 100', '1 at 200']);
    expect(clock.now()).toBe(250);
    await clock.advanceAsync(50);
    await done;
    expect(seen).toHaveLength(3);
  });

  test('runs until nothing is left and says how long that took', async () => {
    const clock = new VirtualClock();
    let ended = false;
    const chain = async (): Promise<void> => {
      await sleep(clock, 1000);
      await sleep(clock, 234);
      ended = true;
    };
    const done = chain();
    expect(await clock.runUntilIdle()).toBe(1234);
    await done;
    expect(ended).toBe(true);
  });

  test('gives up on a timer that re-arms for ever', async () => {
    const clock = new VirtualClock();
    const again = (): void => {
      clock.schedule(1, again);
    };
    again();
    await expect(clock.runUntilIdle(50)).rejects.toThrow('still not idle after 50 timers');
  });
});
