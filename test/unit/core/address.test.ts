import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isHostName,
  parseHostPort,
  renderHostPort,
  unmapAddress,
  writeAddressBytes,
} from '../../../src/core/address.js';
import { CidrSet, parseCidr } from '../../../src/core/cidr.js';

describe('parseHostPort', () => {
  test.each([
    ['10.0.0.1:8080', { host: '10.0.0.1', port: 8080 }],
    ['[::1]:8080', { host: '::1', port: 8080 }],
    ['web-1:8080', { host: 'web-1', port: 8080 }],
    ['web_1.internal:1', { host: 'web_1.internal', port: 1 }],
    [':443', { host: '', port: 443 }],
    ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
  ])('reads %s', (text, expected) => {
    expect(parseHostPort(text)).toEqual(expected);
  });

  test.each([
    '',
    ':',
    '10.0.0.1',
    '::1',
    '[::1]',
    '[web]:80',
    '10.0.0.256:80',
    '1.2.3:80',
    'a:65536',
    'a:b',
    'a:1:2',
    '-a:1',
    'a b:1',
    'http://a:1',
  ])('refuses %j without a default port', (text) => {
    expect(parseHostPort(text)).toBeUndefined();
  });

  test.each([
    ['10.0.0.1', '10.0.0.1'],
    ['::1', '::1'],
    ['[::1]', '::1'],
    ['web-1', 'web-1'],
  ])('takes the default port for %s', (text, host) => {
    expect(parseHostPort(text, 80)).toEqual({ host, port: 80 });
  });

  test('rendering gives the text back', () => {
    for (const text of ['10.0.0.1:80', '[::1]:80', ':443', 'a.b:1']) {
      const value = parseHostPort(text);
      expect(value && renderHostPort(value)).toBe(text);
    }
  });
});

describe('writeAddressBytes', () => {
  const bytesOf = (text: string): number[] | undefined => {
    const out = new Uint8Array(16);
    const length = writeAddressBytes(text, out);
    return length === 0 ? undefined : [...out.subarray(0, length)];
  };

  test.each([
    ['10.0.0.1', [10, 0, 0, 1]],
    ['::ffff:10.0.0.1', [10, 0, 0, 1]],
    ['::ffff:a00:1', [10, 0, 0, 1]],
    ['::1', [...Array.from({ length: 15 }, () => 0), 1]],
    ['2001:db8::8:0', [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0]],
    ['fe80::1%eth0', [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
    ['::', Array.from({ length: 16 }, () => 0)],
  ])('%s', (text, expected) => {
    expect(bytesOf(text)).toEqual(expected);
  });

  test.each(['', '1.2.3', '1.2.3.4.5', '1.2.3.256', 'web', ':::', '1.2..3'])(
    '%j is no address',
    (text) => {
      expect(bytesOf(text)).toBeUndefined();
    },
  );

  test('IPv6 written in full gives its groups back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 65_535 }), { minLength: 8, maxLength: 8 }),
        (groups) => {
          fc.pre(groups.slice(0, 6).join() !== '0,0,0,0,0,65535');
          const bytes = bytesOf(groups.map((group) => group.toString(16)).join(':'));
          expect(bytes).toEqual(groups.flatMap((group) => [group >> 8, group & 255]));
        },
      ),
    );
  });
});

describe('addresses', () => {
  test('an IPv4-mapped address becomes plain', () => {
    expect(unmapAddress('::ffff:10.1.2.3')).toBe('10.1.2.3');
    expect(unmapAddress('::ffff:0:1')).toBe('::ffff:0:1');
    expect(unmapAddress('10.1.2.3')).toBe('10.1.2.3');
  });

  test('host names follow RFC 1123, and a bad IPv4 address is no name', () => {
    expect(isHostName('a-1.example.com')).toBe(true);
    expect(isHostName('1.2.3.4.5')).toBe(false);
    expect(isHostName('-a')).toBe(false);
    expect(isHostName(`${'a'.repeat(64)}.b`)).toBe(false);
  });
});

describe('CidrSet', () => {
  test.each([
    ['10.0.0.0/8', '10.200.1.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.0.0.0/8', '::ffff:10.0.0.1', true],
    ['::ffff:10.0.0.0/104', '10.9.9.9', true],
    ['::ffff:10.0.0.0/64', '::1', true],
    ['::ffff:10.0.0.0/64', '1::1', false],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.8', false],
    ['2001:db8::/32', '2001:db8:1::1', true],
    ['::/0', '::1', true],
    ['0.0.0.0/0', '::1', false],
  ])('%s has %s: %s', (network, address, expected) => {
    expect(new CidrSet([network]).has(address)).toBe(expected);
  });

  test('what is no network is refused', () => {
    for (const text of ['10.0.0.0/33', '::/129', 'web', '10.0.0/8', '10.0.0.0/-1', '']) {
      expect(parseCidr(text)).toBeUndefined();
    }
  });
});
