import { describe, expect, test } from 'vitest';
import { isPublicSuffix, isRegistrySuffix } from '../../../src/core/hostname.js';

describe('isPublicSuffix', () => {
  test.each(['com', 'co.uk', 'CO.UK.', 'github.io', 'xn--p1ai', 'kawasaki.jp'])(
    '%s is one',
    (name) => {
      expect(isPublicSuffix(name)).toBe(true);
    },
  );

  test.each(['example.com', 'localhost', 'internal', 'lan', 'a.github.io', '10.0.0.1', ''])(
    '"%s" is none',
    (name) => {
      expect(isPublicSuffix(name)).toBe(false);
    },
  );
});

describe('isRegistrySuffix', () => {
  test.each([
    ['com', true],
    ['co.uk', true],
    ['github.io', false],
    ['example.com', false],
    ['localhost', false],
  ])('%s: %s', (name, expected) => {
    expect(isRegistrySuffix(name)).toBe(expected);
  });
});
