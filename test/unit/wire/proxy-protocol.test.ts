// The PROXY header, byte for byte.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  parseProxyHeader,
  renderProxyV1,
  renderProxyV2,
} from '../../../src/wire/proxy-protocol.js';

const IPV4 = {
  source: '192.0.2.1',
  sourcePort: 56_324,
  destination: '198.51.100.2',
  destinationPort: 443,
};
const IPV6 = {
  source: '2001:db8::1',
  sourcePort: 1,
  destination: '2001:db8:0:1:1:1:1:1',
  destinationPort: 65_535,
};
const SIGNATURE = '0d0a0d0a000d0a515549540a';
const V2_IPV4 = `${SIGNATURE}2111000cc0000201c6336402dc0401bb`;
const V2_IPV6 = `${SIGNATURE}2121002420010db800000000000000000000000120010db80000000100010001000100010001ffff`;

const MAPPED = '00000000000000000000ffff';

function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

describe('version 1', () => {
  test.each([
    ['PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n', IPV4],
    ['PROXY TCP6 2001:db8::1 2001:db8:0:1:1:1:1:1 1 65535\r\n', IPV6],
    [
      'PROXY TCP6 ::ffff:192.0.2.1 ::1 0 0\r\n',
      { source: '192.0.2.1', sourcePort: 0, destination: '::1', destinationPort: 0 },
    ],
    ['PROXY TCP6 2001:DB8:0:0::1 2001:db8:0:1:1:1:1:1 1 65535\r\n', IPV6],
  ])('reads %j', (line, addresses) => {
    expect(parseProxyHeader(bytes(`${line}GET /`))).toEqual({ length: line.length, addresses });
  });

  test.each(['PROXY UNKNOWN\r\n', 'PROXY UNKNOWN ffff:f...f:ffff anything at all 1 2 3\r\n'])(
    'keeps the real peer for %j',
    (line) => {
      expect(parseProxyHeader(bytes(line))).toEqual({ length: line.length });
    },
  );

  test.each([
    'PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\n',
    'PROXY TCP4 192.0.2.1  198.51.100.2 56324 443\r\n',
    'PROXY TCP4 192.0.2.01 198.51.100.2 56324 443\r\n',
    'PROXY TCP4 192.0.2.256 198.51.100.2 56324 443\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.2 56324 65536\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.2 056324 443\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.2 -1 443\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.2 56324\r\n',
    'PROXY TCP4 192.0.2.1 198.51.100.2 56324 443 \r\n',
    'PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n',
    'PROXY TCP6 192.0.2.1 198.51.100.2 1 2\r\n',
    'PROXY TCP6 2001:db8::1%eth0 2001:db8::2 1 2\r\n',
    'PROXY TCP6 2001:db8:::1 2001:db8::2 1 2\r\n',
    'PROXY UDP4 192.0.2.1 198.51.100.2 1 2\r\n',
    'PROXY tcp4 192.0.2.1 198.51.100.2 1 2\r\n',
    'PROXY UNKNOWNX\r\n',
    'PROXY \r\n',
    'proxy TCP4 192.0.2.1 198.51.100.2 1 2\r\n',
    'GET / HTTP/1.1\r\n',
    `PROXY UNKNOWN ${'x'.repeat(107)}`,
  ])('refuses %j', (line) => {
    expect(parseProxyHeader(bytes(line))).toBe('malformed');
  });

  test('refuses a wrong prefix at its first wrong byte', () => {
    expect(parseProxyHeader(bytes('PR'))).toBe('incomplete');
    expect(parseProxyHeader(bytes('PO'))).toBe('malformed');
    expect(parseProxyHeader(bytes('\r\n\r\n\0\r\nQUIT'))).toBe('incomplete');
    expect(parseProxyHeader(bytes('\r\n\r\n\0\r\nQUIX'))).toBe('malformed');
  });

  test('takes the longest line the specification allows, and none longer', () => {
    const address = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';
    const longest = `PROXY UNKNOWN ${address} ${address} 65535 65535\r\n`;
    expect(longest).toHaveLength(107);
    expect(parseProxyHeader(bytes(longest))).toEqual({ length: 107 });
    expect(parseProxyHeader(bytes(longest.replace('\r\n', '1\r\n')))).toBe('malformed');
  });

  test('writes what the specification shows', () => {
    expect(renderProxyV1(IPV4).toString()).toBe('PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n');
    expect(renderProxyV1(IPV6).toString()).toBe(
      'PROXY TCP6 2001:db8::1 2001:db8:0:1:1:1:1:1 1 65535\r\n',
    );
    expect(renderProxyV1({ ...IPV4, destination: '::1' }).toString()).toBe(
      'PROXY TCP6 ::ffff:192.0.2.1 ::1 56324 443\r\n',
    );
    expect(renderProxyV1({ ...IPV4, source: '' }).toString()).toBe('PROXY UNKNOWN\r\n');
  });
});

