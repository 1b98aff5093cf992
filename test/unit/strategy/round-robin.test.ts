import { describe, expect, test } from 'vitest';
import { Member } from '../../../src/model/member.js';
import { createPickContext } from '../../../src/model/pick-context.js';
import { RoundRobin } from '../../../src/strategy/round-robin.js';
import type { Eligible, Picker } from '../../../src/strategy/strategy.js';

const everyone: Eligible = () => true;

function membersOf(weights: Readonly<Record<string, number>>): Member[] {
  return Object.entries(weights).map(
    ([name, weight]) => new Member({ name, host: '127.0.0.1', port: 80, weight }),
  );
}

function picks(picker: Picker, count: number, isEligible = everyone, nowMs = 0): string {
  const context = createPickContext({ nowMs });
  let names = '';
  for (let i = 0; i < count; i++) names += picker.pick(context, isEligible)?.name ?? '-';
  return names;
}

describe('RoundRobin', () => {
  test('serves weights 5, 1, 1 as nginx does: a a b a c a a, round after round', () => {
    const picker = new RoundRobin().build(membersOf({ a: 5, b: 1, c: 1 }));
    expect(picks(picker, 14)).toBe('aabacaaaabacaa');
  });

  test('serves equal weights in the order they were given', () => {
    expect(picks(new RoundRobin().build(membersOf({ b: 3, a: 3, c: 3 })), 7)).toBe('bacbacb');
  });

  test('keeps its place when the same members are built again', () => {
    const strategy = new RoundRobin();
    const members = membersOf({ a: 5, b: 1, c: 1 });
    let picker = strategy.build(members);
    let names = '';
    for (let i = 0; i < 14; i++) {
      names += picks(picker, 1);
      picker = strategy.build(members, picker);
    }
    expect(names).toBe('aabacaaaabacaa');
  });

  test('keeps its place among equal weights when members are built anew by name', () => {
    const strategy = new RoundRobin();
    const before = strategy.build(membersOf({ a: 1, b: 1, c: 1 }));
    picks(before, 2);
    expect(picks(strategy.build(membersOf({ a: 1, b: 1, c: 1 }), before), 4)).toBe('cabc');
  });

  test('keeps its place among equal weights when one member leaves and another comes', () => {
    const strategy = new RoundRobin();
    const before = strategy.build(membersOf({ a: 1, b: 1, c: 1, d: 1 }));
    picks(before, 2);
    expect(picks(strategy.build(membersOf({ b: 1, c: 1, d: 1, e: 1 }), before), 5)).toBe('cdebc');
  });

  test('serves the member whose turn it is after equal weights become unequal', () => {
    const strategy = new RoundRobin();
    const members = membersOf({ a: 1, b: 1, c: 1 });
    const before = strategy.build(members);
    picks(before, 1);
    const [a] = members;
    if (a !== undefined) a.state.weight = 2;
    expect(picks(strategy.build(members, before), 1)).toBe('b');
  });

  test('starts a member with a changed weight afresh, so that a cut weight does not starve it', () => {
    const strategy = new RoundRobin();
    const members = membersOf({ a: 100, b: 99 });
    const before = strategy.build(members);
    picks(before, 1); // a is 99 in debt now, and b has as much to its credit
    const [a] = members;
    if (a !== undefined) a.state.weight = 1;
    expect(picks(strategy.build(members, before), 110)).toContain('a');
  });

  test('a member that was away takes no more than one turn above its share in the round it returns', () => {
    const picker = new RoundRobin().build(membersOf({ a: 5, b: 1, c: 1 }));
    picks(picker, 3);
    picks(picker, 50, (member) => member.name !== 'b');
    for (let round = 0; round < 5; round++) {
      const names = picks(picker, 7);
      expect(names.split('b').length - 1).toBeLessThanOrEqual(2);
      expect(names.split('c').length - 1).toBeLessThanOrEqual(2);
      expect(names.split('a').length - 1).toBeLessThanOrEqual(6);
    }
  });

  test('skips an ineligible member without losing the turn of the others', () => {
    const picker = new RoundRobin().build(membersOf({ a: 1, b: 1, c: 1 }));
    expect(picks(picker, 4, (member) => member.name !== 'b')).toBe('acac');
    expect(picks(picker, 3)).toBe('abc');
  });

  test('gives a member in slow start its ramp share of turns', () => {
    const members = membersOf({ a: 1, b: 1 });
    const [a] = members;
    if (a !== undefined) Object.assign(a.state, { slowStartAt: 0, slowStartMs: 1000 });
    const picker = new RoundRobin().build(members);
    expect(picks(picker, 60, everyone, 500).split('a').length - 1).toBe(20); // 0.5 : 1
    expect(picks(picker, 10, everyone, 2000)).toMatch(/^(ab){5}$|^(ba){5}$/); // ramp over
  });

  test('gives a member in slow start its ramp share when weights differ', () => {
    const members = membersOf({ a: 4, b: 1 });
    const [a] = members;
    if (a !== undefined) Object.assign(a.state, { slowStartAt: 0, slowStartMs: 1000 });
    const picker = new RoundRobin().build(members);
    expect(picks(picker, 90, everyone, 500).split('a').length - 1).toBe(60); // 2 : 1
  });

  test('serves from a ramping member when nobody else is left', () => {
    const members = membersOf({ a: 1, b: 1 });
    const [a] = members;
    if (a !== undefined) Object.assign(a.state, { slowStartAt: 0, slowStartMs: 1000 });
    const picker = new RoundRobin().build(members);
    expect(picks(picker, 5, (member) => member.name === 'a', 1)).toBe('aaaaa');
  });

  test('returns undefined without members', () => {
    expect(picks(new RoundRobin().build([]), 2)).toBe('--');
  });
});
