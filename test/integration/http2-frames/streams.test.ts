// Which frame may come on which stream, and when (RFC 9113 5.1, 6).
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
import { PUSH_PROMISE, plainBlock, Setting, settingsPayload } from '../../support/frame-client.js';
import { ErrorCode, Flag, Frame, frame, number32 } from '../../support/raw-http2.js';

let arena: FrameArena;
beforeAll(async () => {
  arena = await FrameArena.start();
});
afterEach(() => arena.check());
afterAll(() => arena.close());

const { data, headers, priority, rstStream, settings, ping, goaway, windowUpdate, continuation } =
  Frame;
const END = Flag.endHeaders | Flag.endStream;
const X = Buffer.from('x');
const DEPENDS = Buffer.from([0, 0, 0, 0, 15]);

/** Payload of a sound request whose path must never be seen. */
function evil(client: Fighter): Buffer {
  return plainBlock(asks(client, '/evil'));
}

describe('An error of the connection is', () => {
  test.each<[string, number, number, number, Buffer | 'evil']>([
    ['DATA on stream 0', data, 0, 0, X],
    ['HEADERS on stream 0', headers, END, 0, 'evil'],
    ['PRIORITY on stream 0', priority, 0, 0, DEPENDS],
    ['RST_STREAM on stream 0', rstStream, 0, 0, number32(8)],
    ['SETTINGS on a stream', settings, 0, 1, settingsPayload([3, 1])],
    ['SETTINGS with ACK on a stream', settings, 1, 1, Buffer.alloc(0)],
    ['PUSH_PROMISE on a stream', PUSH_PROMISE, 4, 1, Buffer.concat([number32(2), X])],
    ['PUSH_PROMISE on stream 0', PUSH_PROMISE, 4, 0, Buffer.concat([number32(2), X])],
    ['PING on a stream', ping, 0, 1, Buffer.alloc(8)],
    ['PING with ACK on a stream', ping, 1, 1, Buffer.alloc(8)],
    ['GOAWAY on a stream', goaway, 0, 1, Buffer.alloc(8)],
    ['CONTINUATION on stream 0', continuation, 4, 0, 'evil'],
    ['CONTINUATION on an open stream', continuation, 4, 1, 'evil'],
    ['CONTINUATION on an idle stream', continuation, 4, 99, 'evil'],
    ['DATA on an idle stream', data, 1, 99, X],
    ['DATA on an even stream', data, 1, 2, X],
    ['HEADERS on an even stream', headers, END, 2, 'evil'],
    ['RST_STREAM on an idle stream', rstStream, 0, 99, number32(8)],
    ['RST_STREAM on an even stream', rstStream, 0, 2, number32(8)],
    ['WINDOW_UPDATE on an idle stream', windowUpdate, 0, 99, number32(1)],
    ['WINDOW_UPDATE on an even stream', windowUpdate, 0, 2, number32(1)],
  ])('%s', async (_, type, flags, stream, payload) => {
    const client = await arena.client();
    client.open(1, asks(client, '/echo', 'POST'), false);
    client.send(type, flags, stream, payload === 'evil' ? evil(client) : payload);
    await expectConnectionError(client, ErrorCode.protocol);
    expect(arena.seen(client)).toEqual([]);
    expect(client.goaway?.last).toBeLessThanOrEqual(1);
  });

  test.each([1, 3])('HEADERS of stream 7 behind 9, after %i streams more', async (count) => {
    const client = await arena.client();
    for (let i = 0; i < count; i++) {
      client.open(9 + 2 * i, asks(client, `/${i}`));
      await expectAnswer(client, 9 + 2 * i);
    }
    client.send(headers, END, 7, evil(client));
    await expectConnectionError(client, ErrorCode.protocol, ErrorCode.streamClosed);
    expect(arena.seen(client)).not.toContain('GET /evil');
  });
});

