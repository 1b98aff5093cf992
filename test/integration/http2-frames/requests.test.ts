// What a request may be (RFC 9113 8): heads, bodies, trailers. Malformed ones cost themselves, never the connection.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  asks,
  expectAnswer,
  expectGood,
  expectMalformed,
  type Fighter,
  FrameArena,
} from '../../support/frame-arena.js';
import { plainBlock } from '../../support/frame-client.js';
import { type Field, literal } from '../../support/hpack.js';
import { ErrorCode, Flag, Frame } from '../../support/raw-http2.js';

let arena: FrameArena;
beforeAll(async () => {
  arena = await FrameArena.start();
});
afterEach(() => arena.check());
afterAll(() => arena.close());

/** The fields of a request, one of them changed: undefined takes it away. */
function changed(client: Fighter, name: string, value: string | undefined): Field[] {
  const fields = asks(client, '/evil').filter((field) => field[0] !== name);
  return value === undefined ? fields : [[name, value], ...fields];
}

describe('A head is refused', () => {
  test.each<[string, (client: Fighter) => Field[]]>([
    ['without :method', (client) => changed(client, ':method', undefined)],
    ['without :path', (client) => changed(client, ':path', undefined)],
    ['without :scheme', (client) => changed(client, ':scheme', undefined)],
    ['without anything', () => []],
    ['without pseudo-header fields', () => [['x-a', 'b']]],
    ['without :authority and host', (client) => changed(client, ':authority', undefined)],
    ['with an empty :path', (client) => changed(client, ':path', '')],
    ['with an empty :method', (client) => changed(client, ':method', '')],
    ['with an empty :scheme', (client) => changed(client, ':scheme', '')],
    ['with an empty :authority', (client) => changed(client, ':authority', '')],
    ['with a :path that does not begin with /', (client) => changed(client, ':path', 'evil')],
    ['with a blank in :path', (client) => changed(client, ':path', '/evil HTTP/1.1')],
    ['with a fragment', (client) => changed(client, ':path', '/evil#part')],
    ['with a tab in :path', (client) => changed(client, ':path', '/ev\til')],
    ['with NUL in :path', (client) => changed(client, ':path', '/ev\0il')],
    ['with * for GET', (client) => changed(client, ':path', '*')],
    ['with a blank in :method', (client) => changed(client, ':method', 'GET /')],
    ['with a user in :authority', (client) => changed(client, ':authority', 'u@a.test')],
    ['with a path in :authority', (client) => changed(client, ':authority', 'a.test/x')],
    ['with another scheme', (client) => changed(client, ':scheme', 'ftp:')],
    ...[':method', ':path', ':scheme', ':authority'].map(
      (name): [string, (client: Fighter) => Field[]] => [
        `with ${name} twice`,
        (client) => {
          const fields = asks(client, '/evil');
          return [...fields, fields.find((field) => field[0] === name)!];
        },
      ],
    ),
    ['with :status', (client) => [[':status', '200'], ...asks(client, '/evil')]],
    ['with an unknown pseudo-header field', (client) => [[':evil', '1'], ...asks(client, '/evil')]],
    ['with : alone', (client) => [[':', '1'], ...asks(client, '/evil')]],
    ['with :protocol', (client) => [[':protocol', 'websocket'], ...asks(client, '/evil')]],
    ...[':method', ':path', ':scheme', ':authority'].map(
      (name): [string, (client: Fighter) => Field[]] => [
        `with ${name} behind other fields`,
        (client) => {
          const fields = asks(client, '/evil');
          const late = fields.find((field) => field[0] === name)!;
          return [...fields.filter((field) => field !== late), ['x-a', '1'], late];
        },
      ],
    ),
    ...(
      [
        ['X-Capital', '1'],
        ['x-CAPITAL', '1'],
        ['connection', 'close'],
        ['connection', 'keep-alive'],
        ['keep-alive', 'timeout=5'],
        ['proxy-connection', 'keep-alive'],
        ['transfer-encoding', 'chunked'],
        ['transfer-encoding', 'identity'],
        ['upgrade', 'h2c'],
        ['http2-settings', 'AAMAAABk'],
        ['te', 'gzip'],
        ['te', 'trailers, gzip'],
        ['te', ''],
        ['host', 'other.test'],
        ['content-length', '-1'],
        ['content-length', '+5'],
        ['content-length', '5, 5'],
        ['content-length', ''],
        ['content-length', '0x5'],
        ['content-length', '99999999999999999999'],
        ['content-length', '5'],
        ['x-line', 'a\r\nb: c'],
        ['x-lf', 'a\nb'],
        ['x-cr', 'a\rb'],
        ['x-nul', 'a\0b'],
        ['x-del', 'a\x7fb'],
        ['x-before', ' a'],
        ['x-behind', 'a '],
        ['x-tab', '\ta'],
        ['', 'a'],
        ['x y', 'a'],
        ['x:y', 'a'],
        ['x\r\ny', 'a'],
        ['x\0', 'a'],
        ['x\x80', 'a'],
        ['x(', 'a'],
      ] as Field[]
    ).map((field): [string, (client: Fighter) => Field[]] => [
      `with ${JSON.stringify(field)}`,
      (client) => asks(client, '/evil', 'GET', field),
    ]),
    [
      'with two lengths',
      (client) => asks(client, '/evil', 'GET', ['content-length', '0'], ['content-length', '0']),
    ],
    [
      'with host twice',
      (client) => asks(client, '/evil', 'GET', ['host', 'a.test'], ['host', 'a.test']),
    ],
  ])('%s', async (_, fields) => {
    const client = await arena.client();
    client.openBlock(1, plainBlock(fields(client)));
    await expectMalformed(client, 1);
    // The same with a body, in one piece and in Huffman code.
    const block = fields(client).map(([name, value]) => literal(name, value, 'never', true));
    client.openBlock(client.probe, Buffer.concat(block), false);
    const stream = client.probe;
    client.probe += 2;
    client.data(stream, 'hello', true);
    const { status, reset } = await client.ended(stream);
    const isLength = fields(client).some(([name, value]) => name + value === 'content-length5');
    if (status === 0) expect(reset).toBe(ErrorCode.protocol);
    else expect(status).toBe(isLength ? 200 : 400);
    await expectGood(client);
    expect(arena.seen(client)).toEqual(isLength ? ['GET /evil hello'] : []);
    expect(arena.member.leftovers).toEqual([]);
    expect(client.goaway).toBeUndefined();
  });

  test.each(['CONNECT', 'TRACE'])('%s is answered by us', async (method) => {
    const client = await arena.client();
    const pairs: Field[] = [
      [':method', method],
      [':authority', 'a.test:443'],
    ];
    client.openBlock(1, plainBlock(pairs));
    await expectMalformed(client, 1, 400, 405, 501);
    client.open(client.probe, asks(client, '/evil', method));
    const stream = client.probe;
    client.probe += 2;
    await expectMalformed(client, stream, 400, 405, 501);
    expect(arena.seen(client)).toEqual([]);
  });

  test('te: trailers, host like :authority, cookies in pieces and OPTIONS * are well', async () => {
    const client = await arena.client();
    const more: Field[] = [
      ['te', 'trailers'],
      ['host', 'a.test'],
      ['cookie', 'a=1'],
      ['x-tab-inside', 'a\tb'],
      ['cookie', 'b=2'],
      ['x-high', '\x80\xff'],
    ];
    client.open(1, asks(client, '/a', 'GET', ...more));
    await expectAnswer(client, 1);
    const { fields } = arena.request(client, '/a');
    expect([fields.get('host'), fields.get('cookie')]).toEqual(['a.test', 'a=1; b=2']);
    expect([fields.get('x-tab-inside'), fields.get('x-high')]).toEqual(['a\tb', '\x80\xff']);
    client.open(3, changed(client, ':authority', undefined).concat([['host', 'b.test']]));
    await expectAnswer(client, 3);
    expect(arena.request(client, '/evil').fields.get('host')).toBe('b.test');
  });
});

