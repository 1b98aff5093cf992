// The suite that judges strategies is judged itself: each fault must be found by the check that is there for it. For the heap: test/integration/strategy-heap.test.ts.
import { describe, expect, test } from 'vitest';
import type { Member } from '../../../src/model/member.js';
import { RoundRobin } from '../../../src/strategy/round-robin.js';
import { SourceHash } from '../../../src/strategy/source-hash.js';
import type { Eligible, Picker, Strategy } from '../../../src/strategy/strategy.js';
import { checkStrategy, type StrategyReport } from '../../../src/testkit/index.js';

type Pick = (
  members: readonly Member[],
  source: string,
  isEligible: Eligible,
) => Member | undefined;

function strategyOf(pick: Pick, isSticky = false): Strategy {
  return {
    name: 'mine',
    isSticky,
    build: (members): Picker => ({
      pick: ({ source }, isEligible) => pick(members, source, isEligible),
    }),
  };
}

function failures(report: StrategyReport): string[] {
  return report.checks.filter(({ outcome }) => outcome === 'failed').map(({ name }) => name);
}

function lastByte(source: string): number {
  return Number(source.slice(source.lastIndexOf('.') + 1));
}

describe('checkStrategy', () => {
  test('passes a good strategy and says what it saw', async () => {
    const report = await checkStrategy(() => new RoundRobin());
    expect(report).toMatchObject({ strategy: 'round-robin', passed: true });
    expect(report.checks.map(({ name }) => name)).toEqual([
      'weights',
      'uniformity',
      'eligibility',
      'nobody',
      'flap',
      'removal',
      'place',
      'heap',
    ]);
    expect(report.checks[0]?.detail).toBe('every share within 0.0 % of its weight');
  });

  test('fails a strategy that ignores weights', async () => {
    let turn = 0;
    const plain = strategyOf((members, _, isEligible) => {
      for (let i = 0; i < members.length; i++) {
        const member = members[turn++ % members.length];
        if (member !== undefined && isEligible(member)) return member;
      }
      return undefined;
    });
    expect(failures(await checkStrategy(() => plain))).toEqual(['weights', 'place']);
  });

  test('fails a strategy that picks without asking who is eligible', async () => {
    const blind = strategyOf((members, source) => members[lastByte(source) % members.length]);
    expect(failures(await checkStrategy(() => blind))).toEqual(
      expect.arrayContaining(['eligibility', 'nobody']),
    );
  });

  test('fails a strategy that gives up after one ineligible member', async () => {
    const timid = strategyOf((members, source, isEligible) => {
      const member = members[lastByte(source) % members.length];
      return member !== undefined && isEligible(member) ? member : undefined;
    });
    expect(failures(await checkStrategy(() => timid))).toContain('eligibility');
  });

  test('fails a hash over the members that are up, since a failure moves innocent clients', async () => {
    const naive = strategyOf((members, source, isEligible) => {
      const up = members.filter((member) => isEligible(member));
      return up[lastByte(source) % up.length];
    }, true);
    expect(failures(await checkStrategy(() => naive))).toEqual(
      expect.arrayContaining(['weights', 'flap', 'removal']),
    );
  });

  test('fails a strategy that begins anew with every build', async () => {
    const forgetful: Strategy = {
      name: 'forgetful',
      build: (members) => new RoundRobin().build(members),
    };
    expect(failures(await checkStrategy(() => forgetful))).toEqual(['place']);
  });

  test('fails a strategy that throws, with what it threw', async () => {
    const broken = strategyOf(() => {
      throw new Error('out of order');
    });
    const report = await checkStrategy(() => broken);
    expect(report.passed).toBe(false);
    expect(report.checks[0]).toEqual({
      name: 'weights',
      outcome: 'failed',
      detail: 'threw Error: out of order',
    });
  });

  test('leaves out what a strategy does not promise, and says why', async () => {
    const except = { removal: 'recalculates its slots' };
    const report = await checkStrategy(() => new SourceHash('stable'), { except });
    expect(report.passed).toBe(true);
    expect(report.checks.find(({ name }) => name === 'removal')).toEqual({
      name: 'removal',
      outcome: 'not-applicable',
      detail: 'recalculates its slots',
    });
  });

  test('the stable source hash does move others on removal, which the check sees', async () => {
    expect(failures(await checkStrategy(() => new SourceHash('stable')))).toEqual(['removal']);
  });
});
