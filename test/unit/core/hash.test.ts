import { crc32 as zlibCrc32 } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crc32, fnv1a, mix32, sdbm } from '../../../src/core/hash.js';

describe('crc32', () => {
  test('gives the check value of the CRC catalogue', () => {
    expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926);
  });

  test('agrees with zlib on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => crc32(bytes) === zlibCrc32(bytes)),
    );
  });

  test('looks at no more than the length it is given', () => {
    expect(crc32(Uint8Array.of(10, 0, 0, 1, 99, 99), 4)).toBe(
      zlibCrc32(Uint8Array.of(10, 0, 0, 1)),
    );
  });
});

describe('fnv1a', () => {
  test.each([
    ['', 0x811c9dc5],
    ['a', 0xe40c292c],
    ['foobar', 0xbf9cf968],
  ])('gives the published value of "%s"', (text, expected) => {
    expect(fnv1a(text)).toBe(expected);
  });

  test('stops at the end it is given', () => {
    expect(fnv1a('foobar?x=1', undefined, 6)).toBe(fnv1a('foobar'));
  });
});

describe('sdbm', () => {
  // HAProxy maps the keys a, b, c to the second, third and first of three servers.
  test.each([
    ['a', 97],
    ['b', 98],
    ['ab', (97 * 65_599 + 98) % 2 ** 32],
  ])('gives 65599 h + c for "%s"', (text, expected) => {
    expect(sdbm(text)).toBe(expected);
  });

  test('stops at the end it is given', () => {
    expect(sdbm('/x0?q=1', 3)).toBe(sdbm('/x0'));
  });
});

describe('mix32', () => {
  test('maps different numbers to different numbers', () => {
    fc.assert(fc.property(fc.nat(), fc.nat(), (a, b) => (a === b) === (mix32(a) === mix32(b))));
  });

  test('flips about half of the output bits when one input bit flips', () => {
    let flipped = 0;
    for (let value = 1; value <= 200; value++) {
      for (let bit = 0; bit < 32; bit++) {
        for (let rest = mix32(value) ^ mix32(value ^ (1 << bit)); rest !== 0; rest &= rest - 1)
          flipped++;
      }
    }
    expect(flipped / (200 * 32)).toBeCloseTo(16, 0);
  });
});
