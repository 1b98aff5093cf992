// Floods of frames: they are absorbed in bounded memory or cut off, and nobody else notices.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  asks,
  expectAnswer,
  expectGood,
  type Fighter,
  FrameArena,
} from '../../support/frame-arena.js';
import { plainBlock, settingsPayload } from '../../support/frame-client.js';
import { ErrorCode, Flag, Frame, frame, number32 } from '../../support/raw-http2.js';

let arena: FrameArena;
beforeAll(async () => {
  arena = await FrameArena.start();
});
afterEach(() => arena.check());
afterAll(() => arena.close());

const { data, headers, priority, rstStream, settings, ping, windowUpdate } = Frame;
const END = Flag.endHeaders | Flag.endStream;
/** What the process may hold more than before: the frontend, the client and what they have read are all in it. */
const MEMORY = 400_000_000;

/** Whoever was there before, with an open request, and who comes after, are served. */
async function expectOthers(other: Fighter): Promise<void> {
  await expectGood(other);
  other.data(1, 'still here', true);
  await expectAnswer(other, 1, 'still here');
  await expectGood(await arena.client());
}

/** Sends `bytes` until the connection is over, or `most` times. @returns whether it was cut off */
async function flood(client: Fighter, bytes: Buffer, most: number): Promise<boolean> {
  const each = Math.max(1, Math.floor(50_000 / bytes.length));
  const piece = Buffer.concat(Array.from({ length: each }, () => bytes));
  for (let sent = 0; sent < most && !client.isClosed; sent += each) {
    // Not more than leaves: what piles up here would be memory of ours.
    if (client.socket.destroyed || !client.socket.writable) break;
    if (client.socket.write(piece)) await new Promise((resolve) => setImmediate(resolve));
    else {
      await Promise.race([
        new Promise((resolve) => client.socket.once('drain', resolve)),
        client.closed(),
      ]);
    }
  }
  return client.isClosed;
}

describe('A flood of', () => {
  test.each<[string, Buffer, number]>([
    ['PING', frame(ping, 0, 0, Buffer.alloc(8)), 300_000],
    ['PING with ACK', frame(ping, 1, 0, Buffer.alloc(8)), 300_000],
    ['SETTINGS', frame(settings, 0, 0), 300_000],
    ['SETTINGS with values', frame(settings, 0, 0, settingsPayload([4, 70_000], [1, 0])), 200_000],
    ['long SETTINGS', frame(settings, 0, 0, Buffer.alloc(16_380)), 3000],
    ['SETTINGS with ACK', frame(settings, 1, 0), 300_000],
    ['PRIORITY', frame(priority, 0, 3, Buffer.from([0, 0, 0, 0, 9])), 300_000],
    ['WINDOW_UPDATE', frame(windowUpdate, 0, 0, number32(1)), 300_000],
    ['WINDOW_UPDATE of a stream', frame(windowUpdate, 0, 1, number32(1)), 300_000],
    ['empty DATA', frame(data, 0, 1), 300_000],
    ['DATA of padding', frame(data, 8, 1, Buffer.from([0])), 300_000],
    ['unknown frames', frame(0x42, 0, 0), 300_000],
    ['long unknown frames', frame(0x42, 0, 1, Buffer.alloc(16_000)), 5000],
    ['RST_STREAM of a stream that is over', frame(rstStream, 0, 1, number32(8)), 300_000],
  ])('%s', async (name, bytes, most) => {
    const other = await arena.client();
    other.open(1, asks(other, '/echo', 'POST'), false);
    const before = process.memoryUsage().rss;
    const client = await arena.client();
    client.answers = false;
    client.log.length = 0;
    client.open(1, asks(client, '/echo', 'POST'), false);
    if (name.startsWith('RST')) client.reset(1, ErrorCode.cancel);
    const isCut = await flood(client, bytes, most);
    expect(process.memoryUsage().rss - before).toBeLessThan(MEMORY);
    if (isCut && client.goaway !== undefined) expect(client.goaway.code).not.toBe(ErrorCode.none);
    else if (!client.isClosed) await Promise.race([expectGood(client), client.closed()]);
    expect(arena.seen(client)).toEqual([]);
    await expectOthers(other);
  });

  test.each<[string, number]>([
    ['PING', ping],
    ['SETTINGS', settings],
  ])('%s from a client that reads nothing is cut off', async (_, type) => {
    const other = await arena.client();
    other.open(1, asks(other, '/echo', 'POST'), false);
    const before = process.memoryUsage().rss;
    const client = await arena.client();
    await client.ping();
    client.socket.pause();
    const bytes = frame(type, 0, 0, type === ping ? Buffer.alloc(8) : Buffer.alloc(0));
    const piece = Buffer.concat(Array.from({ length: 2000 }, () => bytes));
    const over = new Promise<true>((resolve) => {
      client.socket.once('error', () => resolve(true)).once('close', () => resolve(true));
    });
    let isOver = false;
    for (let sent = 0; sent < 400_000_000 && !isOver; sent += piece.length) {
      isOver = await Promise.race([
        over,
        new Promise<false>((resolve) => {
          client.socket.write(piece, () => resolve(false));
        }),
      ]);
    }
    expect(isOver).toBe(true);
    expect(process.memoryUsage().rss - before).toBeLessThan(MEMORY);
    await expectOthers(other);
  });
});

