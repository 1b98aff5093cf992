import { describe, expect, test } from 'vitest';
import type { Clock } from '../../../src/core/clock.js';
import { TICK_MS, TimerWheel, WheelTimer } from '../../../src/core/timer-wheel.js';

/** A clock that runs due callbacks as it is moved forward. */
function steppedClock(): Clock & { advance(ms: number): void; pending(): number } {
  let now = 1000;
  let due: { at: number; callback: () => void }[] = [];
  return {
    now: () => now,
    wallTime: () => now,
    schedule(delayMs, callback) {
      const entry = { at: now + delayMs, callback };
      due.push(entry);
      return { cancel: () => void (due = due.filter((other) => other !== entry)) };
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const next = due.filter((entry) => entry.at <= end).toSorted((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        due = due.filter((entry) => entry !== next);
        now = Math.max(now, next.at);
        next.callback();
      }
      now = end;
    },
    pending: () => due.length,
  };
}

function setup() {
  const clock = steppedClock();
  const wheel = new TimerWheel(clock);
  const fired: { name: string; at: number }[] = [];
  const make = (name: string) =>
    new WheelTimer(wheel, { onDeadline: () => void fired.push({ name, at: clock.now() }) });
  return { clock, wheel, fired, make };
}

describe('TimerWheel', () => {
  test.each([1, 20, 21, 499, 10_239, 10_240, 60_000, 3_600_000])(
    'fires %i ms after arming, not early and at most three ticks late',
    (delayMs) => {
      const { clock, fired, make } = setup();
      make('a').arm(delayMs);
      clock.advance(delayMs - 1);
      expect(fired).toEqual([]);
      clock.advance(1 + 3 * TICK_MS);
      expect(fired).toHaveLength(1);
      expect(fired[0]?.at).toBeGreaterThanOrEqual(1000 + delayMs);
    },
  );

  test('a timer armed between two ticks is not early either', () => {
    const { clock, fired, make } = setup();
    make('keeps the wheel turning').arm(60_000);
    clock.advance(TICK_MS * 3 - 1);
    make('late').arm(100);
    clock.advance(99);
    expect(fired).toEqual([]);
    clock.advance(1 + 3 * TICK_MS);
    expect(fired.map((one) => one.name)).toEqual(['late']);
  });

  test('an owner may arm a neighbour of the same slot anew', () => {
    const { clock, wheel } = setup();
    const fired: string[] = [];
    const last = new WheelTimer(wheel, { onDeadline: () => void fired.push('last') });
    const moved = new WheelTimer(wheel, { onDeadline: () => void fired.push('moved') });
    const first = new WheelTimer(wheel, {
      onDeadline: () => {
        fired.push('first');
        moved.dispose();
        moved.arm(5000);
      },
    });
    for (const timer of [last, moved, first]) timer.arm(100);
    clock.advance(200);
    expect(fired).toEqual(['first', 'last']);
    clock.advance(5100);
    expect(fired).toEqual(['first', 'last', 'moved']);
  });

  test('a timer armed again later fires once, at the later time', () => {
    const { clock, fired, make } = setup();
    const timer = make('a');
    timer.arm(100);
    clock.advance(80);
    timer.arm(1000);
    clock.advance(900);
    expect(fired).toEqual([]);
    clock.advance(200);
    expect(fired.map((one) => one.name)).toEqual(['a']);
  });

  test('a timer armed again to an earlier time fires at the earlier time', () => {
    const { clock, fired, make } = setup();
    const timer = make('a');
    timer.arm(10_000);
    timer.arm(100);
    clock.advance(100 + 3 * TICK_MS);
    expect(fired).toHaveLength(1);
  });

  test('a disarmed timer does not fire and can be armed again', () => {
    const { clock, fired, make } = setup();
    const timer = make('a');
    timer.arm(100);
    timer.disarm();
    clock.advance(500);
    expect(fired).toEqual([]);
    timer.arm(50);
    clock.advance(50 + 3 * TICK_MS);
    expect(fired).toHaveLength(1);
  });

  test('the clock timer rests when nothing is linked', () => {
    const { clock, make } = setup();
    const timer = make('a');
    expect(clock.pending()).toBe(0);
    timer.arm(1000);
    expect(clock.pending()).toBe(1);
    timer.dispose();
    expect(clock.pending()).toBe(0);
  });

  test('an owner may dispose of its neighbours while the slot expires', () => {
    const { clock, wheel } = setup();
    const timers: WheelTimer[] = [];
    let fired = 0;
    const owner = {
      onDeadline(timer: WheelTimer) {
        fired++;
        for (const other of timers) if (other !== timer) other.dispose();
      },
    };
    for (let i = 0; i < 5; i++) {
      const timer = new WheelTimer(wheel, owner);
      timers.push(timer);
      timer.arm(100);
    }
    clock.advance(200);
    expect(fired).toBe(1);
  });

  test('the only timer may be armed anew from its own deadline, however late that comes', () => {
    const clock = steppedClock();
    let lateMs = 0;
    const wheel = new TimerWheel({ ...clock, now: () => clock.now() + lateMs });
    let fired = 0;
    const timer = new WheelTimer(wheel, {
      onDeadline: () => {
        fired++;
        lateMs += TICK_MS; // the time that the callback itself takes
        timer.arm(60_000);
      },
    });
    timer.arm(100);
    clock.advance(200);
    expect(fired).toBe(1);
    clock.advance(60_000 + 3 * TICK_MS);
    expect(fired).toBe(2);
  });

  test('all of many timers fire after a stall longer than a turn of the wheel', () => {
    const clock = steppedClock();
    let now = 0;
    const stalled: Clock = { ...clock, now: () => now };
    const wheel = new TimerWheel(stalled);
    let fired = 0;
    for (let i = 1; i <= 100; i++)
      new WheelTimer(wheel, { onDeadline: () => fired++ }).arm(i * 300);
    now = 100_000;
    clock.advance(TICK_MS);
    clock.advance(TICK_MS * 600);
    expect(fired).toBe(100);
  });
});
