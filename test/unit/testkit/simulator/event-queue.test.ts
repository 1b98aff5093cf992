import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventQueue, type SimTask } from '../../../../src/testkit/simulator/event-queue.js';
import { SimClock } from '../../../../src/testkit/simulator/sim-clock.js';

function createTask(name: string, seen: string[], queue: EventQueue): SimTask {
  return { place: -1, onDue: () => void seen.push(`${queue.nowMs} ${name}`) };
}

describe('EventQueue', () => {
  test('runs in order of time, and in order of setting at the same time', () => {
    const queue = new EventQueue();
    const seen: string[] = [];
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => createTask(name, seen, queue));
    queue.schedule(a!, 5);
    queue.schedule(b!, 1);
    queue.schedule(c!, 5);
    queue.schedule(d!, 3);
    queue.cancel(d!);
    while (queue.size > 0) queue.runNext();
    expect(seen).toEqual(['1 b', '5 a', '5 c']);
  });

  test('a task waits for one moment only: setting it again moves it', () => {
    const queue = new EventQueue();
    const seen: string[] = [];
    const task = createTask('a', seen, queue);
    queue.schedule(task, 5);
    queue.schedule(task, 9);
    expect(queue.size).toBe(1);
    queue.runNext();
    expect(seen).toEqual(['9 a']);
  });

  test('keeps its order whatever is set and cancelled (thousands of moments)', () => {
    const step = fc.oneof(
      fc.record({ set: fc.nat(50), at: fc.nat(1000) }),
      fc.record({ cancel: fc.nat(50) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const queue = new EventQueue();
        const due = new Map<number, { at: number; order: number }>();
        const ran: number[] = [];
        const tasks = Array.from(
          { length: 51 },
          (_, i): SimTask => ({ place: -1, onDue: () => void ran.push(i) }),
        );
        for (const [order, one] of steps.entries()) {
          if ('set' in one) {
            queue.schedule(tasks[one.set]!, one.at);
            due.set(one.set, { at: one.at, order });
          } else {
            queue.cancel(tasks[one.cancel]!);
            due.delete(one.cancel);
          }
        }
        const expected = [...due]
          .sort(([, a], [, b]) => a.at - b.at || a.order - b.order)
          .map(([i]) => i);
        while (queue.size > 0) queue.runNext();
        expect(ran).toEqual(expected);
      }),
    );
  });
});

describe('SimClock', () => {
  function run(queue: EventQueue, untilMs: number): void {
    while (queue.nextMs <= untilMs) queue.runNext();
    queue.nowMs = untilMs;
  }

  test('timers that fall due while it stands still run when it goes on, in their order', () => {
    const queue = new EventQueue();
    const clock = new SimClock(queue);
    const seen: string[] = [];
    clock.schedule(10, () => seen.push(`a ${clock.now()}`));
    const cancelled = clock.schedule(11, () => seen.push('never'));
    clock.schedule(12, () => {
      seen.push(`b ${clock.now()}`);
      clock.schedule(5, () => seen.push(`c ${clock.now()}`));
    });
    clock.pause();
    run(queue, 100);
    expect(seen).toEqual([]);
    cancelled.cancel();
    clock.resume();
    run(queue, 200);
    expect(seen).toEqual(['a 100', 'b 100', 'c 105']);
  });

  test('a killed process has no timers', () => {
    const queue = new EventQueue();
    const clock = new SimClock(queue);
    const seen: string[] = [];
    clock.schedule(10, () => seen.push('a'));
    clock.kill();
    run(queue, 100);
    expect(seen).toEqual([]);
    clock.schedule(10, () => seen.push('b'));
    run(queue, 200);
    expect(seen).toEqual(['b']);
  });
});
