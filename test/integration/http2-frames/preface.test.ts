// How a connection begins (RFC 9113 3.4), and how frames may be cut and put together on the way.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  asks,
  expectAnswer,
  expectConnectionError,
  expectGood,
  FrameArena,
} from '../../support/frame-arena.js';
import { PREFACE, plainBlock, Setting, settingsPayload } from '../../support/frame-client.js';
import { ErrorCode, Flag, Frame, frame, number32 } from '../../support/raw-http2.js';

let arena: FrameArena;
beforeAll(async () => {
  arena = await FrameArena.start();
});
afterEach(() => arena.check());
afterAll(() => arena.close());

const SETTINGS = frame(Frame.settings, 0, 0);

describe('A connection of HTTP/2', () => {
  test('begins with SETTINGS of ours, and acknowledges those of the client', async () => {
    const client = await arena.client([Setting.maxStreams, 10]);
    await client.until('SETTINGS with ACK', () => (client.settingsAcks === 1 ? true : undefined));
    expect(client.log[0]).toMatch(/^4:0:0:/);
    expect(client.settings.get(Setting.maxStreams)).toBe(100);
    await expectGood(client);
    expect(client.settingsAcks).toBe(1);
  });

  test('serves a request that comes in one piece with the preface', async () => {
    const client = await arena.silent();
    client.expect(1);
    const headers = frame(Frame.headers, 5, 1, plainBlock(asks(client)));
    client.write(Buffer.concat([PREFACE, SETTINGS, headers]));
    await expectAnswer(client, 1);
    expect(arena.seen(client)).toEqual(['GET /a']);
  });

  test('goes on although the client never acknowledges our SETTINGS', async () => {
    const client = await arena.client();
    client.answers = false;
    await expectGood(client);
    await expectGood(client);
  });

  test.each<[string, Buffer]>([
    ['PING', frame(Frame.ping, 0, 0, Buffer.alloc(8))],
    ['WINDOW_UPDATE', frame(Frame.windowUpdate, 0, 0, number32(1))],
    ['HEADERS', frame(Frame.headers, 5, 1, plainBlock([[':method', 'GET']]))],
    ['GOAWAY', frame(Frame.goaway, 0, 0, Buffer.alloc(8))],
    ['a frame of an unknown type', frame(0x77, 0, 0, Buffer.alloc(8))],
    ['SETTINGS of a stream', frame(Frame.settings, 0, 1)],
    ['PRIORITY', frame(Frame.priority, 0, 1, Buffer.from([0, 0, 0, 0, 1]))],
  ])('ends when %s comes first instead of SETTINGS', async (_, first) => {
    const client = await arena.silent();
    client.write(Buffer.concat([PREFACE, first, SETTINGS]));
    client.open(1, asks(client));
    await client.closed();
    expect([undefined, ErrorCode.protocol]).toContain(client.goaway?.code);
    expect(arena.seen(client)).toEqual([]);
  });

  test.each([
    ['another end', 'PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n'],
    ['a header line in it', 'PRI * HTTP/2.0\r\nHost: a\r\n\r\nSM\r\n\r\n'],
    ['one byte missing', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\n'],
    ['a blank line before it', '\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['another version', 'PRI * HTTP/2.1\r\n\r\nSM\r\n\r\n'],
    ['lower case', 'pri * http/2.0\r\n\r\nsm\r\n\r\n'],
  ])('is none when the preface has %s', async (_, preface) => {
    const client = await arena.silent();
    client.write(preface);
    client.write(SETTINGS);
    client.open(1, asks(client));
    await client.closed();
    // Either version may say so: GOAWAY, or a status of HTTP/1.1.
    if (client.goaway === undefined) expect(client.text).toMatch(/^(HTTP\/1\.1 (400|505) |$)/);
    else expect(client.goaway.code).toBe(ErrorCode.protocol);
    expect(client.expect(1).status).toBe(0);
    expect(arena.seen(client)).toEqual([]);
  });

  test('takes a second preface for a frame that is too long', async () => {
    const client = await arena.client();
    client.write(PREFACE);
    await expectConnectionError(client, ErrorCode.frameSize, ErrorCode.protocol);
  });

  test('a client of HTTP/1.1 on the same port is served as ever', async () => {
    const client = await arena.silent();
    const head = `GET /${client.name}/a HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n`;
    client.write(head);
    await client.closed();
    expect(client.text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(arena.seen(client)).toEqual(['GET /a']);
  });
});

/** A whole connection: a body with padding, a request in pieces, and frames that say nothing. */
function conversation(client: Parameters<typeof asks>[0]): Buffer {
  const block = plainBlock(asks(client, '/b'));
  return Buffer.concat([
    PREFACE,
    frame(Frame.settings, 0, 0, settingsPayload([Setting.maxList, 1000])),
    frame(Frame.headers, Flag.endHeaders, 1, plainBlock(asks(client, '/echo', 'POST'))),
    frame(Frame.ping, 0, 0, Buffer.from('01234567')),
    frame(Frame.data, 8, 1, Buffer.from('\x03abc\0\0\0', 'latin1')),
    frame(Frame.headers, Flag.endStream, 3, block.subarray(0, 11)),
    frame(Frame.continuation, 0, 3),
    frame(Frame.continuation, Flag.endHeaders, 3, block.subarray(11)),
    frame(0x42, 0xff, 1, Buffer.from('unknown')),
    frame(Frame.data, 1, 1, Buffer.from('def')),
    frame(Frame.windowUpdate, 0, 3, number32(100)),
  ]);
}

async function expectConversation(client: Parameters<typeof asks>[0]): Promise<void> {
  await expectAnswer(client, 1, 'abcdef');
  await expectAnswer(client, 3);
  expect(client.pongs).toEqual(['01234567']);
  expect(arena.seen(client).sort()).toEqual(['GET /b', 'POST /echo abcdef']);
  expect(client.goaway).toBeUndefined();
  await client.close();
}

describe('Frames arrive', () => {
  test('in two pieces, cut at every byte', async () => {
    const probe = await arena.silent();
    const { length } = conversation(probe);
    await probe.close();
    for (let at = 0; at <= length; ) {
      const batch = [];
      for (; at <= length && batch.length < 40; at++) batch.push(at);
      await Promise.all(
        batch.map(async (cut) => {
          const client = await arena.silent();
          client.expect(1);
          client.expect(3);
          const bytes = conversation(client);
          await client.pieces(bytes.subarray(0, cut), bytes.subarray(cut));
          await expectConversation(client);
        }),
      );
    }
  });

  test.each([1, 2, 3, 7, 10, 1000])('in pieces of %i bytes', async (size) => {
    const client = await arena.silent();
    client.expect(1);
    client.expect(3);
    await client.drip(conversation(client), size);
    await expectConversation(client);
  });

  test('many in one piece', async () => {
    const client = await arena.client();
    const streams = Array.from({ length: 90 }, (_, i) => 2 * i + 1);
    for (const stream of streams) client.expect(stream);
    client.write(
      Buffer.concat(
        streams.flatMap((stream) => [
          frame(Frame.headers, 4, stream, plainBlock(asks(client, '/echo', 'POST'))),
          frame(Frame.data, 1, stream, Buffer.from(`body ${stream}`)),
        ]),
      ),
    );
    for (const stream of streams) await expectAnswer(client, stream, `body ${stream}`);
    await expectGood(client);
  });
});