describe('version 2', () => {
  test('writes and reads 28 bytes for IPv4', () => {
    expect(renderProxyV2(IPV4).toString('hex')).toBe(V2_IPV4);
    expect(parseProxyHeader(Buffer.from(V2_IPV4, 'hex'))).toEqual({ length: 28, addresses: IPV4 });
  });

  test('writes and reads 52 bytes for IPv6', () => {
    expect(renderProxyV2(IPV6).toString('hex')).toBe(V2_IPV6);
    expect(parseProxyHeader(Buffer.from(V2_IPV6, 'hex'))).toEqual({ length: 52, addresses: IPV6 });
  });

  test('takes the IPv4 clients of a proxy that listens on IPv6 for what they are', () => {
    const mapped = `${SIGNATURE}21210024${MAPPED}c0000201${MAPPED}c6336402dc0401bb`;
    const header = parseProxyHeader(Buffer.from(mapped, 'hex'));
    expect(header).toEqual({ length: 52, addresses: IPV4 });
  });

  test('writes LOCAL where an address is missing', () => {
    const header = renderProxyV2({ ...IPV4, destination: '' });
    expect(header.toString('hex')).toBe(`${SIGNATURE}20000000`);
    expect(parseProxyHeader(header)).toEqual({ length: 16 });
  });

  test.each([
    ['LOCAL', '20000000', 16],
    ['LOCAL with an address block and a family that does not exist', '20ff00040102030405', 20],
    ['PROXY of an unspecified family', '21000003010203', 19],
    ['PROXY of datagrams', '2112000cc0000201c6336402dc0401bb', 28],
    ['PROXY of unix sockets', `213100d8${'00'.repeat(216)}`, 232],
  ])('keeps the real peer for %s', (_name, rest, length) => {
    expect(parseProxyHeader(Buffer.from(SIGNATURE + rest, 'hex'))).toEqual({ length });
  });

  test.each([
    ['version 1 in the binary form', '1111000cc0000201c6336402dc0401bb'],
    ['version 3', '3111000cc0000201c6336402dc0401bb'],
    ['an unknown command', '2211000cc0000201c6336402dc0401bb'],
    ['an unknown family', '2141000cc0000201c6336402dc0401bb'],
    ['an unknown transport', '2113000cc0000201c6336402dc0401bb'],
    ['an address block that is too short', '2111000bc0000201c6336402dc0401'],
    ['an IPv4 block in an IPv6 header', '2121000cc0000201c6336402dc0401bb'],
    ['a cut TLV head', '2111000ec0000201c6336402dc0401bb0400'],
    ['a TLV that reaches beyond the header', '21110010c0000201c6336402dc0401bb04000200'],
    ['a header longer than 16 KiB', '21114001'],
  ])('refuses %s', (_name, rest) => {
    expect(parseProxyHeader(Buffer.from(SIGNATURE + rest, 'hex'))).toBe('malformed');
  });

  test('skips TLVs', () => {
    const tlvs = '04000101010005616c706e31';
    const header = Buffer.from(`${SIGNATURE}21110018c0000201c6336402dc0401bb${tlvs}`, 'hex');
    // 12 address bytes, a NOOP of one byte, an ALPN of five: 12 + 4 + 8.
    expect(parseProxyHeader(header)).toEqual({ length: 40, addresses: IPV4 });
  });

  test('checks the checksum where there is one', () => {
    // CRC-32C of the whole header with its four bytes taken as zero; the value is from an independent implementation.
    const header = Buffer.from(`${SIGNATURE}21110013c0000201c6336402dc0401bb03000400000000`, 'hex');
    expect(parseProxyHeader(header)).toBe('malformed');
    header.writeUInt32BE(crc32c(header), 31);
    expect(parseProxyHeader(header)).toEqual({ length: 35, addresses: IPV4 });
    header[20] = 1;
    expect(parseProxyHeader(header)).toBe('malformed');
  });
});