describe('On a stream whose request has ended', () => {
  test.each<[string, number, number, Buffer | 'evil']>([
    ['DATA', data, 0, X],
    ['DATA that ends it again', data, 1, X],
    ['DATA without data', data, 1, Buffer.alloc(0)],
    ['HEADERS', headers, END, 'evil'],
    ['HEADERS that do not end it', headers, Flag.endHeaders, 'evil'],
  ])('%s is an error of the stream', async (_, type, flags, payload) => {
    const client = await arena.client();
    client.open(1, asks(client, '/wait'));
    client.send(type, flags, 1, payload === 'evil' ? evil(client) : payload);
    await expectStreamError(client, 1, ErrorCode.streamClosed);
    expect(arena.seen(client)).not.toContain('GET /evil');
  });

  test('CONTINUATION is an error of the connection', async () => {
    const client = await arena.client();
    client.open(1, asks(client, '/wait'));
    client.send(continuation, 4, 1, evil(client));
    await expectConnectionError(client, ErrorCode.protocol, ErrorCode.streamClosed);
  });

  test('WINDOW_UPDATE and PRIORITY are well', async () => {
    const client = await arena.client();
    client.open(1, asks(client, '/wait'));
    client.grant(1, 1000);
    client.send(priority, 0, 1, Buffer.from([0, 0, 0, 3, 1]));
    await arena.release(client, '/wait');
    await expectAnswer(client, 1, 'released');
    await expectGood(client);
  });

  test('RST_STREAM is the end', async () => {
    const client = await arena.client();
    client.open(1, asks(client, '/wait'));
    client.open(3, asks(client, '/a'));
    await expectAnswer(client, 3);
    client.reset(1, ErrorCode.cancel);
    await expectGood(client);
    const { status, reset } = client.expect(1);
    expect({ status, reset }).toEqual({ status: 0, reset: undefined });
  });
});

/** Closed in three ways: answered, reset by the client, reset by us. */
const CLOSINGS: Readonly<Record<string, (client: Fighter) => Promise<void>>> = {
  'that was answered': async (client) => {
    client.open(1, asks(client, '/first'));
    await expectAnswer(client, 1);
  },
  'that the client has reset': async (client) => {
    client.open(1, asks(client, '/wait', 'POST'), false);
    client.reset(1, ErrorCode.cancel);
    await client.ping();
  },
  'that we have reset': async (client) => {
    client.open(1, asks(client, '/echo', 'POST'), false);
    client.send(windowUpdate, 0, 1, number32(0));
    const { reset } = await client.ended(1);
    expect(reset).toBe(ErrorCode.protocol);
  },
};

describe.each(Object.entries(CLOSINGS))('On a stream %s', (_, close) => {
  test.each<[string, number, number, Buffer | 'evil']>([
    ['DATA', data, 0, X],
    ['DATA that ends', data, 1, X],
    ['HEADERS', headers, END, 'evil'],
  ])('%s has no effect, or is an error', async (_, type, flags, payload) => {
    const client = await arena.client();
    await close(client);
    client.send(type, flags, 1, payload === 'evil' ? evil(client) : payload);
    const probe = client.probe;
    client.open(probe, asks(client, '/probe'));
    await client.until('an end', () =>
      client.isClosed || client.expect(probe).hasEnded ? true : undefined,
    );
    // RFC 9113 5.1: ignored, STREAM_CLOSED of either kind; HEADERS may also count as an unexpected stream.
    if (client.goaway !== undefined) {
      const codes = type === headers ? [ErrorCode.protocol] : [];
      expect([ErrorCode.streamClosed, ...codes]).toContain(client.goaway.code);
    } else expect(client.expect(probe).status).toBe(200);
    expect(arena.seen(client)).not.toContain('GET /evil');
  });

  test.each<[string, number, Buffer]>([
    ['WINDOW_UPDATE', windowUpdate, number32(1)],
    ['RST_STREAM', rstStream, number32(ErrorCode.cancel)],
    ['PRIORITY', priority, DEPENDS],
  ])('%s is well', async (_, type, payload) => {
    const client = await arena.client();
    await close(client);
    client.send(type, 0, 1, payload);
    await expectGood(client);
    await expectGood(client);
    expect(client.goaway).toBeUndefined();
  });
});

