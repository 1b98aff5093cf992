// The layout of frames: lengths, padding, flags, reserved bits and types that nobody knows (RFC 9113 4, 5.5, 6).
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  asks,
  expectAnswer,
  expectConnectionError,
  expectGood,
  expectStreamError,
  type Fighter,
  FrameArena,
} from '../../support/frame-arena.js';
import {
  MAX_FRAME,
  PUSH_PROMISE,
  plainBlock,
  settingsPayload,
} from '../../support/frame-client.js';
import { ErrorCode, Flag, Frame, number32 } from '../../support/raw-http2.js';

let arena: FrameArena;
beforeAll(async () => {
  arena = await FrameArena.start();
});
afterEach(() => arena.check());
afterAll(() => arena.close());

const PADDED = 8;
const PRIORITY = 32;
const UNKNOWN = 0x0a;
const { data, headers, priority, rstStream, settings, ping, goaway, windowUpdate, continuation } =
  Frame;
const END = Flag.endHeaders | Flag.endStream;

/** A request of the stream 1 whose body is under way. */
async function uploading(): Promise<Fighter> {
  const client = await arena.client();
  client.open(1, asks(client, '/echo', 'POST'), false);
  return client;
}

/** Its body is finished: the member saw it whole, and nothing else. */
async function expectUpload(client: Fighter, body: string): Promise<void> {
  client.data(1, '', true);
  await expectAnswer(client, 1, body);
  expect(arena.seen(client)).toEqual([`POST /echo ${body}`.trimEnd()]);
  await expectGood(client);
  expect(client.goaway).toBeUndefined();
}

describe('Ignored is', () => {
  test.each<[string, number, number, number, Buffer]>([
    ['an unknown type on the connection', UNKNOWN, 0, 0, Buffer.from('abc')],
    ['an unknown type on an open stream', UNKNOWN, 0, 1, Buffer.from('abc')],
    ['an unknown type on an idle stream', UNKNOWN, 0, 99, Buffer.from('abc')],
    ['an unknown type on an even stream', UNKNOWN, 0, 2, Buffer.from('abc')],
    ['an unknown type with all flags', 0xff, 0xff, 1, Buffer.from('\xff\xff', 'latin1')],
    ['an unknown type without payload', 0x80, 0xff, 0, Buffer.alloc(0)],
    ['an unknown type as long as may be', UNKNOWN, 0, 1, Buffer.alloc(MAX_FRAME)],
    ['ALTSVC of a client', 0x0a, 0, 0, Buffer.from([0, 0, 0x61])],
    ['PRIORITY_UPDATE', 0x10, 0, 0, Buffer.from('\0\0\0\x01u=3', 'latin1')],
    ['unknown flags of PING', ping, 0xfe, 0, Buffer.alloc(8)],
    ['unknown flags of SETTINGS', settings, 0xfe, 0, Buffer.alloc(0)],
    ['unknown flags of WINDOW_UPDATE', windowUpdate, 0xff, 1, number32(5)],
    ['unknown flags of PRIORITY', priority, 0xff, 3, Buffer.from([0, 0, 0, 0, 9])],
    ['unknown flags of RST_STREAM', rstStream, 0xff, 3, number32(ErrorCode.cancel)],
    ['the reserved bit of a stream', windowUpdate, 0, 0x8000_0001, number32(5)],
    ['the reserved bit of the connection', ping, 0, 0x8000_0000, Buffer.alloc(8)],
    ['the reserved bit of an increment', windowUpdate, 0, 1, number32(0x8000_0005)],
    ['the exclusive bit of PRIORITY', priority, 0, 1, Buffer.from([0x80, 0, 0, 3, 255])],
    ['GOAWAY with the reserved bit and a text', goaway, 0, 0, Buffer.from('\x80\0\0\0\0\0\0\0hi')],
  ])('%s', async (name, type, flags, stream, payload) => {
    const client = await uploading();
    if (type === rstStream) {
      // A stream that may be reset.
      client.open(3, asks(client, '/wait'), false);
    }
    client.data(1, 'abc');
    client.send(type, flags, stream, payload);
    if (name.startsWith('GOAWAY')) {
      client.data(1, '', true);
      await expectAnswer(client, 1, 'abc');
      return;
    }
    await expectUpload(client, 'abc');
    expect(client.goaway).toBeUndefined();
  });

  test('a flag that means nothing to HEADERS, DATA and CONTINUATION', async () => {
    const client = await arena.client();
    client.expect(1);
    const block = plainBlock(asks(client, '/echo', 'POST'));
    client.send(headers, 0xd2, 1, block.subarray(0, 9));
    client.send(continuation, 0xfb, 1, block.subarray(9, 20));
    client.send(continuation, 0xff, 1, block.subarray(20));
    client.send(data, 0xf6, 1, Buffer.from('abc'));
    await expectUpload(client, 'abc');
  });
});