/** 5,000 fields without a name and a value: `00 00 00` each. */
const NAMELESS = Buffer.alloc(15_000);

/** What is sent for each stream, again and again. */
const PER_STREAM: Readonly<Record<string, (client: Fighter, stream: number) => void>> = {
  'opens and resets streams': (client, stream) => {
    client.open(stream, asks(client, '/wait'));
    client.reset(stream, ErrorCode.cancel);
  },
  'makes us reset its streams by windows': (client, stream) => {
    client.open(stream, asks(client, '/evil', 'POST'), false);
    client.send(windowUpdate, 0, stream, number32(0));
  },
  'makes us reset its streams by DATA behind their end': (client, stream) => {
    client.open(stream, asks(client, '/wait'));
    client.send(data, 1, stream, Buffer.from('x'));
  },
  'makes us reset its streams by trailers': (client, stream) => {
    client.open(stream, asks(client, '/evil', 'POST'), false);
    client.send(headers, END, stream, plainBlock([[':path', '/evil']]));
  },
  'makes us reset its streams by PRIORITY': (client, stream) => {
    client.open(stream, asks(client, '/evil', 'POST'), false);
    client.send(priority, 0, stream, Buffer.alloc(1));
  },
  'sends fields without names': (client, stream) => {
    client.openBlock(stream, Buffer.concat([plainBlock(asks(client, '/evil')), NAMELESS]));
  },
};

describe('A client that', () => {
  test.each(Object.entries(PER_STREAM))('%s is told to be calm', async (name, send) => {
    const other = await arena.client();
    other.open(1, asks(other, '/echo', 'POST'), false);
    const before = process.memoryUsage().rss;
    const client = await arena.client();
    const last = name.includes('names') ? 599 : 7999;
    for (let stream = 1; stream <= last && !client.isClosed; stream += 2) {
      send(client, stream);
      if (stream % 20 === 1) await new Promise((resolve) => setImmediate(resolve));
    }
    if (name.includes('names')) {
      // Each costs its request alone, or in the end the connection.
      await client.until('an end', () => {
        const { hasEnded, reset } = client.expect(last);
        return client.isClosed || hasEnded || reset !== undefined ? true : undefined;
      });
    } else {
      await client.closed();
      expect(client.goaway?.code).toBe(ErrorCode.calm);
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(MEMORY);
    expect(arena.seen(client)).not.toContain('GET /evil');
    expect(arena.seen(client)).not.toContain('POST /evil');
    await expectOthers(other);
  });

  test('opens streams without end, and takes no answers, holds no more than its streams', async () => {
    const other = await arena.client();
    other.open(1, asks(other, '/echo', 'POST'), false);
    const before = process.memoryUsage().rss;
    const client = await arena.client([4, 0]);
    for (let stream = 1; stream < 20_000 && !client.isClosed; stream += 2) {
      client.open(stream, asks(client, '/big/100000'));
      if (stream % 20 === 1) await new Promise((resolve) => setImmediate(resolve));
    }
    await client.closed();
    expect(client.goaway?.code).not.toBe(ErrorCode.none);
    expect(arena.seen(client).length).toBeLessThanOrEqual(100);
    expect(process.memoryUsage().rss - before).toBeLessThan(MEMORY);
    await expectOthers(other);
  });

  test('sends a window full in frames of one byte is served', async () => {
    const client = await arena.client();
    client.open(1, asks(client, '/echo', 'POST'), false);
    const piece = frame(data, 0, 1, Buffer.from('x'));
    for (let i = 0; i < 20; i++) {
      client.write(Buffer.concat(Array.from({ length: 1000 }, () => piece)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    client.data(1, '', true);
    await expectAnswer(client, 1, 'x'.repeat(20_000));
    await expectGood(client);
  });

  test('opens and resets now and then is no flood', async () => {
    const client = await arena.client();
    for (let stream = 1; stream < 400; stream += 4) {
      client.open(stream, asks(client, '/a'));
      client.open(stream + 2, asks(client, '/a'));
      await expectAnswer(client, stream);
      if (stream % 16 === 1) client.reset(stream + 2, ErrorCode.cancel);
      else await expectAnswer(client, stream + 2);
    }
    await expectGood(client);
  });
});
