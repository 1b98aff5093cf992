import { describe, expect, test } from 'vitest';
import { parseDuration, parseSize, renderDuration } from '../../../src/core/duration.js';
import { didYouMean, nearestName } from '../../../src/core/nearest.js';

describe('parseDuration', () => {
  test.each([
    ['250ms', 250],
    ['5s', 5000],
    ['1m', 60_000],
    ['2h', 7_200_000],
    ['30d', 2_592_000_000],
    ['1y', 31_536_000_000],
    ['1.5s', 1500],
    [0, 0],
    [17, 17],
  ])('%s', (value, expected) => {
    expect(parseDuration(value)).toBe(expected);
  });

  test.each(['', '5', '-1s', '5 s', '5sec', 's', -1, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses %j',
    (value) => {
      expect(parseDuration(value)).toBeUndefined();
    },
  );

  test('the shortest exact form comes back', () => {
    expect([0, 250, 5000, 90_000, 3_600_000, 86_400_000].map(renderDuration)).toEqual([
      '0s',
      '250ms',
      '5s',
      '90s',
      '1h',
      '1d',
    ]);
  });
});

describe('parseSize', () => {
  test.each([
    ['16KiB', 16_384],
    ['1GiB', 1_073_741_824],
    ['512B', 512],
    ['77', 77],
    [5, 5],
  ])('%s', (value, expected) => {
    expect(parseSize(value)).toBe(expected);
  });

  test.each(['16KB', '16 KiB', '-1', '1.3B', 1.5, -1])('refuses %j', (value) => {
    expect(parseSize(value)).toBeUndefined();
  });
});

describe('nearestName', () => {
  test('finds the typo, not the stranger', () => {
    expect(nearestName('webb', ['api', 'web'])).toBe('web');
    expect(nearestName('stragety', ['strategy', 'members'])).toBe('strategy');
    expect(nearestName('zebra', ['api', 'web'])).toBeUndefined();
    expect(didYouMean('weigth', ['weight'])).toBe('; did you mean "weight"?');
    expect(didYouMean('x', ['weight'])).toBe('');
  });
});
