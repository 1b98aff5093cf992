// Whose requests count together, and what a denied client reads.
import { describe, expect, test } from 'vitest';
import { renderDenialLines, renderPolicyLine } from '../../../src/rate-limit/limit-lines.js';
import { SourceKey } from '../../../src/rate-limit/source-key.js';
import { VirtualClock } from '../../../src/testkit/virtual-clock.js';

describe('SourceKey', () => {
  test.each([
    ['192.0.2.7', 64, '192.0.2.7'],
    ['::ffff:192.0.2.7', 64, '192.0.2.7'],
    ['::ffff:c000:207', 64, '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', 64, '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff::', 64, '2001:db8:1:2::/64'],
    ['2001:db8:1:3::1', 64, '2001:db8:1:3::/64'],
    ['2001:db8:1:2ff::1', 56, '2001:db8:1:200::/56'],
    ['2001:db8:ff::1', 33, '2001:db8:0::/33'],
    ['2001:db8::1', 128, '2001:db8:0:0:0:0:0:1/128'],
    ['ffff::1', 1, '8000::/1'],
    ['fe80::1%eth0', 64, 'fe80:0:0:0::/64'],
    ['', 64, ''],
    ['no:address', 64, 'no:address'],
  ])('%s with /%i counts as %s', (address, prefix, key) => {
    const source = new SourceKey(prefix, new VirtualClock());
    expect(source.of(address)).toBe(key);
    expect(source.of(address)).toBe(key);
  });
});

describe('lines of a denial', () => {
  test('name every limit, and the one that denied with whole seconds, rounded up', () => {
    const limits = [
      { name: 'public', config: { requests: 100, window: 60_000 } },
      { name: 'public-2', config: { requests: 5, window: 1500 } },
    ];
    expect(renderPolicyLine(limits)).toBe(
      'RateLimit-Policy: "public";q=100;w=60, "public-2";q=5;w=2\r\n',
    );
    expect(renderDenialLines('public-2', 1001)).toBe(
      'Retry-After: 2\r\nRateLimit: "public-2";r=0;t=2\r\n',
    );
    expect(renderDenialLines('a', 1)).toBe('Retry-After: 1\r\nRateLimit: "a";r=0;t=1\r\n');
  });

  test('write no name that would break out of its quotes', () => {
    expect(renderDenialLines('a"\r\n\\é', 1000)).toContain('RateLimit: "a_____";r=0');
  });
});
