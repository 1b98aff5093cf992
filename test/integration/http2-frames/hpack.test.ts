// HPACK both ways (RFC 7541): every representation is read, every fault ends the connection, and answers keep to the client's table.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  asks,
  expectAnswer,
  expectConnectionError,
  expectGood,
  type Fighter,
  FrameArena,
} from '../../support/frame-arena.js';
import { plainBlock, Setting } from '../../support/frame-client.js';
import {
  bits,
  EOS,
  type Field,
  huffmanBits,
  type Indexing,
  indexed,
  integer,
  literal,
  literalText,
  tableSize,
} from '../../support/hpack.js';
import { ErrorCode, Flag, Frame } from '../../support/raw-http2.js';

let arena: FrameArena;
beforeAll(async () => {
  arena = await FrameArena.start();
});
afterEach(() => arena.check());
afterAll(() => arena.close());

/** `:method GET`, `:scheme http` and `:authority a.test`, and the path. */
function start(client: Fighter, path = '/a'): Buffer {
  return Buffer.concat([
    indexed(2),
    indexed(6),
    literal(4, `/${client.name}${path}`),
    literal(1, 'a.test'),
  ]);
}

/** Opens a stream with these bytes behind the pseudo-header fields, and returns the fields that the member saw. */
async function seenWith(
  client: Fighter,
  stream: number,
  ...more: readonly Buffer[]
): Promise<ReadonlyMap<string, string>> {
  const path = `/${stream}`;
  client.openBlock(stream, Buffer.concat([start(client, path), ...more]));
  await expectAnswer(client, stream);
  return arena.request(client, path).fields;
}

/** All bytes that may stand in a value. */
const VALUE = String.fromCharCode(
  ...Array.from({ length: 95 }, (_, i) => 33 + i).filter((code) => code < 127),
  ...Array.from({ length: 128 }, (_, i) => 128 + i),
);

const MODES: readonly Indexing[] = ['indexed', 'plain', 'never'];