describe('PRIORITY', () => {
  test.each([1, 2, 3, 98, 99, 0x7fff_ffff])('is well on stream %i', async (stream) => {
    const client = await arena.client();
    client.open(1, asks(client, '/wait'));
    client.send(priority, 0, stream, Buffer.from([0x80, 0, 0, 0, 255]));
    client.send(priority, 0, stream, Buffer.from([0, 0, 0, 77, 0]));
    await arena.release(client, '/wait');
    await expectAnswer(client, 1, 'released');
    await expectGood(client);
  });

  test('of a stream under itself is an error of the stream, or nothing', async () => {
    const client = await arena.client();
    client.open(1, asks(client, '/echo', 'POST'), false);
    client.send(priority, 0, 1, Buffer.from([0, 0, 0, 1, 15]));
    client.data(1, 'abc', true);
    const probe = client.probe;
    client.open(probe, asks(client, '/probe'));
    await client.until('an end', () =>
      client.isClosed || client.expect(probe).hasEnded ? true : undefined,
    );
    const { reset, status } = client.expect(1);
    if (client.goaway !== undefined) expect(client.goaway.code).toBe(ErrorCode.protocol);
    else if (reset !== undefined) expect(reset).toBe(ErrorCode.protocol);
    else expect((await client.ended(1)).status + status).toBeGreaterThanOrEqual(200);
  });

  test('in HEADERS is read over, also that of a stream under itself', async () => {
    for (const under of [0, 1, 3, 0x7fff_ffff]) {
      const client = await arena.client();
      client.expect(1);
      const depends = Buffer.concat([number32(under), Buffer.from([200])]);
      const block = Buffer.concat([depends, plainBlock(asks(client))]);
      client.send(headers, END | 32, 1, block);
      await client.until('an end', () => {
        const { hasEnded, reset } = client.expect(1);
        return client.isClosed || hasEnded || reset !== undefined ? true : undefined;
      });
      if (under !== 1) expect(client.expect(1).status).toBe(200);
      // RFC 7540 5.3.1 made it an error of the stream; RFC 9113 has no such rule any more.
      else expect([ErrorCode.protocol, undefined]).toContain(client.expect(1).reset);
      await client.close();
    }
  });
});

describe('Streams', () => {
  test('may leave out as many ids as they like, up to the last of all', async () => {
    const client = await arena.client();
    for (const stream of [5, 101, 70_001, 0x7fff_ffff]) {
      client.open(stream, asks(client, `/${stream}`));
      await expectAnswer(client, stream);
    }
    expect(arena.seen(client)).toEqual(['GET /5', 'GET /101', 'GET /70001', 'GET /2147483647']);
    await client.ping();
  });

  test('those with lower ids that were left out are closed', async () => {
    const client = await arena.client();
    client.open(5, asks(client));
    await expectAnswer(client, 5);
    client.send(data, 1, 3, X);
    const probe = client.probe;
    client.open(probe, asks(client, '/probe'));
    await client.until('an end', () =>
      client.isClosed || client.expect(probe).hasEnded ? true : undefined,
    );
    if (client.goaway !== undefined) {
      expect([ErrorCode.streamClosed, ErrorCode.protocol]).toContain(client.goaway.code);
    }
  });

  test('beyond the most are refused, and never reach a member', async () => {
    const client = await arena.client();
    const most = 100;
    for (let i = 0; i < most; i++) client.open(2 * i + 1, asks(client, `/wait${i}`));
    // The limit holds for those who have acknowledged it.
    await client.ping();
    client.open(2 * most + 1, asks(client, '/evil'));
    const over = client.expect(2 * most + 1);
    await client.until('an end', () =>
      client.isClosed || over.reset !== undefined ? true : undefined,
    );
    expect(arena.seen(client)).not.toContain('GET /evil');
    if (client.isClosed) {
      expect([ErrorCode.protocol, ErrorCode.refused]).toContain(client.goaway?.code);
      return;
    }
    expect([ErrorCode.refused, ErrorCode.protocol]).toContain(over.reset);
    for (let i = 0; i < most; i++) await arena.release(client, `/wait${i}`);
    for (let i = 0; i < most; i++) await expectAnswer(client, 2 * i + 1, 'released');
    await expectGood(client);
  });

  test('that are reset make room for others', async () => {
    const client = await arena.client();
    for (let i = 0; i < 100; i++) client.open(2 * i + 1, asks(client, `/wait${i}`));
    for (let i = 0; i < 20; i++) client.reset(2 * i + 1, ErrorCode.cancel);
    for (let i = 0; i < 20; i++) client.open(2 * i + 1001, asks(client, '/a'));
    for (let i = 0; i < 20; i++) await expectAnswer(client, 2 * i + 1001);
  });

  test('are told the limit, and hold at any time', async () => {
    const client = await arena.client();
    await expectGood(client);
    expect(client.settings.get(Setting.maxStreams)).toBe(100);
    const waves = Array.from({ length: 5 }, (_, i) => 1 + 200 * i);
    for (const first of waves) {
      client.probe = 0x20001;
      for (let i = 0; i < 100; i++) client.expect(first + 2 * i + 0x20000);
      client.write(
        Buffer.concat(
          Array.from({ length: 100 }, (_, i) =>
            frame(headers, END, first + 2 * i + 0x20000, plainBlock(asks(client, `/${i}`))),
          ),
        ),
      );
      for (let i = 0; i < 100; i++) await expectAnswer(client, first + 2 * i + 0x20000);
    }
    expect(arena.seen(client).length).toBe(500);
  });
});
