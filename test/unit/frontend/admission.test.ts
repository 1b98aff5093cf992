// Places, who waits for them, and who is turned away.
import { beforeEach, describe, expect, test } from 'vitest';
import { TimerWheel } from '../../../src/core/timer-wheel.js';
import {
  Admission,
  type AdmissionLimits,
  type Candidate,
  MAX_HELD,
} from '../../../src/frontend/admission.js';
import { VirtualClock } from '../../../src/testkit/virtual-clock.js';

const log: string[] = [];

function candidate(name: string): Candidate {
  return {
    onAdmitted: () => log.push(`${name} in`),
    onHoldTimeout: () => log.push(`${name} gives up`),
  };
}

function open(limits: Partial<AdmissionLimits> = {}): {
  admission: Admission;
  clock: VirtualClock;
} {
  const clock = new VirtualClock();
  const owner = {
    onOverload: (active: boolean, rejected: number) =>
      log.push(`overload ${active ? 'begins' : 'ends'} ${rejected}`),
  };
  const all = {
    maxConnections: 1,
    maxPerSource: Number.POSITIVE_INFINITY,
    holdMs: 5000,
    ...limits,
  };
  return { admission: new Admission(all, new TimerWheel(clock), owner), clock };
}

beforeEach(() => {
  log.length = 0;
});

describe('Admission', () => {
  test('admits up to the limit and holds who comes later', () => {
    const { admission } = open({ maxConnections: 2 });
    const answers = ['a', 'b', 'c'].map((name) => admission.enter(candidate(name)));
    expect(answers).toEqual(['admitted', 'admitted', 'held']);
    expect([admission.active, admission.held]).toEqual([2, 1]);
  });

  test('gives a free place to whoever waits longest', () => {
    const { admission } = open();
    for (const name of ['a', 'b', 'c']) admission.enter(candidate(name));
    admission.leave();
    admission.leave();
    expect(log).toEqual(['b in', 'c in']);
  });

  test('lets a newcomer give up first when the patience has become shorter', () => {
    const { admission, clock } = open();
    for (const name of ['a', 'b']) admission.enter(candidate(name));
    admission.limits = { ...admission.limits, holdMs: 100 };
    admission.enter(candidate('c'));
    clock.advance(200);
    expect(log).toEqual(['overload begins 1', 'c gives up']);
    clock.advance(5000);
    expect(log).toContain('b gives up');
  });

  test('does not let a newcomer pass those who wait', () => {
    const { admission } = open();
    for (const name of ['a', 'b']) admission.enter(candidate(name));
    admission.limits = { ...admission.limits, maxConnections: 2 };
    expect(admission.enter(candidate('c'))).toBe('held');
    admission.admitHeld();
    expect(log).toEqual(['b in']);
  });

  test('holds 1,024, refuses the next, and tells once', () => {
    const { admission } = open();
    for (let i = 0; i <= MAX_HELD; i++) admission.enter(candidate(`${i}`));
    expect(admission.held).toBe(1024);
    expect(admission.enter(candidate('x'))).toBe('refused');
    expect(admission.enter(candidate('y'))).toBe('refused');
    expect(log).toEqual(['overload begins 1']);
  });

  test('each waits for its own time, then gives up', () => {
    const { admission, clock } = open();
    admission.enter(candidate('a'));
    admission.enter(candidate('b'));
    clock.advance(3000);
    admission.enter(candidate('c'));
    clock.advance(4900 - 3000);
    expect(log).toEqual([]);
    clock.advance(200);
    expect(log).toEqual(['overload begins 1', 'b gives up']);
    clock.advance(3000);
    expect(log).toEqual(['overload begins 1', 'b gives up', 'c gives up']);
    expect(admission.held).toBe(0);
    admission.leave();
    expect(log.at(-1)).toBe('overload ends 2');
  });

  test('forgets who withdraws', () => {
    const { admission } = open();
    const second = candidate('b');
    admission.enter(candidate('a'));
    admission.enter(second);
    admission.withdraw(second);
    admission.leave();
    expect(log).toEqual([]);
    expect([admission.active, admission.held]).toEqual([0, 0]);
  });

  test('limits one source without touching another', () => {
    const { admission } = open({ maxPerSource: 2 });
    const claims = ['x', 'x', 'x', 'y'].map((source) => admission.claimSource(source));
    expect(claims).toEqual([true, true, false, true]);
    admission.releaseSource('x');
    expect(admission.claimSource('x')).toBe(true);
  });
});