describe('Padding', () => {
  test.each<[string, Buffer, string]>([
    ['none', Buffer.from('\0abc', 'latin1'), 'abc'],
    ['some', Buffer.from('\x02abc\0\0', 'latin1'), 'abc'],
    ['as long as all that is there', Buffer.from('\x03\0\0\0', 'latin1'), ''],
    ['the most', Buffer.concat([Buffer.from('\xffabc', 'latin1'), Buffer.alloc(255)]), 'abc'],
    ['that is no zeros', Buffer.from('\x03abcxyz', 'latin1'), 'abc'],
  ])('of DATA may be %s', async (name, payload, body) => {
    const client = await uploading();
    client.send(data, PADDED, 1, payload);
    if (name.includes('no zeros')) {
      // It may be an error (RFC 9113 6.1).
      client.data(1, '', true);
      await client.until('an end', () =>
        client.isClosed || client.expect(1).hasEnded ? true : undefined,
      );
      if (client.goaway !== undefined) expect(client.goaway.code).toBe(ErrorCode.protocol);
      else expect(client.expect(1).status).toBe(200);
      return;
    }
    await expectUpload(client, body);
  });

  test.each([0, 1, 100, 255])('of HEADERS may be %i bytes', async (length) => {
    const client = await arena.client();
    client.expect(1);
    const block = plainBlock(asks(client));
    const payload = Buffer.concat([Buffer.from([length]), block, Buffer.alloc(length)]);
    client.send(headers, END | PADDED, 1, payload);
    await expectAnswer(client, 1);
    expect(arena.seen(client)).toEqual(['GET /a']);
    await expectGood(client);
  });

  test('and priority of HEADERS may stand together, also before CONTINUATION', async () => {
    const client = await arena.client();
    client.expect(1);
    const block = plainBlock(asks(client));
    const start = Buffer.from([5, 0x80, 0, 0, 0, 200]);
    client.send(
      headers,
      Flag.endStream | PADDED | PRIORITY,
      1,
      Buffer.concat([start, block.subarray(0, 10), Buffer.alloc(5, 0xff)]),
    );
    client.send(continuation, Flag.endHeaders, 1, block.subarray(10));
    await expectAnswer(client, 1);
    expect(arena.seen(client)).toEqual(['GET /a']);
    await expectGood(client);
  });

  test.each<[string, number, number, Buffer]>([
    ['DATA: longer than the frame', data, PADDED, Buffer.from('\x04abc', 'latin1')],
    ['DATA: with its own length as long as the frame', data, PADDED, Buffer.from('\x03ab')],
    ['DATA: the most, of nothing', data, PADDED, Buffer.from([255])],
    ['HEADERS: longer than the frame', headers, END | PADDED, Buffer.from([9, 0x82, 0x86])],
    [
      'HEADERS: into the priority',
      headers,
      END | PADDED | PRIORITY,
      Buffer.from([4, 0, 0, 0, 0, 15, 0x82, 0x86, 0x84]),
    ],
  ])('that does not fit is an error of the connection: %s', async (_, type, flags, payload) => {
    const client = await uploading();
    client.send(type, flags, type === data ? 1 : 3, payload);
    await expectConnectionError(client, ErrorCode.protocol, ErrorCode.frameSize);
    expect(arena.seen(client)).toEqual([]);
  });
});

