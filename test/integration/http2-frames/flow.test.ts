// Flow control (RFC 9113 5.2, 6.9): never a byte more than was given, never a byte kept back that was.
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
import { MAX_WINDOW, Setting, WINDOW } from '../../support/frame-client.js';
import { ErrorCode, Frame, frame, number32 } from '../../support/raw-http2.js';

let arena: FrameArena;
beforeAll(async () => {
  arena = await FrameArena.start();
});
afterEach(() => arena.check());
afterAll(() => arena.close());

const { initialWindow } = Setting;

/** A stream has brought so many bytes, and no more: what comes behind PING would have come before it. */
async function expectBytes(client: Fighter, stream: number, bytes: number): Promise<void> {
  await client.until(`${bytes} bytes of ${stream}`, () =>
    client.expect(stream).bodyBytes >= bytes ? true : undefined,
  );
  await client.ping();
  await client.ping();
  expect(client.expect(stream).bodyBytes).toBe(bytes);
}

async function expectHead(client: Fighter, stream: number): Promise<void> {
  await client.until('the head', () => (client.expect(stream).status === 200 ? true : undefined));
}

describe('An answer', () => {
  test('waits at a window of 0, and goes on exactly by what is given', async () => {
    const client = await arena.client([initialWindow, 0]);
    client.grants = false;
    client.open(1, asks(client, '/big/100000'));
    await expectHead(client, 1);
    await expectBytes(client, 1, 0);
    let total = 0;
    for (const by of [1, 1, 7, 16_384, 1, 40_000]) {
      client.grant(1, by);
      total += by;
      await expectBytes(client, 1, total);
    }
    client.grant(0, 50_000);
    client.grant(1, 50_000);
    await expectAnswer(client, 1, 'b'.repeat(100_000));
    await expectGood(client);
  });

  test('waits at the window of the connection, too', async () => {
    const client = await arena.client([initialWindow, 1_000_000]);
    client.grants = false;
    client.open(1, asks(client, '/big/200000'));
    await expectBytes(client, 1, WINDOW);
    client.grant(0, 1);
    await expectBytes(client, 1, WINDOW + 1);
    client.grant(1, 100_000);
    await expectBytes(client, 1, WINDOW + 1);
    client.grant(0, 200_000);
    await expectAnswer(client, 1, 'b'.repeat(200_000));
  });

  test('shares the window of the connection with the others: all come in the end', async () => {
    const client = await arena.client([initialWindow, 1_000_000]);
    client.grants = false;
    const streams = Array.from({ length: 10 }, (_, i) => 2 * i + 1);
    for (const stream of streams) client.open(stream, asks(client, `/big/50000/${stream}`));
    const sum = (): number =>
      streams.reduce((all, stream) => all + client.expect(stream).bodyBytes, 0);
    await client.until('a window full', () => (sum() === WINDOW ? true : undefined));
    for (let at = WINDOW; at < 500_000; at = sum()) {
      const by = Math.min(30_000, 500_000 - at);
      client.grant(0, by);
      await client.until('what was given', () => (sum() === at + by ? true : undefined));
    }
    for (const stream of streams) await expectAnswer(client, stream, 'b'.repeat(50_000));
  });

  test('without a body needs no window', async () => {
    const client = await arena.client([initialWindow, 0]);
    client.open(1, asks(client, '/a', 'HEAD'));
    expect((await client.ended(1)).status).toBe(200);
    client.open(3, asks(client, '/big/0'));
    expect((await client.ended(3)).status).toBe(200);
  });

  test('that waits lets others pass by', async () => {
    const client = await arena.client([initialWindow, 0]);
    client.open(1, asks(client, '/big/100'));
    await expectHead(client, 1);
    for (const stream of [3, 5, 7]) {
      client.open(stream, asks(client, '/big/20'));
      client.grant(stream, 20);
      await expectAnswer(client, stream, 'b'.repeat(20));
    }
    expect(client.expect(1).bodyBytes).toBe(0);
    client.grant(1, 100);
    await expectAnswer(client, 1, 'b'.repeat(100));
  });

  test('goes on when INITIAL_WINDOW_SIZE grows in the middle', async () => {
    const client = await arena.client([initialWindow, 10]);
    client.grants = false;
    client.open(1, asks(client, '/big/1000'));
    await expectBytes(client, 1, 10);
    client.sendSettings([initialWindow, 300]);
    await expectBytes(client, 1, 300);
    client.grant(1, 200);
    await expectBytes(client, 1, 500);
    client.sendSettings([initialWindow, 2000]);
    await expectAnswer(client, 1, 'b'.repeat(1000));
  });

  test('waits for a window that has become negative to be positive again', async () => {
    const client = await arena.client([initialWindow, 1000]);
    client.grants = false;
    client.open(1, asks(client, '/big/3000'));
    await expectBytes(client, 1, 1000);
    // 1000 are used of 100: -900.
    client.sendSettings([initialWindow, 100]);
    await client.until('ACK', () => (client.settingsAcks === 2 ? true : undefined));
    client.grant(1, 900);
    await expectBytes(client, 1, 1000);
    client.grant(1, 1);
    await expectBytes(client, 1, 1001);
    client.sendSettings([initialWindow, 0]);
    await client.until('ACK', () => (client.settingsAcks === 3 ? true : undefined));
    client.grant(1, 100);
    await expectBytes(client, 1, 1001);
    client.sendSettings([initialWindow, 50]);
    await expectBytes(client, 1, 1051);
    client.grant(1, 5000);
    await expectAnswer(client, 1, 'b'.repeat(3000));
  });

  test('takes a change of INITIAL_WINDOW_SIZE for streams that come later, too', async () => {
    const client = await arena.client([initialWindow, 5]);
    client.grants = false;
    client.sendSettings([initialWindow, 8]);
    client.open(1, asks(client, '/big/100'));
    await expectBytes(client, 1, 8);
    client.sendSettings([initialWindow, 3]);
    client.open(3, asks(client, '/big/100/2'));
    await expectBytes(client, 3, 3);
    expect(client.expect(1).bodyBytes).toBe(8);
  });

  test('is not touched by INITIAL_WINDOW_SIZE where the connection is meant', async () => {
    const client = await arena.client([initialWindow, 0]);
    client.grants = false;
    client.sendSettings([initialWindow, 500_000]);
    client.open(1, asks(client, '/big/100000'));
    await expectBytes(client, 1, WINDOW);
  });

  test('that is reset gives up, and the window of the connection goes on with others', async () => {
    const client = await arena.client([initialWindow, 1_000_000]);
    client.grants = false;
    client.open(1, asks(client, '/big/300000'));
    await expectBytes(client, 1, WINDOW);
    client.reset(1, ErrorCode.cancel);
    await client.ping();
    client.grant(0, 100_000);
    client.open(3, asks(client, '/big/100000'));
    await expectAnswer(client, 3, 'b'.repeat(100_000));
    expect(client.expect(1).bodyBytes).toBe(WINDOW);
  });

  test('fills frames of 16,384 bytes at most, whatever the client takes', async () => {
    const client = await arena.client([initialWindow, 1_000_000], [Setting.maxFrame, 16_384]);
    client.grant(0, 1_000_000);
    client.open(1, asks(client, '/big/300000'));
    await expectAnswer(client, 1, 'b'.repeat(300_000));
    const sizes = client.log
      .filter((line) => line.startsWith('0:'))
      .map((l) => Number(l.split(':')[3]));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(16_384);
  });
});