describe('A field is read', () => {
  test.each(MODES.flatMap((mode) => [false, true].map((huffman) => [mode, huffman] as const)))(
    'from a literal: %s, Huffman: %s',
    async (mode, huffman) => {
      const client = await arena.client();
      const fields = await seenWith(
        client,
        1,
        literal('x-new', 'some value', mode, huffman),
        literal(19, 'text/*', mode, huffman),
        literal('x-empty', '', mode, huffman),
        literal('x-all', VALUE, mode, huffman),
      );
      expect(fields.get('x-new')).toBe('some value');
      expect(fields.get('accept')).toBe('text/*');
      expect(fields.get('x-empty')).toBe('');
      expect(fields.get('x-all')).toBe(VALUE);
      await expectGood(client);
    },
  );

  test('from each name of the static table that a request may have', async () => {
    const client = await arena.client();
    // Not host (38), content-length (28), transfer-encoding (57), nor what only answers have.
    const names = [15, 17, 18, 19, 22, 24, 31, 33, 34, 36, 37, 39, 40, 41, 42, 43, 51, 58, 59];
    const fields = await seenWith(client, 1, ...names.map((i) => literal(i, `"value${i}"`)));
    for (const i of names) expect([...fields.values()]).toContain(`"value${i}"`);
    // An entry with its value.
    const other = await seenWith(client, 3, indexed(16));
    expect(other.get('accept-encoding')).toBe('gzip, deflate');
  });

  test('from the dynamic table, the newest first', async () => {
    const client = await arena.client();
    await seenWith(
      client,
      1,
      literal('x-a', '1', 'indexed'),
      literal('x-b', '2', 'indexed', true),
      literal('x-not', 'no', 'plain'),
      literal('x-never', 'no', 'never'),
    );
    const fields = await seenWith(client, 3, indexed(62), indexed(63), literal(63, '3', 'indexed'));
    expect([fields.get('x-b'), fields.get('x-a')]).toEqual(['2', '1|3']);
    expect(fields.has('x-not')).toBe(false);
    const last = await seenWith(client, 5, indexed(62), indexed(64));
    expect(last.get('x-a')).toBe('3|1');
  });

  test('from the table that trailers and malformed requests have changed, too', async () => {
    const client = await arena.client();
    client.open(1, asks(client, '/echo', 'POST'), false);
    client.data(1, 'abc');
    client.send(Frame.headers, 5, 1, literal('x-trailer', 'late', 'indexed'));
    await expectAnswer(client, 1, 'abc');
    client.openBlock(3, Buffer.concat([start(client), literal('X-Bad', 'b', 'indexed')]));
    await client.ended(3);
    client.openBlock(5, Buffer.concat([start(client), literal('x-good', 'g', 'indexed')]), false);
    client.reset(5, ErrorCode.cancel);
    // On a stream that is closed: whatever becomes of it, the table is what it is.
    const fields = await seenWith(client, 7, indexed(62), indexed(64));
    expect([fields.get('x-good'), fields.get('x-trailer')]).toEqual(['g', 'late']);
  });

  test('from a table whose old entries have gone', async () => {
    const client = await arena.client();
    // 4096 bytes hold 40 entries of 3 + 67 + 32 bytes.
    const value = (i: number): string => String(i).padStart(67, '0');
    for (let stream = 1; stream <= 161; stream += 2) {
      await seenWith(client, stream, literal('x-n', value(stream), 'indexed'));
    }
    const fields = await seenWith(client, 163, indexed(62), indexed(62 + 39));
    expect(fields.get('x-n')).toBe(`${value(161)}|${value(161 - 2 * 39)}`);
    client.openBlock(165, Buffer.concat([start(client), indexed(62 + 40)]));
    await expectConnectionError(client, ErrorCode.compression);
  });

  test('from an entry larger than the table: the table is empty then', async () => {
    const client = await arena.client();
    const fields = await seenWith(
      client,
      1,
      literal('x-a', '1', 'indexed'),
      literal('x-large', 'l'.repeat(4100), 'indexed'),
      literal('x-b', '2', 'indexed'),
      indexed(62),
    );
    expect(fields.get('x-large')?.length).toBe(4100);
    expect(fields.get('x-b')).toBe('2|2');
    client.openBlock(3, Buffer.concat([start(client), indexed(63)]));
    await expectConnectionError(client, ErrorCode.compression);
  });

  test('from an entry that fills the table, and one whose name goes as it comes', async () => {
    const client = await arena.client();
    const name = 'x-filling';
    const size = 4096 - 32 - name.length;
    await seenWith(client, 1, literal(name, 'f'.repeat(size), 'indexed'));
    expect((await seenWith(client, 3, indexed(62))).get(name)?.length).toBe(size);
    // The name is that of the entry that has to go for it (RFC 7541 4.4).
    const fields = await seenWith(client, 5, literal(62, 'g'.repeat(size), 'indexed'), indexed(62));
    expect(fields.get(name)).toBe(`${'g'.repeat(size)}|${'g'.repeat(size)}`);
  });

  test('behind changes of the table to a smaller size and back', async () => {
    const client = await arena.client();
    const block = (...parts: readonly Buffer[]): Buffer => Buffer.concat(parts);
    await seenWith(client, 1, literal('x-a', '1', 'indexed'), literal('x-b', '2', 'indexed'));
    // Two entries of 36 bytes: room for one.
    client.openBlock(3, block(tableSize(40), start(client, '/3'), indexed(62)));
    await expectAnswer(client, 3);
    expect(arena.request(client, '/3').fields.get('x-b')).toBe('2');
    client.openBlock(5, block(tableSize(0), tableSize(4096), start(client, '/5')));
    await expectAnswer(client, 5);
    const fields = await seenWith(client, 7, literal('x-c', '3', 'indexed'), indexed(62));
    expect(fields.get('x-c')).toBe('3|3');
    client.openBlock(9, block(tableSize(0), start(client, '/9'), literal('x-d', '4', 'indexed')));
    await expectAnswer(client, 9);
    client.openBlock(11, block(start(client), indexed(62)));
    await expectConnectionError(client, ErrorCode.compression);
  });

  test('with integers that are longer than need be', async () => {
    const client = await arena.client();
    // 2 in the prefix would do: 127 + 0 - ... only what needs more bytes may have them, with zeros behind.
    const length = Buffer.concat([Buffer.from([0x7f, 0x81, 0x80, 0x00]), Buffer.alloc(128, 'v')]);
    const fields = await seenWith(client, 1, Buffer.from([0]), literalText('x-int'), length);
    expect(fields.get('x-int')).toBe('v'.repeat(128));
  });
});

const BAD_HUFFMAN = (code: string): Buffer =>
  Buffer.concat([
    Buffer.from([0]),
    literalText('x-a'),
    Buffer.concat([integer(Math.ceil(code.length / 8), 7, 0x80), bits(code)]),
  ]);

/** A text whose code fills whole bytes. */
const EVEN = huffmanBits('00000000');