describe('The length of a frame', () => {
  test.each([
    ['DATA', data, 0, 1],
    ['an unknown type', UNKNOWN, 0, 0],
  ])('may be 16,384: %s', async (_, type, flags, stream) => {
    const client = await uploading();
    client.send(type, flags, stream, Buffer.alloc(MAX_FRAME, 'x'));
    await expectUpload(client, type === data ? 'x'.repeat(MAX_FRAME) : '');
  });

  test('may be 16,384: HEADERS', async () => {
    const client = await arena.client();
    client.expect(1);
    const block = plainBlock(asks(client));
    const rest = MAX_FRAME - block.length - 1;
    const padding = Buffer.alloc(255);
    const filler = plainBlock([['x-filler', 'f'.repeat(rest - padding.length - 13)]]);
    const payload = Buffer.concat([Buffer.from([255]), block, filler, padding]);
    expect(payload.length).toBeLessThanOrEqual(MAX_FRAME);
    client.send(headers, END | PADDED, 1, payload);
    const { status } = await client.ended(1);
    // Longer than limits.headerBytes allow, maybe; the frame itself is none too long.
    expect([200, 431]).toContain(status);
    await expectGood(client);
  });

  test.each<[string, number, number, number]>([
    ['DATA', data, 0, 1],
    ['HEADERS', headers, END, 3],
    ['SETTINGS', settings, 0, 0],
    ['PING', ping, 0, 0],
    ['GOAWAY', goaway, 0, 0],
    ['PRIORITY', priority, 0, 1],
    ['RST_STREAM', rstStream, 0, 1],
    ['WINDOW_UPDATE', windowUpdate, 0, 1],
    ['PUSH_PROMISE', PUSH_PROMISE, 4, 1],
    ['CONTINUATION', continuation, 4, 1],
    ['an unknown type', UNKNOWN, 0, 0],
  ])('is an error beyond 16,384: %s', async (name, type, flags, stream) => {
    const client = await uploading();
    if (stream === 3) client.expect(3);
    client.send(type, flags, stream, Buffer.alloc(MAX_FRAME + 2));
    const codes: number[] = [ErrorCode.frameSize];
    // What may not come at all may be said first.
    if (/PUSH|CONT/.test(name)) codes.push(ErrorCode.protocol);
    if (/DATA|PRIORITY|RST|an unknown/.test(name))
      await expectStreamError(client, stream, ...codes);
    else await expectConnectionError(client, ...codes);
    expect(arena.seen(client)).toEqual([]);
  });

  test('is an error as soon as it is said: the payload need not come', async () => {
    const client = await uploading();
    client.write(Buffer.from([0xff, 0xff, 0xff, headers, END, 0, 0, 0, 3]));
    await client.closed();
    expect(client.goaway?.code).toBe(ErrorCode.frameSize);
  });

  const EMPTY = Buffer.alloc(0);
  test.each<[string, number, number, number, Buffer]>([
    ['PING of 7 bytes', ping, 0, 0, Buffer.alloc(7)],
    ['PING of 9 bytes', ping, 0, 0, Buffer.alloc(9)],
    ['PING of nothing', ping, 0, 0, EMPTY],
    ['PING with ACK of 4 bytes', ping, 1, 0, Buffer.alloc(4)],
    ['SETTINGS of 5 bytes', settings, 0, 0, Buffer.alloc(5)],
    ['SETTINGS of 7 bytes', settings, 0, 0, Buffer.alloc(7)],
    ['SETTINGS with ACK of 6 bytes', settings, 1, 0, settingsPayload([3, 100])],
    ['SETTINGS with ACK of 1 byte', settings, 1, 0, Buffer.alloc(1)],
    ['RST_STREAM of 3 bytes', rstStream, 0, 1, Buffer.alloc(3)],
    ['RST_STREAM of 5 bytes', rstStream, 0, 1, Buffer.alloc(5)],
    ['RST_STREAM of nothing', rstStream, 0, 1, EMPTY],
    ['WINDOW_UPDATE of 3 bytes', windowUpdate, 0, 0, Buffer.alloc(3, 1)],
    ['WINDOW_UPDATE of 5 bytes', windowUpdate, 0, 0, Buffer.alloc(5, 1)],
    ['WINDOW_UPDATE of a stream of 3 bytes', windowUpdate, 0, 1, Buffer.alloc(3, 1)],
    ['WINDOW_UPDATE of a stream of nothing', windowUpdate, 0, 1, EMPTY],
    ['GOAWAY of 7 bytes', goaway, 0, 0, Buffer.alloc(7)],
    ['GOAWAY of nothing', goaway, 0, 0, EMPTY],
    ['HEADERS with priority of 4 bytes', headers, END | PRIORITY, 3, Buffer.alloc(4)],
    ['HEADERS with padding of nothing', headers, END | PADDED, 3, EMPTY],
    ['DATA with padding of nothing', data, PADDED, 1, EMPTY],
  ])('is an error of the connection: %s', async (name, type, flags, stream, payload) => {
    const client = await uploading();
    client.send(type, flags, stream, payload);
    // A frame without room for what its flags promise is either too short or malformed.
    const codes = /HEADERS|DATA/.test(name) ? [ErrorCode.protocol] : [];
    await expectConnectionError(client, ErrorCode.frameSize, ...codes);
    expect(arena.seen(client)).toEqual([]);
  });

  test.each([4, 6, 0])('is an error of the stream: PRIORITY of %i bytes', async (length) => {
    const client = await uploading();
    client.send(priority, 0, 1, Buffer.alloc(length));
    await expectStreamError(client, 1, ErrorCode.frameSize);
    expect(arena.seen(client)).toEqual([]);
  });
});
