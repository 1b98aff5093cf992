// Header blocks as RFC 7541 has them in its appendix C, and those that are none.
import { describe, expect, test } from 'vitest';
import { HpackDecoder } from '../../../../src/wire/http2/hpack-decoder.js';

const LIMITS = { bytes: 65_536, fields: 100 };

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}

function decode(decoder: HpackDecoder, block: Buffer, limits = LIMITS) {
  const result = decoder.decode(block, 0, block.length, limits);
  if (result !== 'read') return result;
  return decoder.fields.map(({ name, value }) => `${name}: ${value}`);
}

const FIRST = [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com'];
const THIRD = [
  ':method: GET',
  ':scheme: https',
  ':path: /index.html',
  ':authority: www.example.com',
  'custom-key: custom-value',
];

describe('HpackDecoder', () => {
  test.each([
    [
      'requests without Huffman code (C.3)',
      '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      '8286 84be 5808 6e6f 2d63 6163 6865',
      '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
    ],
    [
      'requests with Huffman code (C.4)',
      '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
      '8286 84be 5886 a8eb 1064 9cbf',
      '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
    ],
  ])('reads %s', (_, first, second, third) => {
    const decoder = new HpackDecoder();
    expect(decode(decoder, hex(first))).toEqual(FIRST);
    expect(decode(decoder, hex(second))).toEqual([...FIRST, 'cache-control: no-cache']);
    expect(decode(decoder, hex(third))).toEqual(THIRD);
  });

  test('evicts what the table has no room for (C.6, with the table made as small by an update)', () => {
    const decoder = new HpackDecoder();
    const common = ['date: Mon, 21 Oct 2013 20:13:21 GMT', 'location: https://www.example.com'];
    expect(
      decode(
        decoder,
        hex(
          '3fe101 4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3',
        ),
      ),
    ).toEqual([':status: 302', 'cache-control: private', ...common]);
    expect(decode(decoder, hex('4883 640e ffc1 c0bf'))).toEqual([
      ':status: 307',
      'cache-control: private',
      ...common,
    ]);
    const third = hex(
      '88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07',
    );
    expect(decode(decoder, third)).toEqual([
      ':status: 200',
      'cache-control: private',
      'date: Mon, 21 Oct 2013 20:13:22 GMT',
      'location: https://www.example.com',
      'content-encoding: gzip',
      'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
    ]);
  });

  test.each([
    [
      'a literal that is kept (C.2.1)',
      '400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572',
      'custom-key: custom-header',
    ],
    [
      'a literal that is not kept (C.2.2)',
      '040c 2f73 616d 706c 652f 7061 7468',
      ':path: /sample/path',
    ],
    ['one that never is (C.2.3)', '1008 7061 7373 776f 7264 0673 6563 7265 74', 'password: secret'],
    ['an entry of the static table (C.2.4)', '82', ':method: GET'],
    ['an empty value', '4001 6100', 'a: '],
  ])('reads %s', (_, block, field) => {
    expect(decode(new HpackDecoder(), hex(block))).toEqual([field]);
  });

  test('knows the fields that were kept, and no others', () => {
    const decoder = new HpackDecoder();
    decode(decoder, hex('0001 6101 31'));
    expect(decode(decoder, hex('be'))).toBe('malformed');
    const other = new HpackDecoder();
    decode(other, hex('4001 6101 31'));
    expect(decode(other, hex('be'))).toEqual(['a: 1']);
  });

  test('an entry larger than the table empties it', () => {
    const decoder = new HpackDecoder();
    decode(decoder, hex('4001 6101 31'));
    const large = Buffer.concat([hex('4001 62 7f 81 1f'), Buffer.alloc(4096, 'x')]);
    expect(decode(decoder, large)).toHaveLength(1);
    expect(decode(decoder, hex('be'))).toBe('malformed');
  });

  test('a table of hundreds of entries keeps the newest', () => {
    const decoder = new HpackDecoder();
    for (let i = 0; i < 500; i++) {
      const name = `n${i}`;
      const field = Buffer.concat([
        Buffer.from([0x40, name.length]),
        Buffer.from(name),
        hex('0131'),
      ]);
      expect(decode(decoder, field)).toEqual([`${name}: 1`]);
      expect(decode(decoder, hex('be'))).toEqual([`${name}: 1`]);
      if (i > 0) expect(decode(decoder, hex('bf'))).toEqual([`n${i - 1}: 1`]);
    }
    // 37 bytes an entry: 110 of them fit.
    const oldest = 62 + 109;
    expect(decode(decoder, Buffer.from([0xff, oldest - 127]))).toEqual(['n390: 1']);
    expect(decode(decoder, Buffer.from([0xff, oldest - 126]))).toBe('malformed');
  });

  test.each([
    ['index 0', '80'],
    ['an index beyond the static table', 'be'],
    ['an index that does not end', 'ff'],
    ['an index of five bytes', 'ff ff ff ff ff 0f'],
    ['the name of an index beyond the table', '7e 01 31'],
    ['a literal without a value', '4001 61'],
    ['a name longer than the block', '400a 61'],
    ['a value longer than the block', '4001 610a 62'],
    ['a length that does not end', '4001 617f'],
    ['padding of a whole byte', '4001 6183 1fff ff'],
    ['padding that is not EOS', '4001 6181 18'],
    ['EOS', '4001 6184 ffff ffff'],
    ['a table larger than was offered', '3fe2 1f'],
    ['a change of the table behind a field', '8220'],
  ])('%s is malformed', (_, block) => {
    expect(decode(new HpackDecoder(), hex(block))).toBe('malformed');
  });

  test('the table may change twice before the first field', () => {
    expect(decode(new HpackDecoder(), hex('20 3fe1 1f 82'))).toEqual([':method: GET']);
  });

  test('of too many fields, or too many bytes, none is kept beyond the bound, and the table goes on', () => {
    const decoder = new HpackDecoder();
    const block = Buffer.concat([hex('4001 6101 31'), Buffer.alloc(30_000, 0xbe)]);
    expect(decode(decoder, block, { bytes: 1_000_000, fields: 10 })).toBe('too-large');
    expect(decoder.fields).toHaveLength(10);
    expect(decode(decoder, block, { bytes: 340, fields: 1000 })).toBe('too-large');
    expect(decoder.fields).toHaveLength(10);
    expect(decode(decoder, hex('be'))).toEqual(['a: 1']);
  });

  test('a block longer than is read is malformed', () => {
    expect(decode(new HpackDecoder(), Buffer.alloc(65_537, 0x82))).toBe('malformed');
  });
});