describe('An error of the connection is', () => {
  test.each<[string, Buffer]>([
    ['the index 0', indexed(0)],
    ['an index behind the static table while the dynamic one is empty', indexed(62)],
    ['an index far behind', indexed(100_000)],
    ['a name at an index that is none', literal(62, 'v')],
    ['a name at an index that is none, to be kept', literal(70, 'v', 'indexed')],
    ['a name at an index that is none, never to be kept', literal(500, 'v', 'never')],
    ['an index beyond 32 bits', Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f])],
    ['an index beyond 64 bits', Buffer.concat([Buffer.alloc(20, 0xff), Buffer.from([0])])],
    [
      'an index that wraps around to 2 in 32 bits',
      Buffer.from([0xff, 0x83, 0xff, 0xff, 0xff, 0x0f]),
    ],
    [
      'an index that goes on for ever with zeros',
      Buffer.concat([Buffer.from([0xff]), Buffer.alloc(100, 0x80), Buffer.from([0])]),
    ],
    ['an index that is cut off', Buffer.from([0xff, 0x80])],
    ['a literal without a name', Buffer.from([0x40])],
    ['a literal whose name is cut off', Buffer.from([0x40, 5, 0x61])],
    ['a literal without a value', Buffer.concat([Buffer.from([0]), literalText('x-a')])],
    ['a literal whose value is cut off', literal('x-a', 'value').subarray(0, -1)],
    ['a literal with an indexed name whose value is cut off', literal(19, 'value').subarray(0, -2)],
    ['a length that is cut off', Buffer.from([0, 1, 0x61, 0x7f, 0xff])],
    ['a length beyond all', Buffer.from([0, 1, 0x61, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f])],
    ['a size update behind a field', tableSize(100)],
    ['a size update above the limit', tableSize(4097)],
    ['a size update beyond 32 bits', Buffer.from([0x3f, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f])],
    ['EOS in a Huffman string', BAD_HUFFMAN(EOS)],
    ['EOS behind a character', BAD_HUFFMAN(huffmanBits('a') + EOS)],
    ['EOS in front of characters', BAD_HUFFMAN(`${EOS}0${huffmanBits('aa')}`)],
    ['padding with zeros', BAD_HUFFMAN(`${EVEN}${huffmanBits('0')}000`)],
    ['padding with one zero', BAD_HUFFMAN(`${huffmanBits('0')}110`)],
    ['padding of 8 bits', BAD_HUFFMAN(`${EVEN}11111111`)],
    [
      'padding of 15 bits',
      BAD_HUFFMAN(`${EVEN.slice(0, 40)}${huffmanBits(':')}1${'1'.repeat(15)}`),
    ],
    ['padding of 3 bytes', BAD_HUFFMAN(`${EVEN}${'1'.repeat(24)}`)],
    ['a Huffman code that is cut off', BAD_HUFFMAN(huffmanBits('\0').slice(0, 8))],
    ['a name with bad padding', Buffer.concat([Buffer.from([0, 0x81, 0x00]), literalText('v')])],
  ])('%s', async (_, bad) => {
    const client = await arena.client();
    client.open(1, asks(client, '/echo', 'POST'), false);
    client.openBlock(3, Buffer.concat([start(client, '/evil'), bad]));
    await expectConnectionError(client, ErrorCode.compression);
    expect(arena.seen(client)).toEqual([]);
    expect(client.expect(3).status).toBe(0);
  });

  test.each<[string, number]>([
    ['trailers', 1],
    ['a stream that we have reset', 3],
    ['a stream whose request was refused', 5],
  ])('a bad block in %s, too', async (_, stream) => {
    const client = await arena.client();
    client.open(1, asks(client, '/echo', 'POST'), false);
    client.open(3, asks(client, '/echo', 'POST'), false);
    client.send(Frame.windowUpdate, 0, 3, Buffer.alloc(4));
    client.open(5, asks(client, '/b', 'CONNECT'), false);
    await client.ended(3);
    await client.ended(5);
    client.send(Frame.headers, 5, stream, Buffer.concat([literal('x', 'y'), indexed(0)]));
    await expectConnectionError(client, ErrorCode.compression, ErrorCode.streamClosed);
    expect(arena.seen(client)).toEqual([]);
  });

  test('a size update above the limit at the beginning, and one behind two good ones', async () => {
    for (const sizes of [[4097], [0, 4096, 4097], [0xffff_ffff]]) {
      const client = await arena.client();
      client.openBlock(1, Buffer.concat([...sizes.map(tableSize), start(client)]));
      await expectConnectionError(client, ErrorCode.compression);
    }
  });

  test('a fault is found wherever the block is cut', async () => {
    const probe = await arena.client();
    const { length } = start(probe);
    await Promise.all(
      Array.from({ length: length + 2 }, async (_, cut) => {
        const client = await arena.client();
        client.expect(1);
        const block = Buffer.concat([start(client, '/evil'), indexed(0), indexed(2)]);
        client.send(Frame.headers, Flag.endStream, 1, block.subarray(0, cut));
        client.send(Frame.continuation, Flag.endHeaders, 1, block.subarray(cut));
        await expectConnectionError(client, ErrorCode.compression);
        expect(arena.seen(client)).toEqual([]);
      }),
    );
  });

  test('a block that ends in the middle of a field, wherever that is', async () => {
    const whole = literal('x-name', 'some value', 'indexed', true);
    await Promise.all(
      Array.from({ length: whole.length - 1 }, async (_, i) => {
        const client = await arena.client();
        client.openBlock(1, Buffer.concat([start(client, '/evil'), whole.subarray(0, i + 1)]));
        await expectConnectionError(client, ErrorCode.compression);
      }),
    );
  });
});

