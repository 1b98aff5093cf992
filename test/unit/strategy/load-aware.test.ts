import { describe, expect, test } from 'vitest';
import { type Random, seededRandom } from '../../../src/core/random.js';
import { Member, MemberState } from '../../../src/model/member.js';
import { createPickContext } from '../../../src/model/pick-context.js';
import { First } from '../../../src/strategy/first.js';
import { LeastConnections } from '../../../src/strategy/least-connections.js';
import { observeLatency, PeakEwma } from '../../../src/strategy/peak-ewma.js';
import { RandomChoice } from '../../../src/strategy/random.js';
import { StaticWeighted } from '../../../src/strategy/static-weighted.js';
import type { Eligible, Picker } from '../../../src/strategy/strategy.js';
import { TwoChoices } from '../../../src/strategy/two-choices.js';

const everyone: Eligible = () => true;

function membersOf(weights: Readonly<Record<string, number>>): Member[] {
  return Object.entries(weights).map(
    ([name, weight]) => new Member({ name, host: '127.0.0.1', port: 80, weight }),
  );
}

function setActive(members: readonly Member[], counts: readonly number[]): void {
  for (const [i, { state }] of members.entries()) state.active = counts[i] ?? 0;
}

function picks(picker: Picker, count: number, isEligible = everyone, nowMs = 0): string {
  const context = createPickContext({ nowMs });
  let names = '';
  for (let i = 0; i < count; i++) names += picker.pick(context, isEligible)?.name ?? '-';
  return names;
}

function countOf(names: string, name: string): number {
  return names.split(name).length - 1;
}

/** Says these numbers, then the last one for ever. */
function saying(...numbers: number[]): Random {
  let at = 0;
  return { next: () => numbers[Math.min(at++, numbers.length - 1)] ?? 0 };
}

describe('LeastConnections', () => {
  test('takes the member with the least in flight', () => {
    const members = membersOf({ a: 1, b: 1, c: 1 });
    setActive(members, [2, 1, 2]);
    expect(picks(new LeastConnections().build(members), 3)).toBe('bbb');
  });

  test('divides by weight', () => {
    const members = membersOf({ a: 4, b: 1 });
    setActive(members, [7, 2]);
    expect(picks(new LeastConnections().build(members), 1)).toBe('a'); // 1.75 < 2
  });

  test('lets idle members take turns, also over a rebuild', () => {
    const strategy = new LeastConnections();
    const members = membersOf({ a: 1, b: 1, c: 1 });
    const picker = strategy.build(members);
    expect(picks(picker, 5)).toBe('abcab');
    expect(picks(strategy.build(members, picker), 3)).toBe('cab');
  });

  test('lets members that are equally busy take turns', () => {
    const members = membersOf({ a: 1, b: 1, c: 1 });
    setActive(members, [1, 1, 1]);
    expect(picks(new LeastConnections().build(members), 5)).toBe('abcab');
  });

  test('sends less to a member in slow start', () => {
    const members = membersOf({ a: 1, b: 1 });
    const [a] = members;
    if (a !== undefined) Object.assign(a.state, { slowStartAt: 0, slowStartMs: 1000 });
    setActive(members, [1, 2]);
    const picker = new LeastConnections().build(members);
    expect(picks(picker, 1, everyone, 400)).toBe('b'); // 1 / 0.4 > 2 / 1
    expect(picks(picker, 1, everyone, 600)).toBe('a');
  });
});

describe('TwoChoices', () => {
  test('compares two different members and takes the less busy one', () => {
    const members = membersOf({ a: 1, b: 1 });
    setActive(members, [3, 2]);
    expect(picks(new TwoChoices(seededRandom(3)).build(members), 50)).toBe('b'.repeat(50));
  });

  test('shares by weight while nothing is in flight', () => {
    const picker = new TwoChoices(seededRandom(3)).build(membersOf({ a: 2, b: 1, c: 1 }));
    const names = picks(picker, 4000);
    expect(countOf(names, 'a') / 4000).toBeCloseTo(0.5, 1);
    expect(countOf(names, 'b') / 4000).toBeCloseTo(0.25, 1);
  });

  test('does not flood a light member whenever a heavy one is busy', () => {
    const members = membersOf({ a: 100, b: 1 });
    setActive(members, [1, 0]);
    expect(countOf(picks(new TwoChoices(seededRandom(3)).build(members), 1000), 'b')).toBeLessThan(
      60,
    );
  });
});

