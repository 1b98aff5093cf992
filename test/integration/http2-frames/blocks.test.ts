// Header blocks in pieces: CONTINUATION (RFC 9113 4.3, 6.10), and limits on their length.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  asks,
  expectAnswer,
  expectConnectionError,
  expectGood,
  type Fighter,
  FrameArena,
} from '../../support/frame-arena.js';
import { PUSH_PROMISE, plainBlock } from '../../support/frame-client.js';
import { type Field, indexed, literal } from '../../support/hpack.js';
import { ErrorCode, Flag, Frame, frame, number32 } from '../../support/raw-http2.js';

let arena: FrameArena;
beforeAll(async () => {
  arena = await FrameArena.start();
});
afterEach(() => arena.check());
afterAll(() => arena.close());

const { data, headers, priority, rstStream, settings, ping, goaway, windowUpdate, continuation } =
  Frame;

/** Sends a block in pieces of `size` bytes, one frame each. */
function sendPieces(client: Fighter, stream: number, block: Buffer, size: number): void {
  client.expect(stream);
  const frames = [frame(headers, Flag.endStream, stream, block.subarray(0, size))];
  for (let at = size; at < block.length; at += size) {
    const isLast = at + size >= block.length;
    const flags = isLast ? Flag.endHeaders : 0;
    frames.push(frame(continuation, flags, stream, block.subarray(at, at + size)));
  }
  client.write(Buffer.concat(frames));
}

