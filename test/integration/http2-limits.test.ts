// What a client of HTTP/2 may not do: each flood costs it its stream or its connection, and nobody else anything.
import { afterEach, describe, expect, test } from 'vitest';
import type { Frontend } from '../../src/frontend/frontend.js';
import { ok, startHttpMember } from '../support/http-peers.js';
import { connectHttp2 } from '../support/http2-peers.js';
import {
  block,
  ErrorCode,
  Flag,
  Frame,
  frame,
  getFields,
  number32,
  RawHttp2,
} from '../support/raw-http2.js';
import { Stage, startTcpMember } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

const H2C = { protocol: 'http', http2: { cleartext: true } } as const;

async function attack(
  options: object = {},
): Promise<{ raw: RawHttp2; port: number; frontend: Frontend }> {
  const member = stage.add(await startHttpMember(() => ok()));
  const { port, frontend } = await stage.open([member], { ...H2C, ...options });
  const raw = await RawHttp2.connect(port);
  stage.add({
    async close() {
      raw.peer.socket.destroy();
      await raw.peer.closed;
    },
  });
  return { raw, port, frontend };
}

/** Somebody else is served as ever. */
async function expectServed(port: number): Promise<void> {
  const client = stage.add(await connectHttp2(port));
  expect((await client.ask('/')).status).toBe(200);
}

/** Sends until the connection is over; how many times that was. */
async function flood(raw: RawHttp2, bytes: Buffer, most: number): Promise<number> {
  let sent = 0;
  const over = raw.peer.closed.then(() => true);
  const piece = Buffer.concat(Array.from({ length: 100 }, () => bytes));
  while (sent < most) {
    raw.peer.send(piece);
    sent += 100;
    if (await Promise.race([over, new Promise((resolve) => setImmediate(resolve, false))])) break;
  }
  await raw.peer.ending;
  return sent;
}

