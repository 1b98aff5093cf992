// SETTINGS, PING and GOAWAY of a client (RFC 9113 6.5, 6.7, 6.8).
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  asks,
  expectAnswer,
  expectConnectionError,
  expectGood,
  FrameArena,
} from '../../support/frame-arena.js';
import { MAX_WINDOW, Setting, settingsPayload } from '../../support/frame-client.js';
import { ErrorCode, Flag, Frame, frame, number32 } from '../../support/raw-http2.js';

let arena: FrameArena;
beforeAll(async () => {
  arena = await FrameArena.start();
});
afterEach(() => arena.check());
afterAll(() => arena.close());

const { tableSize, enablePush, maxStreams, initialWindow, maxFrame, maxList } = Setting;

describe('SETTINGS', () => {
  test.each<[string, [number, number][]]>([
    ['nothing', []],
    ['an id that nobody knows', [[0x7777, 1]]],
    [
      'id 0 and the last id',
      [
        [0, 0xffff_ffff],
        [0xffff, 0xffff_ffff],
      ],
    ],
    ['ENABLE_PUSH 0', [[enablePush, 0]]],
    ['ENABLE_PUSH 1', [[enablePush, 1]]],
    ['MAX_CONCURRENT_STREAMS 0', [[maxStreams, 0]]],
    ['MAX_CONCURRENT_STREAMS of the most', [[maxStreams, 0xffff_ffff]]],
    ['INITIAL_WINDOW_SIZE of the most', [[initialWindow, MAX_WINDOW]]],
    ['MAX_FRAME_SIZE of the least', [[maxFrame, 16_384]]],
    ['MAX_FRAME_SIZE of the most', [[maxFrame, 0xff_ffff]]],
    ['MAX_HEADER_LIST_SIZE', [[maxList, 100_000]]],
    ['HEADER_TABLE_SIZE of the most', [[tableSize, 0xffff_ffff]]],
    ['RFC 8441: ENABLE_CONNECT_PROTOCOL', [[8, 1]]],
    ['RFC 9218: NO_RFC7540_PRIORITIES', [[9, 1]]],
    [
      'the same id twice',
      [
        [maxStreams, 1],
        [maxStreams, 50],
      ],
    ],
    ['an id twenty times', Array.from({ length: 20 }, (_, i) => [maxList, 100_000 + i])],
  ])('may say %s, and are acknowledged', async (_, pairs) => {
    const client = await arena.client();
    client.sendSettings(...pairs);
    await client.until('two ACKs', () => (client.settingsAcks === 2 ? true : undefined));
    await expectGood(client);
    expect(client.goaway).toBeUndefined();
  });

  test.each<[string, [number, number], number]>([
    ['ENABLE_PUSH 2', [enablePush, 2], ErrorCode.protocol],
    ['ENABLE_PUSH of the most', [enablePush, 0xffff_ffff], ErrorCode.protocol],
    ['INITIAL_WINDOW_SIZE 2^31', [initialWindow, 0x8000_0000], ErrorCode.flowControl],
    ['INITIAL_WINDOW_SIZE of all bits', [initialWindow, 0xffff_ffff], ErrorCode.flowControl],
    ['MAX_FRAME_SIZE 0', [maxFrame, 0], ErrorCode.protocol],
    ['MAX_FRAME_SIZE 16383', [maxFrame, 16_383], ErrorCode.protocol],
    ['MAX_FRAME_SIZE 2^24', [maxFrame, 0x100_0000], ErrorCode.protocol],
  ])('with %s are an error of the connection', async (_, pair, code) => {
    const client = await arena.client();
    // A good value behind it, or before it, heals nothing.
    const good: [number, number] = [maxStreams, 7];
    client.send(Frame.settings, 0, 0, settingsPayload(good, pair, good));
    await expectConnectionError(client, code);
  });

  test.each([
    ['the first', [enablePush, 2] as [number, number], ErrorCode.protocol],
    ['the first', [initialWindow, 0x8000_0000] as [number, number], ErrorCode.flowControl],
  ])('%s may not be bad either', async (_, pair, code) => {
    const client = await arena.client(pair);
    await expectConnectionError(client, code);
  });

  test('that we never sent may be acknowledged, or are an error', async () => {
    const client = await arena.client();
    await expectGood(client);
    client.send(Frame.settings, Flag.ack, 0);
    client.open(1001, asks(client));
    await client.until('an end', () =>
      client.isClosed || client.expect(1001).hasEnded ? true : undefined,
    );
  });

  test('are each acknowledged once, in their order with PING', async () => {
    const client = await arena.client();
    for (let i = 0; i < 10; i++) {
      client.sendSettings([maxList, 10_000 + i]);
      client.send(Frame.ping, 0, 0, Buffer.from(`ping000${i}`));
    }
    await client.until('ten PINGs', () => (client.pongs.length === 10 ? true : undefined));
    expect(client.settingsAcks).toBe(11);
    const acks = client.log.filter((line) => /^[46]:1:/.test(line)).map((line) => line[0]);
    expect(acks.join('')).toBe(`4${'46'.repeat(10)}`);
  });

  test('of a client with room for no stream change nothing for its own', async () => {
    const client = await arena.client([maxStreams, 0], [enablePush, 0]);
    await expectGood(client);
  });
});