describe('A block of header fields', () => {
  test.each([1, 2, 3, 5, 13, 40])('may come in frames of %i bytes', async (size) => {
    const client = await arena.client();
    const more: Field[] = [
      ['x-one', 'first value'],
      ['cookie', 'a=b'],
      ['cookie', 'c=d'],
    ];
    sendPieces(client, 1, plainBlock(asks(client, '/pieces', 'GET', ...more)), size);
    await expectAnswer(client, 1);
    expect(arena.seen(client)).toEqual(['GET /pieces']);
    const { fields } = arena.request(client, '/pieces');
    expect(fields.get('x-one')).toBe('first value');
    expect(fields.get('cookie')).toBe('a=b; c=d');
    await expectGood(client);
  });

  test('may be cut at every byte, one frame on each side', async () => {
    const client = await arena.client();
    const { length } = plainBlock(asks(client));
    for (let cut = 0; cut <= length; cut++) {
      const stream = 2 * cut + 1;
      const block = plainBlock(asks(client));
      client.expect(stream);
      client.send(headers, Flag.endStream, stream, block.subarray(0, cut));
      client.send(continuation, Flag.endHeaders, stream, block.subarray(cut));
    }
    for (let cut = 0; cut <= length; cut++) await expectAnswer(client, 2 * cut + 1);
    expect(arena.seen(client)).toEqual(Array.from({ length: length + 1 }, () => 'GET /a'));
  });

  test('may have a few frames without anything in them', async () => {
    const client = await arena.client();
    const block = plainBlock(asks(client));
    client.expect(1);
    client.send(headers, Flag.endStream, 1);
    client.send(continuation, 0, 1);
    client.send(continuation, 0, 1, block);
    client.send(continuation, Flag.endHeaders, 1);
    await expectAnswer(client, 1);
    await expectGood(client);
  });

  test('that began with END_STREAM ends the request only where the block ends', async () => {
    const client = await arena.client();
    client.expect(1);
    const block = plainBlock(asks(client));
    client.send(headers, Flag.endStream, 1, block.subarray(0, 20));
    // Flags of CONTINUATION but END_HEADERS mean nothing.
    client.send(continuation, 0x09, 1, block.subarray(20, 25));
    client.send(continuation, Flag.endHeaders | 0x01, 1, block.subarray(25));
    await expectAnswer(client, 1);
    await expectGood(client);
  });

  test.each<[string, number, number, number, Buffer]>([
    ['DATA of the stream', data, 0, 3, Buffer.from('x')],
    ['DATA of another stream', data, 0, 1, Buffer.from('x')],
    ['HEADERS of the stream', headers, 5, 3, plainBlock([[':method', 'GET']])],
    ['HEADERS of another stream', headers, 5, 5, plainBlock([[':method', 'GET']])],
    ['CONTINUATION of another stream', continuation, 4, 1, Buffer.from([0x82])],
    ['CONTINUATION of a later stream', continuation, 4, 5, Buffer.from([0x82])],
    ['PRIORITY', priority, 0, 3, Buffer.from([0, 0, 0, 0, 1])],
    ['RST_STREAM of the stream', rstStream, 0, 3, number32(8)],
    ['RST_STREAM of another stream', rstStream, 0, 1, number32(8)],
    ['SETTINGS', settings, 0, 0, Buffer.alloc(0)],
    ['SETTINGS with ACK', settings, 1, 0, Buffer.alloc(0)],
    ['PING', ping, 0, 0, Buffer.alloc(8)],
    ['GOAWAY', goaway, 0, 0, Buffer.alloc(8)],
    ['WINDOW_UPDATE', windowUpdate, 0, 0, number32(1)],
    ['PUSH_PROMISE', PUSH_PROMISE, 4, 3, number32(2)],
    ['an unknown type on the stream', 0x42, 0, 3, Buffer.from('x')],
    ['an unknown type on the connection', 0x42, 4, 0, Buffer.alloc(0)],
  ])('may not be broken by %s', async (_, type, flags, stream, payload) => {
    const client = await arena.client();
    client.open(1, asks(client, '/echo', 'POST'), false);
    const block = plainBlock(asks(client, '/evil'));
    // No answers of ours may come in between, and the next is no CONTINUATION.
    client.answers = false;
    client.expect(3);
    client.write(
      Buffer.concat([
        frame(headers, Flag.endStream, 3, block.subarray(0, 10)),
        frame(type, flags, stream, payload),
        frame(continuation, Flag.endHeaders, 3, block.subarray(10)),
      ]),
    );
    await expectConnectionError(client, ErrorCode.protocol);
    expect(arena.seen(client)).toEqual([]);
  });

  test.each([
    ['a whole block', 5, 4],
    ['a whole block with a body', 4, 4],
    ['a block that was finished by CONTINUATION', 1, 4],
  ])('may not go on behind %s', async (_, flags, more) => {
    const client = await arena.client();
    client.expect(1);
    client.send(headers, flags, 1, plainBlock(asks(client, '/a', 'GET')));
    if ((flags & 4) === 0) client.send(continuation, 4, 1);
    client.send(continuation, more, 1, plainBlock([['x-late', '1']]));
    await expectConnectionError(client, ErrorCode.protocol, ErrorCode.streamClosed);
  });

  test('behind which PRIORITY fields of HEADERS are cut off is an error', async () => {
    const client = await arena.client();
    client.expect(1);
    client.send(headers, Flag.endStream | 32, 1, Buffer.from([0, 0]));
    client.send(continuation, Flag.endHeaders, 1, Buffer.concat([Buffer.from([0, 0, 9])]));
    await expectConnectionError(client, ErrorCode.protocol, ErrorCode.frameSize);
  });
});

/** It costs the request, the stream or the connection, and never reaches a member; others go on. */
async function expectNoWay(client: Fighter, stream: number): Promise<void> {
  const known = client.expect(stream);
  await client.until('an end', () =>
    client.isClosed || known.hasEnded || known.reset !== undefined ? true : undefined,
  );
  if (known.status !== 0) expect(known.status).toBe(431);
  else if (known.reset === undefined) {
    const codes = [ErrorCode.calm, ErrorCode.protocol, ErrorCode.compression];
    expect(codes).toContain(client.goaway?.code);
  }
  expect(arena.seen(client)).not.toContain('GET /evil');
  if (!client.isClosed) await expectGood(client);
  await expectGood(await arena.client());
}