describe('RandomChoice', () => {
  test('finds the only eligible member of many', () => {
    const members = membersOf(
      Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`m${i}`, 1])),
    );
    const picker = new RandomChoice(seededRandom(3)).build(members);
    expect(picks(picker, 2, (member) => member.name === 'm421')).toBe('m421m421');
  });

  test('keeps the proportion of the rest when a member is down', () => {
    const picker = new RandomChoice(seededRandom(3)).build(membersOf({ a: 96, b: 3, c: 1 }));
    const names = picks(picker, 4000, (member) => member.name !== 'a');
    expect(countOf(names, 'b') / 4000).toBeCloseTo(0.75, 1);
  });

  test('never draws a member of weight 0', () => {
    const picker = new RandomChoice(seededRandom(3)).build(membersOf({ a: 0, b: 1, c: 2 }));
    expect(picks(picker, 500)).not.toContain('a');
  });
});

describe('PeakEwma', () => {
  test('a rise of latency counts at once', () => {
    const state = new MemberState();
    observeLatency(state, 10, 0);
    observeLatency(state, 500, 1);
    expect(state.ewmaMs).toBe(500);
  });

  test('a fall is averaged in over ten seconds', () => {
    const state = new MemberState();
    observeLatency(state, 100, 0);
    observeLatency(state, 0, 10_000);
    expect(state.ewmaMs).toBeCloseTo(100 / Math.E, 9);
  });

  test('prefers the faster member', () => {
    const members = membersOf({ a: 1, b: 1 });
    const [a, b] = members;
    if (a !== undefined) observeLatency(a.state, 100, 1);
    if (b !== undefined) observeLatency(b.state, 10, 1);
    // Each pick draws: the first member, blind or not, the second member.
    expect(picks(new PeakEwma(saying(0, 0.5, 0.9)).build(members), 1, everyone, 1)).toBe('b');
  });

  test('prefers a slower idle member to a fast busy one', () => {
    const members = membersOf({ a: 1, b: 1 });
    const [a, b] = members;
    if (a !== undefined) observeLatency(a.state, 20, 1);
    if (b !== undefined) observeLatency(b.state, 10, 1);
    setActive(members, [0, 2]);
    expect(picks(new PeakEwma(saying(0.9, 0.5, 0)).build(members), 1, everyone, 1)).toBe('a');
  });

  test('gives a fresh member one request and waits for its answer', () => {
    const members = membersOf({ a: 1, b: 1 });
    const [a] = members;
    if (a !== undefined) observeLatency(a.state, 50, 1);
    const pickOnce = (): string =>
      picks(new PeakEwma(saying(0.9, 0.5, 0)).build(members), 1, everyone, 1);
    expect(pickOnce()).toBe('b');
    setActive(members, [9, 1]);
    expect(pickOnce()).toBe('a');
  });

  test('a member once terribly slow keeps a tenth of its fair share', () => {
    const members = membersOf({ a: 1, b: 1, c: 1, d: 1, e: 1 });
    for (const { name, state } of members) observeLatency(state, name === 'a' ? 1e6 : 5, 1);
    const names = picks(new PeakEwma(seededRandom(5)).build(members), 10_000, everyone, 1);
    expect(countOf(names, 'a')).toBeGreaterThan(150); // 1 / (10 n) = 200 expected
    expect(countOf(names, 'a')).toBeLessThan(260);
  });
});

describe('First', () => {
  test('fills members in order', () => {
    const members = membersOf({ a: 1, b: 1, c: 1 });
    const picker = new First().build(members);
    let names = '';
    for (let i = 0; i < 6; i++) {
      const member = picker.pick(createPickContext(), ({ state }) => state.active < 2);
      if (member === undefined) continue;
      member.state.active++;
      names += member.name;
    }
    expect(names).toBe('aabbcc');
  });
});

describe('StaticWeighted', () => {
  test.each([
    [{ a: 3, b: 2, c: 1 }, 'aababcaababc'],
    [{ a: 3, b: 1, c: 2 }, 'aacabcaacabc'],
    [{ a: 30, b: 10, c: 20 }, 'aacabcaacabc'],
    [{ a: 1, b: 1, c: 1 }, 'abcabc'],
  ])('serves %o in the order of HAProxy static-rr', (weights, expected) => {
    expect(picks(new StaticWeighted().build(membersOf(weights)), expected.length)).toBe(expected);
  });

  test('keeps its place when built again', () => {
    const strategy = new StaticWeighted();
    const members = membersOf({ a: 3, b: 2, c: 1 });
    let picker = strategy.build(members);
    let names = '';
    for (let i = 0; i < 12; i++) {
      names += picks(picker, 1);
      picker = strategy.build(members, picker);
    }
    expect(names).toBe('aababcaababc');
  });

  test('skips a member that is down and leaves the others their proportion', () => {
    const picker = new StaticWeighted().build(membersOf({ a: 3, b: 2, c: 1 }));
    expect(picks(picker, 6, (member) => member.name !== 'a')).toBe('bbcbbc');
  });
});
