// The table of keywords: each says since when it is known, and which section of the manual describes it.
import { expect, test } from 'vitest';
import { checkKeyword, KEYWORDS, NEWER_OPTIONS } from '../../../src/haproxy/keywords.js';

/** `4.2 option redispatch`, `3.1 / 3.2 "global" parameters: log`: number and name. */
const SECTION = /^\d(\.\d+)*( \/ \d\.\d)? \S/;

test.each(Object.entries(KEYWORDS))('%s cites the manual', (_, { since, manual }) => {
  expect(since).toMatch(/^\d\.\d$/);
  expect(manual).toMatch(SECTION);
});

test.each(Object.values(NEWER_OPTIONS).flatMap((options) => Object.entries(options)))(
  '%s cites the manual of the version that brought it',
  (option, { since, manual }) => {
    const [, version = '', section = ''] = /^(\d\.\d) manual, (.*)$/.exec(manual) ?? [];
    expect(Number(version)).toBeGreaterThanOrEqual(Number(since));
    expect(section).toMatch(SECTION);
    expect(option === '429' ? section : section.includes(option)).toBeTruthy();
  },
);

test('a line that the target does not know is a fault of the emitter', () => {
  expect(() => checkKeyword(['frobnicate', 'x'], '3.2')).toThrow('keyword without an entry');
  expect(() => checkKeyword(['server', 'a', '::1:80', 'init-state', 'up'], '3.0')).toThrow(
    'init-state is newer than 3.0',
  );
  expect(() => checkKeyword(['server', 'a', '::1:80', 'init-state', 'up'], '3.2')).not.toThrow();
});
