import { describe, expect, test } from 'vitest';
import { Member } from '../../../src/model/member.js';
import { AnswerCounter, MemberCounters } from '../../../src/model/totals.js';

describe('AnswerCounter', () => {
  test.each([
    [100, '1xx'],
    [101, '1xx'],
    [200, '2xx'],
    [299, '2xx'],
    [304, '3xx'],
    [404, '4xx'],
    [599, '5xx'],
    [600, 'other'],
    [999, 'other'],
  ])('counts %i as %s', (status, name) => {
    const counter = new AnswerCounter();
    counter.count(status);
    const nothing = { '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0, other: 0 };
    expect(counter.snapshot()).toEqual({ ...nothing, [name]: 1 });
  });
});

describe('MemberCounters', () => {
  test('adds every counter of another one', () => {
    const one = new MemberCounters();
    const names = Object.keys(one).filter((name) => name !== 'answers');
    for (const [i, name] of names.entries()) Object.assign(one, { [name]: i + 1 });
    one.answers.count(204);
    const sum = new MemberCounters();
    sum.add(one);
    sum.add(one);
    const expected = Object.fromEntries(names.map((name, i) => [name, 2 * (i + 1)]));
    expect(sum.snapshot()).toMatchObject({ ...expected, answers: { '2xx': 2 } });
  });

  test('a snapshot stays as it was', () => {
    const counters = new MemberCounters();
    const before = counters.snapshot();
    counters.picked++;
    counters.answers.count(200);
    expect(before).toMatchObject({ picked: 0, answers: { '2xx': 0 } });
    expect(Object.isFrozen(before) && Object.isFrozen(before.answers)).toBe(true);
  });
});

describe('MemberState', () => {
  test('keeps how often and how long it was down', () => {
    const { state } = new Member({ name: 'a', host: '10.0.0.1', port: 80 });
    state.setHealth('up', 1000);
    state.setHealth('down', 2000);
    state.setHealth('down', 2500);
    state.setHealth('up', 5000);
    state.setHealth('down', 6000);
    expect(state).toMatchObject({ health: 'down', healthAt: 6000 });
    expect(state.totals).toMatchObject({ wentDown: 2, downMs: 3000 });
    expect(state.totals.snapshot(500).downMs).toBe(3500);
  });
});