describe('Too long a list of fields', () => {
  const many = (count: number, value: string): Field[] =>
    Array.from({ length: count }, (_, i) => [`x-${i}`, value]);

  test.each<[string, Field[]]>([
    ['one long value', [['x-long', 'v'.repeat(60_000)]]],
    ['a value longer than everything', [['x-long', 'v'.repeat(300_000)]]],
    ['a long name', [['x'.repeat(60_000), 'v']]],
    ['many fields', many(150, 'v')],
    ['very many fields', many(5000, 'v')],
    ['many long fields', many(90, 'v'.repeat(1000))],
    ['many fields without a value', many(2000, '')],
    ['a cookie in many pieces', Array.from({ length: 3000 }, () => ['cookie', 'a=b'])],
  ])('is answered 431 or costs its stream or connection: %s', async (_, fields) => {
    const client = await arena.client();
    sendPieces(client, 1, plainBlock(asks(client, '/evil', 'GET', ...fields)), 16_000);
    await expectNoWay(client, 1);
  });

  test('a path that is too long is answered 414 or 431', async () => {
    const client = await arena.client();
    sendPieces(client, 1, plainBlock(asks(client, `/${'p'.repeat(30_000)}`)), 16_000);
    const { status } = await client.ended(1);
    expect([414, 431]).toContain(status);
    expect(arena.seen(client)).toEqual([]);
    await expectGood(client);
  });

  test.each([
    ['of 4000 bytes', 3900, 16_000],
    ['of 1000 bytes', 1000, 60_000],
    ['in small frames', 3900, 100],
  ])('is no more when a byte each names a field %s from the table', async (_, length, size) => {
    const client = await arena.client();
    const bomb = Buffer.concat([
      plainBlock(asks(client, '/evil')),
      literal('x-bomb', 'b'.repeat(length), 'indexed'),
      Buffer.alloc(40_000, indexed(62)),
    ]);
    sendPieces(client, 1, bomb, Math.min(size, 16_384));
    await expectNoWay(client, 1);
  });

  test('is no more when many streams bring such bombs at once', async () => {
    const before = process.memoryUsage().rss;
    const bombers = await Promise.all(Array.from({ length: 10 }, () => arena.client()));
    for (const client of bombers) {
      client.openBlock(
        1,
        Buffer.concat([
          plainBlock(asks(client, '/a')),
          literal('x-bomb', 'b'.repeat(3900), 'indexed'),
        ]),
      );
      const bomb = Buffer.concat([plainBlock(asks(client, '/evil')), Buffer.alloc(16_000, 0xbe)]);
      for (let stream = 3; stream < 60; stream += 2) client.openBlock(stream, bomb);
    }
    for (const client of bombers) await expectNoWay(client, 3);
    // 10 connections with 29 bombs of 62 MB each.
    expect(process.memoryUsage().rss - before).toBeLessThan(400_000_000);
  });

  test.each<[string, number]>([
    ['empty', 0],
    ['of one byte', 1],
    ['of 16 KB', 16_000],
  ])('never ends: frames %s cost the connection', async (_, size) => {
    const client = await arena.client();
    client.expect(1);
    client.send(headers, Flag.endStream, 1, plainBlock(asks(client, '/evil')));
    // Never-indexed fields of one value, over and over.
    const field = size < 2 ? Buffer.alloc(size, 0x82) : literal('x-more', 'm'.repeat(size - 10));
    const piece = Buffer.concat(
      Array.from({ length: size > 1 ? 4 : 400 }, () => frame(continuation, 0, 1, field)),
    );
    let sent = 0;
    for (; !client.isClosed && sent < 200_000_000; sent += piece.length) {
      client.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await client.closed();
    expect([ErrorCode.calm, ErrorCode.protocol, ErrorCode.compression]).toContain(
      client.goaway?.code,
    );
    expect(arena.seen(client)).toEqual([]);
    await expectGood(await arena.client());
  });
});
