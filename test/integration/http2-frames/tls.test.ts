// The same rules over TLS, whose records cut frames where they like.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { TestAuthority } from '../../support/authority.js';
import {
  asks,
  expectAnswer,
  expectConnectionError,
  expectGood,
  expectMalformed,
  expectStreamError,
  type Fighter,
  FrameArena,
} from '../../support/frame-arena.js';
import { PREFACE, plainBlock, Setting } from '../../support/frame-client.js';
import { indexed } from '../../support/hpack.js';
import { ErrorCode, Flag, Frame, frame, number32 } from '../../support/raw-http2.js';

const authority = new TestAuthority();
const { cert, key } = authority.issue({ names: ['a.test'] });

let arena: FrameArena;
beforeAll(async () => {
  arena = await FrameArena.start({
    protocol: 'https',
    tls: { certificates: [{ cert, key }] },
    http2: {},
  });
});
afterEach(() => arena.check());
afterAll(() => arena.close());

async function begun(...settings: readonly (readonly [number, number])[]): Promise<Fighter> {
  const client = await arena.secure(authority.ca);
  client.write(PREFACE);
  client.sendSettings(...settings);
  return client;
}

describe('Over TLS', () => {
  test('a connection may come in two records, cut at every tenth byte', async () => {
    const bytes = (client: Fighter): Buffer => {
      const block = plainBlock(asks(client, '/b'));
      return Buffer.concat([
        PREFACE,
        frame(Frame.settings, 0, 0),
        frame(Frame.headers, Flag.endHeaders, 1, plainBlock(asks(client, '/echo', 'POST'))),
        frame(Frame.data, 8, 1, Buffer.from('\x02abc\0\0', 'latin1')),
        frame(Frame.headers, Flag.endStream, 3, block.subarray(0, 9)),
        frame(Frame.continuation, Flag.endHeaders, 3, block.subarray(9)),
        frame(Frame.data, 1, 1, Buffer.from('def')),
      ]);
    };
    const sample = await arena.secure(authority.ca);
    const { length } = bytes(sample);
    await sample.close();
    const cuts = Array.from({ length: Math.ceil(length / 10) }, (_, i) => i * 10 + (i % 10));
    await Promise.all(
      cuts.map(async (cut) => {
        const client = await arena.secure(authority.ca);
        for (const stream of [1, 3]) client.expect(stream);
        const whole = bytes(client);
        await client.pieces(whole.subarray(0, cut), whole.subarray(cut));
        await expectAnswer(client, 1, 'abcdef');
        await expectAnswer(client, 3);
        expect(arena.seen(client).sort()).toEqual(['GET /b', 'POST /echo abcdef']);
      }),
    );
  });

  test('bodies flow both ways within their windows', async () => {
    const client = await begun([Setting.initialWindow, 10_000]);
    client.open(1, asks(client, '/echo', 'POST'), false);
    await client.upload(1, 1_000_000);
    await expectAnswer(client, 1, 'u'.repeat(1_000_000));
    await expectGood(client);
  });

  test('an answer waits for its window, and goes on by what is given', async () => {
    const client = await begun([Setting.initialWindow, 0]);
    client.grants = false;
    client.open(1, asks(client, '/big/5000'));
    await client.until('the head', () => (client.expect(1).status === 200 ? true : undefined));
    client.grant(1, 1234);
    await client.until('bytes', () => (client.expect(1).bodyBytes >= 1234 ? true : undefined));
    await client.ping();
    expect(client.expect(1).bodyBytes).toBe(1234);
    client.grant(1, 5000);
    await expectAnswer(client, 1, 'b'.repeat(5000));
  });

  test('many streams at once are answered each with its own', async () => {
    const client = await begun();
    const streams = Array.from({ length: 90 }, (_, i) => 2 * i + 1);
    for (const stream of streams)
      client.open(stream, asks(client, `/echo/${stream}`, 'PUT'), false);
    for (const stream of streams) client.data(stream, `body ${stream}`, true);
    for (const stream of streams) await expectAnswer(client, stream, `body ${stream}`);
    await expectGood(client);
  });

  test('faults have the codes that they have without it', async () => {
    const bad = await begun();
    bad.open(1, [...asks(bad, '/evil'), ['connection', 'x']]);
    await expectMalformed(bad, 1);
    bad.open(0x20001, asks(bad, '/echo', 'POST'), false);
    bad.probe = 0x20003;
    bad.send(Frame.windowUpdate, 0, 0x20001, number32(0));
    await expectStreamError(bad, 0x20001, ErrorCode.protocol);
    bad.openBlock(0x30001, Buffer.concat([plainBlock(asks(bad, '/evil')), indexed(0)]));
    bad.probe = 0x30003;
    await expectConnectionError(bad, ErrorCode.compression);
    const long = await begun();
    long.write(Buffer.from([0xff, 0xff, 0xff, Frame.data, 0, 0, 0, 0, 1]));
    await expectConnectionError(long, ErrorCode.frameSize);
    expect([...arena.seen(bad), ...arena.seen(long)]).toEqual([]);
  });

  test('a client that does not begin with the preface is closed', async () => {
    const client = await arena.secure(authority.ca);
    client.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
    client.write(Buffer.alloc(30));
    await client.closed();
    expect([undefined, ErrorCode.protocol]).toContain(client.goaway?.code);
  });
});