/** The same sum by polynomial division over bits, most significant first: another way to the same number. */
function crc32c(data: Buffer): number {
  let register = 0n;
  const bits = [...data].flatMap((byte) => Array.from({ length: 8 }, (_, i) => (byte >> i) & 1));
  const inverted = bits.map((bit, i) => (i < 32 ? bit ^ 1 : bit));
  for (const bit of [...inverted, ...Array.from({ length: 32 }, () => 0)]) {
    register = (register << 1n) | BigInt(bit);
    if (register >> 32n) register ^= 0x11edc6f41n;
  }
  let reflected = 0;
  for (let i = 0; i < 32; i++) if ((register >> BigInt(i)) & 1n) reflected |= 1 << (31 - i);
  return (reflected ^ 0xffffffff) >>> 0;
}

test('the checksum used here is CRC-32C (RFC 3720 B.4)', () => {
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
  expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43);
});

const port = fc.integer({ min: 0, max: 65_535 });
const addresses = fc
  .oneof(fc.tuple(fc.ipV4(), fc.ipV4()), fc.tuple(fc.ipV6(), fc.ipV6()))
  .chain(([source, destination]) =>
    fc.record({
      source: fc.constant(source),
      destination: fc.constant(destination),
      sourcePort: port,
      destinationPort: port,
    }),
  );

describe('any header', () => {
  test('comes back the same, and whatever arrives before its last byte is incomplete', () => {
    fc.assert(
      fc.property(addresses, fc.boolean(), (given, isV1) => {
        const header = isV1 ? renderProxyV1(given) : renderProxyV2(given);
        for (let cut = 0; cut < header.length; cut++) {
          expect(parseProxyHeader(header, cut)).toBe('incomplete');
        }
        const parsed = parseProxyHeader(header);
        if (typeof parsed === 'string' || parsed.addresses === undefined) throw new Error('lost');
        expect(parsed.length).toBe(header.length);
        // Texts of IPv6 addresses may differ, addresses may not: the bytes of v2 say so.
        expect(renderProxyV2(parsed.addresses)).toEqual(renderProxyV2(given));
        const again = isV1 ? renderProxyV1(parsed.addresses) : renderProxyV2(parsed.addresses);
        expect(parseProxyHeader(again)).toEqual({ ...parsed, length: again.length });
      }),
    );
  });

  test('never crashes on any bytes', () => {
    const signature = Buffer.from(SIGNATURE, 'hex');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(2), (noise, prefix) => {
        const head = [Buffer.alloc(0), signature, bytes('PROXY ')][prefix] ?? signature;
        const parsed = parseProxyHeader(Buffer.concat([head, noise]));
        if (typeof parsed !== 'string') expect(parsed.length).toBeLessThanOrEqual(400);
      }),
    );
  });
});