describe('WINDOW_UPDATE', () => {
  test('by 0 on the connection is its error', async () => {
    const client = await arena.client();
    client.open(1, asks(client, '/wait'));
    client.send(Frame.windowUpdate, 0, 0, number32(0));
    await expectConnectionError(client, ErrorCode.protocol);
  });

  test.each([0, 0x8000_0000])('by %i on a stream is an error of that', async (by) => {
    const client = await arena.client();
    client.open(1, asks(client, '/echo', 'POST'), false);
    client.send(Frame.windowUpdate, 0, 1, number32(by));
    await expectStreamError(client, 1, ErrorCode.protocol);
    expect(arena.seen(client)).toEqual([]);
  });

  test('beyond 2^31-1 on the connection is its error', async () => {
    const client = await arena.client();
    client.send(Frame.windowUpdate, 0, 0, number32(MAX_WINDOW - WINDOW + 1));
    await expectConnectionError(client, ErrorCode.flowControl);
  });

  test('beyond 2^31-1 on a stream is an error of that', async () => {
    const client = await arena.client();
    client.open(1, asks(client, '/wait'));
    client.send(Frame.windowUpdate, 0, 1, number32(MAX_WINDOW - WINDOW + 1));
    await expectStreamError(client, 1, ErrorCode.flowControl);
  });

  test('up to 2^31-1 is well on both, in one step and in many', async () => {
    const client = await arena.client();
    client.open(1, asks(client, '/wait'));
    client.grants = false;
    client.grant(0, MAX_WINDOW - WINDOW);
    for (let i = 0; i < 10; i++) client.grant(1, 10);
    client.grant(1, MAX_WINDOW - WINDOW - 100);
    await arena.release(client, '/wait');
    await expectAnswer(client, 1, 'released');
    await expectGood(client);
  });

  test('of SETTINGS beyond 2^31-1 on an open stream is an error of the connection', async () => {
    const client = await arena.client();
    client.grants = false;
    client.open(1, asks(client, '/wait'));
    client.grant(1, 100_000);
    client.sendSettings([initialWindow, MAX_WINDOW]);
    await expectConnectionError(client, ErrorCode.flowControl);
  });

  test('that comes for an answer that is over is nothing', async () => {
    const client = await arena.client();
    for (let stream = 1; stream < 60; stream += 2) {
      client.open(stream, asks(client));
      await expectAnswer(client, stream);
      client.send(Frame.windowUpdate, 0, stream, number32(1000));
    }
    await expectGood(client);
  });
});

