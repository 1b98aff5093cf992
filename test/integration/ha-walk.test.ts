import { describe, expect, test } from 'vitest';
import { stepHa } from '../../src/ha/machine.js';
import { type Step, walk } from '../support/ha/walk.js';

/** Half adverts: six seconds at one advert a second, nearly two down intervals. */
const DEPTH = 12;

describe('two nodes, walked exhaustively with loss, delay, duplication, restarts and hand-overs', () => {
  test.each([
    ['that preempt', true],
    ['that do not', false],
  ])('%s, break no invariant', { timeout: 120_000 }, (what, preempt) => {
    const { states, transitions, violation } = walk({ depth: DEPTH, preempt });
    console.log(`two nodes ${what}: ${states} states, ${transitions} transitions, depth ${DEPTH}`);
    expect(violation).toBeUndefined();
    expect(states).toBeGreaterThan(5000);
  });

  /** Each breaks one rule of the machine. */
  const BROKEN: readonly (readonly [string, Step, string])[] = [
    [
      'an active one that does not yield',
      (settings, state, input, nowMs) =>
        state.role === 'active' && input.type === 'advert'
          ? { state, actions: [], dueAtMs: state.advertAtMs }
          : stepHa(settings, state, input, nowMs),
      'stays active though it heard the better one',
    ],
    [
      'a backup that waits one interval only',
      (settings, state, input, nowMs) => {
        const step = stepHa(settings, state, input, nowMs);
        if (step.state.role !== 'backup') return step;
        const downAtMs = Math.min(step.state.downAtMs, nowMs + 1500);
        const dueAtMs = Math.min(step.dueAtMs, downAtMs);
        return { ...step, state: { ...step.state, downAtMs }, dueAtMs };
      },
      'took over though it heard the other one',
    ],
    [
      'one that keeps the address when it yields',
      (settings, state, input, nowMs) => {
        const step = stepHa(settings, state, input, nowMs);
        return { ...step, actions: step.actions.filter(({ type }) => type !== 'release') };
      },
      'holds what it should not',
    ],
    [
      'one that resigns and names nobody',
      (settings, state, input, nowMs) => {
        const step = stepHa(settings, state, input, nowMs);
        const actions = step.actions.map((action) =>
          action.type === 'send' && action.advert.priority === 0
            ? { ...action, advert: { ...action.advert, successor: undefined } }
            : action,
        );
        return { ...step, actions };
      },
      'waits though',
    ],
    [
      'a successor that waits its skew time nevertheless',
      (settings, state, input, nowMs) =>
        stepHa(
          settings,
          state,
          input.type === 'advert' && input.advert.priority === 0
            ? { ...input, advert: { ...input.advert, successor: undefined } }
            : input,
          nowMs,
        ),
      'waits though',
    ],
    [
      'a backup that never takes over',
      (settings, state, input, nowMs) => {
        const step = stepHa(settings, state, input, nowMs);
        if (step.state.role !== 'backup') return step;
        const downAtMs = Number.POSITIVE_INFINITY;
        return { ...step, state: { ...step.state, downAtMs }, dueAtMs: step.state.advertAtMs };
      },
      '0 active after ten adverts without faults',
    ],
  ];

  test.each(BROKEN)('finds out %s', (_what, step, expected) => {
    const { violation } = walk({ depth: 8, preempt: true, step });
    expect(violation).toContain(expected);
  });
});