describe('The fields of an answer', () => {
  // The client's decoder finds an update that is missing, one that is too large, and entries that are none.
  test.each<[string, [number, number][]]>([
    ['of 4096 bytes', []],
    ['of nothing', [[Setting.tableSize, 0]]],
    ['of 1 byte', [[Setting.tableSize, 1]]],
    ['for one entry', [[Setting.tableSize, 70]]],
    ['of 200 bytes', [[Setting.tableSize, 200]]],
    ['of 64 KB', [[Setting.tableSize, 65_536]]],
    ['of the most', [[Setting.tableSize, 0xffff_ffff]]],
    [
      'of nothing, and then of 4096',
      [
        [Setting.tableSize, 0],
        [Setting.tableSize, 4096],
      ],
    ],
  ])('keep to a table %s', async (_, settings) => {
    const client = await arena.client(...settings);
    await client.ping();
    for (let stream = 1; stream < 100; stream += 2) {
      client.open(stream, asks(client, stream % 3 === 0 ? '/echo' : '/a'));
      const { fields } = await client.ended(stream);
      expect(fields.find(([name]) => name === 'content-length')?.[1]).toBe(
        stream % 3 === 0 ? '0' : '2',
      );
      expect(client.decoder.size).toBeLessThanOrEqual(settings[0]?.[1] ?? 4096);
      expect(client.decoder.size).toBeLessThanOrEqual(65_536);
    }
  });

  test('follow a table that shrinks and grows between answers', async () => {
    const client = await arena.client();
    let stream = -1;
    const sizes = [4096, 0, 4096, 100, 50, 3000, 0, 0, 65_536, 64];
    for (const size of sizes) {
      client.sendSettings([Setting.tableSize, size]);
      for (let i = 0; i < 5; i++) {
        stream += 2;
        client.open(stream, asks(client, `/${i}`));
        await expectAnswer(client, stream);
      }
      expect(client.decoder.size).toBeLessThanOrEqual(size);
    }
    // Down and up again before an answer: the least counts (RFC 7541 4.2).
    client.sendSettings([Setting.tableSize, 0]);
    client.sendSettings([Setting.tableSize, 4096]);
    client.sendSettings([Setting.tableSize, 30], [Setting.tableSize, 2000]);
    client.open(stream + 2, asks(client));
    await expectAnswer(client, stream + 2);
    await expectGood(client);
  });

  test('of many streams are read alike in whatever order they come', async () => {
    const client = await arena.client();
    const streams = Array.from({ length: 60 }, (_, i) => 2 * i + 1);
    for (const stream of streams) client.open(stream, asks(client, `/wait${stream}`));
    const order = [...streams].sort((a, b) => ((a * 37) % 61) - ((b * 37) % 61));
    for (const stream of order) await arena.release(client, `/wait${stream}`);
    for (const stream of streams) await expectAnswer(client, stream, 'released');
  });

  test('may be of any kind: every byte that may stand in a value, and long ones', async () => {
    const client = await arena.client();
    const fields: Field[] = [
      ['x-all', VALUE],
      ['x-long', 'l'.repeat(5000)],
    ];
    const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const served = arena.member.script;
    arena.member.script = (request, side) =>
      request.target.endsWith('/fields')
        ? `HTTP/1.1 200 OK\r\n${lines}Content-Length: 2\r\n\r\nok`
        : served(request, side);
    for (const stream of [1, 3, 5]) {
      client.openBlock(stream, plainBlock(asks(client, '/fields')));
      const answer = await expectAnswer(client, stream);
      for (const field of fields) expect(answer.fields).toContainEqual(field);
    }
    arena.member.script = served;
  });
});