describe('The body of a request', () => {
  test.each([
    ['100 KB', 100_000],
    ['1 MB', 1_000_000],
  ])('of %s gets its windows back as it is taken', async (_, bytes) => {
    const client = await arena.client();
    client.open(1, asks(client, '/echo', 'POST', ['content-length', String(bytes)]), false);
    await client.upload(1, bytes);
    await expectAnswer(client, 1, 'u'.repeat(bytes));
    expect(arena.request(client, '/echo').body.length).toBe(bytes);
    await expectGood(client);
  });

  test('of several streams at once, without a length', async () => {
    const client = await arena.client();
    const streams = [1, 3, 5, 7];
    for (const stream of streams)
      client.open(stream, asks(client, `/echo/${stream}`, 'PUT'), false);
    await Promise.all(streams.map((stream) => client.upload(stream, 150_000)));
    for (const stream of streams) await expectAnswer(client, stream, 'u'.repeat(150_000));
  });

  test('counts whole with its padding, and the window comes back whole', async () => {
    const client = await arena.client();
    client.open(1, asks(client, '/echo', 'POST'), false);
    const padded = Buffer.concat([Buffer.from([255]), Buffer.from('x'), Buffer.alloc(255)]);
    const count = 1500;
    const room = (): number => {
      const initial = client.settings.get(initialWindow) ?? WINDOW;
      return Math.min(client.room.get(0)!, client.room.get(1) ?? initial);
    };
    await client.until('SETTINGS', () => (client.settings.size > 0 ? true : undefined));
    for (let i = 0; i < count; i++) {
      await client.until('room', () => (room() >= padded.length ? true : undefined));
      for (const id of [0, 1]) {
        const initial = client.settings.get(initialWindow) ?? WINDOW;
        client.room.set(id, (client.room.get(id) ?? initial) - padded.length);
      }
      client.send(Frame.data, 8, 1, padded);
    }
    client.data(1, '', true);
    await expectAnswer(client, 1, 'x'.repeat(count));
    await expectGood(client);
  });

  test.each([
    ['is answered before its end', (client: Fighter) => asks(client, '/a', 'CONNECT')],
    ['is malformed', (client: Fighter) => asks(client, '/a', 'POST', ['connection', 'x'])],
  ])('that is dropped gives its window back: the request %s', async (_, fields) => {
    const client = await arena.client();
    for (let stream = 1; stream < 60; stream += 2) {
      client.open(stream, fields(client), false);
      // What is under way when the answer comes: more than the window of the connection in all.
      client.write(frame(Frame.data, 1, stream, Buffer.alloc(5000)));
      client.room.set(0, client.room.get(0)! - 5000);
      await client.until('an end', () => {
        const { hasEnded, reset } = client.expect(stream);
        return hasEnded || reset !== undefined ? true : undefined;
      });
    }
    client.open(101, asks(client, '/echo', 'POST'), false);
    await client.upload(101, 200_000);
    await expectAnswer(client, 101, 'u'.repeat(200_000));
    expect(arena.seen(client).length).toBe(1);
  });

  test('that the client gives up gives its window back', async () => {
    const client = await arena.client();
    for (let stream = 1; stream < 80; stream += 4) {
      client.open(stream, asks(client, '/echo', 'POST'), false);
      await client.upload(stream, 10_000, false);
      client.reset(stream, ErrorCode.cancel);
      client.open(stream + 2, asks(client));
      await expectAnswer(client, stream + 2);
    }
    client.open(201, asks(client, '/echo', 'POST'), false);
    await client.upload(201, 200_000);
    await expectAnswer(client, 201, 'u'.repeat(200_000));
  });

  test('beyond the window of the stream is an error of that, and its last byte is none', async () => {
    const busy = await FrameArena.start({}, 1);
    try {
      const blocker = await busy.client();
      blocker.open(1, asks(blocker, '/wait'));
      await busy.member.sees(1);
      // Nobody takes the bodies of those who wait in the queue.
      const client = await busy.client();
      for (const stream of [1, 3]) client.open(stream, asks(client, '/echo', 'POST'), false);
      await client.until('SETTINGS', () => (client.settings.size > 0 ? true : undefined));
      const window = client.settings.get(initialWindow) ?? WINDOW;
      await client.upload(1, window, false);
      await client.upload(3, window, false);
      await client.ping();
      expect(client.expect(1).reset ?? client.goaway).toBeUndefined();
      client.data(1, 'x');
      const { reset } = await client.ended(1);
      expect(reset).toBe(ErrorCode.flowControl);
      await busy.release(blocker, '/wait');
      client.data(3, '', true);
      await expectAnswer(client, 3, 'u'.repeat(window));
      await expectGood(client);
      expect(busy.seen(client).length).toBe(1);
      busy.check();
    } finally {
      await busy.close();
    }
  });
});