describe('PING', () => {
  test('is answered with its own bytes, and in its order', async () => {
    const client = await arena.client();
    const payloads = ['01234567', '\0\0\0\0\0\0\0\0', 'ABCDEFGH', '        '];
    for (const payload of payloads) client.send(Frame.ping, 0, 0, Buffer.from(payload));
    await client.until('the last', () => (client.pongs.length === 4 ? true : undefined));
    expect(client.pongs).toEqual(payloads);
  });

  test('with ACK is not answered', async () => {
    const client = await arena.client();
    for (let i = 0; i < 5; i++) client.send(Frame.ping, Flag.ack, 0, Buffer.from('unasked!'));
    await client.ping('asked???');
    await expectGood(client);
    expect(client.pongs).toEqual(['asked???']);
  });

  test('is answered while a request waits, and while its body is under way', async () => {
    const client = await arena.client();
    client.open(1, asks(client, '/wait'));
    client.open(3, asks(client, '/echo', 'POST'), false);
    await client.ping('waiting1');
    client.data(3, 'abc');
    await client.ping('waiting2');
    client.data(3, 'def', true);
    await expectAnswer(client, 3, 'abcdef');
    await arena.release(client, '/wait');
    await expectAnswer(client, 1, 'released');
  });

  test('is answered while no window lets an answer go', async () => {
    const client = await arena.client([initialWindow, 0]);
    client.open(1, asks(client, '/big/1000'));
    await client.until('the head', () => (client.expect(1).status === 200 ? true : undefined));
    await client.ping();
    client.grant(1, 1000);
    await expectAnswer(client, 1, 'b'.repeat(1000));
  });
});

describe('GOAWAY of a client', () => {
  test.each([
    ['NO_ERROR', ErrorCode.none],
    ['a code that nobody knows', 0xdead_beef],
  ])('with %s lets what is open finish', async (_, code) => {
    const client = await arena.client();
    client.open(1, asks(client, '/wait'));
    client.open(3, asks(client, '/echo', 'POST'), false);
    client.data(3, 'abc');
    client.send(
      Frame.goaway,
      0,
      0,
      Buffer.concat([number32(0), number32(code), Buffer.from('bye')]),
    );
    client.data(3, 'def', true);
    if (code !== ErrorCode.none) {
      // A fault of ours in the eyes of the client: what was open may finish, or not.
      await client.until('an end', () =>
        client.isClosed || client.expect(3).hasEnded ? true : undefined,
      );
      return;
    }
    await expectAnswer(client, 3, 'abcdef');
    await arena.release(client, '/wait');
    await expectAnswer(client, 1, 'released');
    expect(arena.seen(client).sort()).toEqual(['GET /wait', 'POST /echo abcdef']);
  });

  test('may be followed by another, with a lower last stream', async () => {
    const client = await arena.client();
    client.open(1, asks(client, '/wait'));
    for (const last of [MAX_WINDOW, 2, 0]) {
      client.send(Frame.goaway, 0, 0, Buffer.concat([number32(last), number32(0)]));
    }
    await arena.release(client, '/wait');
    await expectAnswer(client, 1, 'released');
  });

  test('on a connection without streams ends it in the end, and harms nobody', async () => {
    const [client, other] = [await arena.client(), await arena.client()];
    client.write(frame(Frame.goaway, 0, 0, Buffer.alloc(8)));
    client.socket.end();
    await client.closed();
    await expectGood(other);
  });
});
