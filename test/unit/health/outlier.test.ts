import { describe, expect, test } from 'vitest';
import { OutlierDetector } from '../../../src/health/outlier.js';
import { MemberState } from '../../../src/model/member.js';

const CONFIG = { consecutiveFailures: 3, ejectFor: 30_000, maxEjectedPercent: 50 };

/** `x` a failure, `.` a success; whether each asked for an ejection. */
function play(outcomes: string): boolean[] {
  const detector = new OutlierDetector(CONFIG);
  const state = new MemberState();
  return outcomes.split('').map((outcome) => detector.onOutcome(state, outcome === 'x', 0));
}

describe('OutlierDetector', () => {
  test('wants an ejection at the third failure in a row', () => {
    expect(play('xxx')).toEqual([false, false, true]);
  });

  test('a success starts the count anew', () => {
    expect(play('xx.xx.xxx').indexOf(true)).toBe(8);
  });

  test('goes on asking while the ejection is not allowed', () => {
    expect(play('xxxx.x')).toEqual([false, false, true, true, false, false]);
  });

  test.each([
    [0, 10, 9, true],
    [4, 10, 5, true],
    [5, 10, 4, false],
    [0, 2, 1, true],
    [1, 3, 1, false],
    [0, 1, 0, false],
    [0, 10, 0, false],
  ])(
    'with %i of %i ejected and %i other eligible ones: %s',
    (ejected, members, others, expected) => {
      expect(new OutlierDetector(CONFIG).mayEject(ejected, members, others)).toBe(expected);
    },
  );

  test('one may always be ejected, however small the percentage', () => {
    const detector = new OutlierDetector({ ...CONFIG, maxEjectedPercent: 1 });
    expect(detector.mayEject(0, 3, 2)).toBe(true);
    expect(detector.mayEject(1, 3, 1)).toBe(false);
  });

  test('an ejection ends after ejectFor', () => {
    const detector = new OutlierDetector(CONFIG);
    const state = new MemberState();
    expect(detector.eject(state, 1000)).toBe(31_000);
    expect(detector.isEjected(state, 30_999)).toBe(true);
    expect(detector.isEjected(state, 31_000)).toBe(false);
  });

  test('what was begun before the ejection counts neither for nor against', () => {
    const detector = new OutlierDetector(CONFIG);
    const state = new MemberState();
    detector.eject(state, 0);
    for (let i = 0; i < 5; i++) expect(detector.onOutcome(state, true, 10)).toBe(false);
    expect(detector.onOutcome(state, false, 20)).toBe(false);
    expect(detector.isEjected(state, 20)).toBe(true);
    // After it: three failures again, not one.
    const after = [1, 2, 3].map(() => detector.onOutcome(state, true, 40_000));
    expect(after).toEqual([false, false, true]);
  });

  test('ends early after `rise` good checks in a row', () => {
    const detector = new OutlierDetector(CONFIG);
    const state = new MemberState();
    detector.eject(state, 0);
    const ended = [true, false, true, true].map((isGood) => detector.onCheck(state, isGood, 2, 10));
    expect(ended).toEqual([false, false, false, true]);
    expect(detector.isEjected(state, 10)).toBe(false);
  });

  test('good checks of an earlier ejection do not shorten the next', () => {
    const detector = new OutlierDetector(CONFIG);
    const state = new MemberState();
    detector.eject(state, 0);
    detector.onCheck(state, true, 2, 10);
    detector.eject(state, 40_000);
    expect(detector.onCheck(state, true, 2, 40_010)).toBe(false);
    expect(detector.onCheck(state, true, 2, 40_020)).toBe(true);
  });

  test('checks of a member that is not ejected end nothing', () => {
    const detector = new OutlierDetector(CONFIG);
    expect(detector.onCheck(new MemberState(), true, 1, 10)).toBe(false);
  });
});