describe('A body', () => {
  test.each<[string, string, readonly string[], boolean]>([
    ['as long as it says', '6', ['abc', 'def'], true],
    ['as long as it says, with empty frames', '6', ['', 'abc', '', 'def', ''], true],
    ['of nothing', '0', [''], true],
    ['longer than it says', '5', ['abc', 'def'], false],
    ['longer in its first frame', '2', ['abc'], false],
    ['longer than nothing', '0', ['a'], false],
    ['shorter than it says', '7', ['abc', 'def'], false],
    ['without anything although it says so', '7', [''], false],
  ])('is %s', async (_, length, pieces, isGood) => {
    const client = await arena.client();
    client.open(1, asks(client, '/echo', 'POST', ['content-length', length]), false);
    pieces.forEach((piece, i) => client.data(1, piece, i === pieces.length - 1));
    if (isGood) {
      await expectAnswer(client, 1, pieces.join(''));
      expect(arena.seen(client)).toEqual([`POST /echo ${pieces.join('')}`.trimEnd()]);
    } else {
      const { status, reset } = await client.ended(1);
      if (status === 0) expect(reset).toBe(ErrorCode.protocol);
      else expect([200, 400]).toContain(status);
      // What the length says may have been there before the fault came; nothing else may.
      for (const seen of arena.seen(client))
        expect(seen).toBe(`POST /echo ${pieces.join('').slice(0, Number(length))}`.trimEnd());
      if (_.startsWith('shorter') || _.startsWith('without'))
        expect(arena.seen(client)).toEqual([]);
    }
    await expectGood(client);
  });

  test('that looks like HTTP/1.1 is a body', async () => {
    const client = await arena.client();
    const body = '0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
    client.open(1, asks(client, '/echo', 'POST'), false);
    client.data(1, body, true);
    await expectAnswer(client, 1, body);
    expect(arena.seen(client).length).toBe(1);
  });

  test('of many streams at once, frame by frame in turns, stays with its request', async () => {
    const client = await arena.client();
    const streams = Array.from({ length: 80 }, (_, i) => 2 * i + 1);
    for (const stream of streams)
      client.open(stream, asks(client, `/echo/${stream}`, 'PUT'), false);
    const body = (stream: number): string => `<${stream}>`.repeat(40);
    for (let at = 0; at < 240; at += 7) {
      for (const stream of streams) {
        const piece = body(stream).slice(at, at + 7);
        if (piece !== '') client.data(stream, piece);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (const stream of streams) client.data(stream, body(stream).slice(245), true);
    for (const stream of streams) {
      const whole = body(stream).slice(0, 245) + body(stream).slice(245);
      await expectAnswer(client, stream, whole);
      expect(arena.request(client, `/echo/${stream}`).body).toBe(whole);
    }
  });

  test('that is reset is no request, whatever was there of it', async () => {
    const client = await arena.client();
    for (const [stream, length] of [
      [1, '9'],
      [3, undefined],
    ] as const) {
      const more: Field[] = length === undefined ? [] : [['content-length', length]];
      client.open(stream, asks(client, `/evil${stream}`, 'POST', ...more), false);
      client.data(stream, 'abc');
      client.reset(stream, ErrorCode.cancel);
    }
    await expectGood(client);
    expect(arena.seen(client)).toEqual([]);
  });
});

describe('Trailers', () => {
  const END = Flag.endHeaders | Flag.endStream;

  test.each<[string, Field[], readonly string[]]>([
    [
      'that say something',
      [
        ['x-sum', '123'],
        ['x-more', '4'],
      ],
      ['x-sum: 123', 'x-more: 4'],
    ],
    ['that are empty', [], []],
    [
      'that may be none are left out',
      [
        ['content-length', '3'],
        ['x-sum', '1'],
      ],
      ['x-sum: 1'],
    ],
  ])('%s', async (_, trailers, lines) => {
    const client = await arena.client();
    client.open(1, asks(client, '/echo', 'POST'), false);
    client.data(1, 'abc');
    client.send(Frame.headers, END, 1, plainBlock(trailers));
    const { status } = await client.ended(1);
    expect(status).toBe(200);
    const seen = arena.request(client, '/echo');
    expect(seen.body).toBe('abc');
    for (const line of seen.trailers) expect(lines).toContain(line.toLowerCase());
    await expectGood(client);
  });

  test('may come in pieces, without DATA before them', async () => {
    const client = await arena.client();
    client.open(1, asks(client, '/echo', 'POST'), false);
    const block = plainBlock([['x-sum', '123']]);
    client.send(Frame.headers, Flag.endStream, 1, block.subarray(0, 3));
    client.send(Frame.continuation, Flag.endHeaders, 1, block.subarray(3));
    await expectAnswer(client, 1, '');
    expect(arena.seen(client)).toEqual(['POST /echo']);
  });

  test.each<[string, number, Field[]]>([
    ['without END_STREAM', Flag.endHeaders, [['x-sum', '1']]],
    [
      'that are a whole head',
      END,
      [
        [':method', 'GET'],
        [':scheme', 'http'],
        [':path', '/evil'],
      ],
    ],
    ['with :path', END, [[':path', '/evil']]],
    ['with :status', END, [[':status', '200']]],
    ['with a capital', END, [['X-Sum', '1']]],
    ['with connection', END, [['connection', 'close']]],
    ['with a line end', END, [['x-sum', '1\r\n\r\nGET /evil HTTP/1.1']]],
    ['with an empty name', END, [['', '1']]],
  ])('%s are malformed', async (_, flags, trailers) => {
    for (const length of [[], [['content-length', '9'] as Field]]) {
      const client = await arena.client();
      client.open(1, asks(client, '/echo', 'POST', ...length), false);
      client.data(1, 'abc');
      client.send(Frame.headers, flags, 1, plainBlock(trailers));
      const { status, reset } = await client.ended(1);
      if (status === 0) expect(reset).toBe(ErrorCode.protocol);
      else expect(status).toBe(400);
      await expectGood(client);
      expect(arena.seen(client)).toEqual([]);
      expect(client.goaway).toBeUndefined();
    }
  });

  test('that end a body before its length is there are malformed', async () => {
    const client = await arena.client();
    client.open(1, asks(client, '/echo', 'POST', ['content-length', '9']), false);
    client.data(1, 'abc');
    client.send(Frame.headers, END, 1, plainBlock([['x-sum', '1']]));
    const { status, reset } = await client.ended(1);
    if (status === 0) expect(reset).toBe(ErrorCode.protocol);
    else expect(status).toBe(400);
    await expectGood(client);
    expect(arena.seen(client)).toEqual([]);
  });
});