describe('A client of HTTP/2', () => {
  test('that opens streams and resets them at once is told to be calm (CVE-2023-44487)', async () => {
    const { raw, port } = await attack();
    for (let stream = 1; stream < 2000; stream += 2) {
      raw.open(stream, getFields());
      raw.send(Frame.rstStream, 0, stream, number32(ErrorCode.cancel));
    }
    expect(await raw.goaway()).toBe(ErrorCode.calm);
    await raw.peer.ending;
    await expectServed(port);
  });

  test('that resets its streams while members work on them is told to be calm, too', async () => {
    const member = stage.add(await startTcpMember());
    const { port, pool } = await stage.open([member], H2C);
    const raw = await RawHttp2.connect(port);
    const read = raw.goaway();
    for (let i = 0; i < 150; i++) {
      raw.open(2 * i + 1, getFields());
      const peer = await Promise.race([member.next(), read]);
      if (typeof peer === 'number') break;
      raw.send(Frame.rstStream, 0, 2 * i + 1, number32(ErrorCode.cancel));
    }
    expect(await read).toBe(ErrorCode.calm);
    raw.peer.socket.destroy();
    await Promise.all(member.peers.map((peer) => peer.ending));
    expect(pool.status().members[0]?.active).toBe(0);
  });

  test('that makes us reset its streams is told to be calm (CVE-2025-8671)', async () => {
    const { raw, port } = await attack();
    for (let stream = 1; stream < 2000; stream += 2) {
      raw.open(stream, getFields(), { isEnded: false });
      // A window of 0 more is an error of the stream.
      raw.send(Frame.windowUpdate, 0, stream, number32(0));
    }
    expect(await raw.goaway()).not.toBe(ErrorCode.none);
    await raw.peer.ending;
    await expectServed(port);
  });

  test('may cancel a page full of requests, again and again', async () => {
    const member = stage.add(
      await startHttpMember(({ firstLine }) => (firstLine.includes('/slow') ? undefined : ok())),
    );
    const { port } = await stage.open([member], H2C);
    const client = stage.add(await connectHttp2(port));
    for (let page = 0; page < 4; page++) {
      const slow = Array.from({ length: 20 }, () => client.open('/slow'));
      await Promise.all(Array.from({ length: 30 }, () => client.ask('/')));
      for (const stream of slow) stream.close(ErrorCode.cancel);
    }
    expect((await client.ask('/')).status).toBe(200);
  });

  test('that never ends its header block is cut off (CONTINUATION flood)', async () => {
    const { raw, port } = await attack();
    raw.send(Frame.headers, Flag.endStream, 1, block(getFields()));
    const more = frame(Frame.continuation, 0, 1, block([['x-more', 'a'.repeat(4000)]]));
    const sent = await flood(raw, more, 10_000);
    expect(sent).toBeLessThan(10_000);
    await expectServed(port);
  });

  test('that sends a header block without end in small pieces is cut off, too', async () => {
    const { raw, port } = await attack();
    raw.send(Frame.headers, Flag.endStream, 1, block(getFields()));
    const sent = await flood(raw, frame(Frame.continuation, 0, 1), 100_000);
    expect(sent).toBeLessThan(100_000);
    await expectServed(port);
  });

  test('that fills the header list by its compression loses the stream (HPACK bomb)', async () => {
    const { raw, port } = await attack();
    // One field of 4,000 bytes goes into the table; then a byte each asks for it again.
    const bomb = Buffer.concat([
      block(getFields()),
      Buffer.from([0x40]),
      block([['x-bomb', 'a'.repeat(3900)]]).subarray(1),
      Buffer.alloc(16_000, 0x80 | 62),
    ]);
    raw.send(Frame.headers, Flag.endStream, 1, bomb.subarray(0, 16_000));
    raw.send(Frame.continuation, Flag.endHeaders, 1, bomb.subarray(16_000));
    const { status, code } = await raw.outcome(1);
    if (status === 0) expect(code).toBeGreaterThan(0);
    else expect(status).toBe(431);
    await expectServed(port);
  });

  test('has 431 for headers too many, be it a few or thousands', async () => {
    const { raw } = await attack({ limits: { headers: 10 } });
    const many = (count: number) =>
      Array.from({ length: count }, (_, i): [string, string] => [`x-${i}`, '1']);
    raw.open(1, [...getFields(), ...many(40)]);
    expect(await raw.outcome(1)).toEqual({ status: 431, code: -1 });
    raw.open(3, [...getFields(), ...many(1500)]);
    expect(await raw.outcome(3)).toEqual({ status: 431, code: -1 });
    raw.open(5, getFields());
    expect((await raw.outcome(5)).status).toBe(200);
  });

  test('is told how many streams it may open, and has those beyond them refused', async () => {
    const member = stage.add(await startTcpMember());
    const { port } = await stage.open([member], {
      ...H2C,
      http2: { cleartext: true, maxConcurrentStreams: 3 },
    });
    const raw = await RawHttp2.connect(port);
    const settings = await raw.find(({ type, flags }) => type === Frame.settings && flags === 0);
    // MAX_CONCURRENT_STREAMS is setting 3.
    const at = settings.payload.indexOf(Buffer.from([0, 3, 0, 0, 0, 3]));
    expect(at % 6).toBe(0);
    for (const stream of [1, 3, 5]) raw.open(stream, getFields());
    const peers = [await member.next(), await member.next(), await member.next()];
    for (const peer of peers) peer.send(ok());
    for (const stream of [1, 3, 5]) expect((await raw.outcome(stream)).status).toBe(200);
    for (const stream of [7, 9, 11, 13]) raw.open(stream, getFields());
    expect(await raw.outcome(13)).toEqual({ status: 0, code: ErrorCode.refused });
    for (const peer of peers) peer.send(ok());
    for (const stream of [7, 9, 11]) expect((await raw.outcome(stream)).status).toBe(200);
    raw.peer.socket.destroy();
  });

  test('that opens streams without end before it has heard that loses its connection, too', async () => {
    const member = stage.add(await startTcpMember());
    const { port } = await stage.open([member], {
      ...H2C,
      http2: { cleartext: true, maxConcurrentStreams: 3 },
    });
    const raw = await RawHttp2.connect(port);
    let stream = 1;
    for (; stream < 4000 && !raw.peer.socket.destroyed; stream += 2) {
      raw.open(stream, getFields());
      if (stream % 100 === 1) await new Promise((resolve) => setImmediate(resolve));
    }
    await raw.peer.ending;
    expect(member.peers.length).toBeLessThanOrEqual(3);
    raw.peer.socket.destroy();
  });

  test.each([
    ['PING', frame(Frame.ping, 0, 0, Buffer.alloc(8))],
    ['SETTINGS', frame(Frame.settings, 0, 0, Buffer.from([0, 4, 0, 1, 0, 0]))],
  ])('that floods with %s and does not read is cut off', async (_, bytes) => {
    const { raw, port } = await attack();
    await raw.find(({ type }) => type === Frame.settings);
    raw.peer.socket.pause();
    let sent = 0;
    const over = new Promise<true>((resolve) => {
      raw.peer.socket.once('error', () => resolve(true)).once('close', () => resolve(true));
    });
    const piece = Buffer.concat(Array.from({ length: 1000 }, () => bytes));
    // More than both kernels buffer: the answers can't leave.
    for (; sent < 3_000_000; sent += 1000) {
      const isOver = await Promise.race([
        over,
        new Promise<false>((resolve) => {
          raw.peer.socket.write(piece, () => resolve(false));
        }),
      ]);
      if (isOver) break;
    }
    expect(sent).toBeLessThan(3_000_000);
    await expectServed(port);
  });

  test('that floods with DATA frames without data is cut off', async () => {
    const { raw, port } = await attack();
    raw.open(1, [[':method', 'POST'], ...getFields().slice(1)], { isEnded: false });
    const sent = await flood(raw, frame(Frame.data, 0, 1), 100_000);
    expect(sent).toBeLessThan(100_000);
    await expectServed(port);
  });

  test('that floods with PRIORITY gets nothing out of it', async () => {
    const { raw, port } = await attack();
    const priority = frame(Frame.priority, 0, 1, Buffer.from([0, 0, 0, 0, 16]));
    raw.peer.send(Buffer.concat(Array.from({ length: 20_000 }, () => priority)));
    raw.open(3, getFields());
    await Promise.race([raw.outcome(3), raw.peer.ending]);
    await expectServed(port);
  });

  test('that opens its window too far, or sends frames that are none, is told to go away', async () => {
    for (const bytes of [
      frame(Frame.windowUpdate, 0, 0, number32(0x7fffffff)),
      frame(Frame.windowUpdate, 0, 0, number32(0)),
      frame(Frame.data, 0, 0, Buffer.from('x')),
      frame(Frame.data, 0, 9, Buffer.from('x')),
      frame(Frame.headers, Flag.endHeaders, 2, block(getFields())),
      frame(Frame.settings, 0, 0, Buffer.from([0, 4, 0xff, 0xff, 0xff, 0xff])),
      frame(Frame.ping, 0, 0, Buffer.from('short')),
      Buffer.concat([Buffer.from([0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1]), Buffer.alloc(100)]),
      Buffer.from('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'),
    ]) {
      const { raw, port } = await attack();
      raw.peer.send(bytes);
      expect(await raw.goaway()).not.toBe(ErrorCode.none);
      await expectServed(port);
      raw.peer.socket.destroy();
    }
  });

  test('that sends DATA behind the end of its request is cut off, and gone', async () => {
    const { raw, port, frontend } = await attack();
    raw.open(1, getFields());
    expect((await raw.outcome(1)).status).toBe(200);
    raw.data(1, 'x');
    expect(await raw.goaway()).toBe(ErrorCode.streamClosed);
    await raw.peer.ending;
    raw.peer.socket.destroy();
    await expect.poll(() => frontend.status().active).toBe(0);
    await expectServed(port);
  });

  test('that sends DATA behind the end of its request while the answer waits loses the stream', async () => {
    const member = stage.add(await startHttpMember(() => ok('x'.repeat(1_000_000))));
    const { port } = await stage.open([member], H2C);
    const raw = await RawHttp2.connect(port);
    raw.open(1, getFields());
    await raw.find(({ type }) => type === Frame.data);
    raw.data(1, 'x');
    expect((await raw.outcome(1)).code).toBe(ErrorCode.streamClosed);
    raw.open(3, getFields());
    await raw.find(({ type, stream }) => type === Frame.headers && stream === 3);
    raw.peer.socket.destroy();
  });

  test('that waits for a slow member is asked whether it is there, and stays if it says so', async () => {
    const member = stage.add(await startTcpMember());
    const { port } = await stage.open([member], { ...H2C, timeouts: { client: 100 } });
    const raw = await RawHttp2.connect(port);
    raw.open(1, getFields());
    const peer = await member.next();
    const pings = (): number =>
      raw.frames.filter(({ type, flags }) => type === Frame.ping && flags === 0).length;
    await raw.find(() => pings() === 3);
    peer.send(ok('late').toString());
    expect((await raw.outcome(1)).status).toBe(200);
    raw.peer.socket.destroy();
  });

  test('that says nothing when asked is closed', async () => {
    const member = stage.add(await startTcpMember());
    const { port } = await stage.open([member], { ...H2C, timeouts: { client: 100 } });
    const raw = await RawHttp2.connect(port);
    raw.open(1, getFields());
    const peer = await member.next();
    // Frames are answered only while they are looked for.
    await raw.peer.ending;
    await peer.ending;
  });
});
