// What frames can say and HTTP/1.1 can't: nothing of it reaches a member as something else.
import { afterEach, describe, expect, test } from 'vitest';
import { type HttpMember, ok, startHttpMember } from '../support/http-peers.js';
import { block, ErrorCode, Flag, Frame, getFields, RawHttp2 } from '../support/raw-http2.js';
import { Stage } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

type Pairs = [string, string][];

async function connect(port: number): Promise<RawHttp2> {
  const raw = await RawHttp2.connect(port);
  stage.add({ close: () => Promise.resolve(raw.peer.socket.destroy()).then(() => undefined) });
  return raw;
}

async function start(): Promise<{ member: HttpMember; raw: RawHttp2; port: number }> {
  const member = stage.add(await startHttpMember(({ body }) => ok(body)));
  const options = { protocol: 'http', http2: { cleartext: true } } as const;
  const { port } = await stage.open([member], options);
  return { member, raw: await connect(port), port };
}

/** All bytes that the member has received, by connection; the frontend's port is written as 0. */
function bytesSeen(member: HttpMember): string[] {
  return member.peers.map(({ text }) =>
    text.replaceAll(/X-Forwarded-Port: \d+/g, 'X-Forwarded-Port: 0'),
  );
}

/** What a member sees of a request of HTTP/2: `lines` before what evenkeel tells of the client, `framing` and `body` behind. */
function seenAs(start: string, { lines = '', framing = '', body = '' } = {}): string {
  return (
    `${start} HTTP/1.1\r\nhost: a.test\r\n${lines}X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\n` +
    `X-Forwarded-Host: a.test\r\nX-Forwarded-Port: 0\r\n${framing}\r\n${body}`
  );
}

const CHUNKED = 'Transfer-Encoding: chunked\r\n';

/** A sound request comes next: the member sees exactly that. @returns the bytes that it saw before */
async function seenBefore(raw: RawHttp2, member: HttpMember, stream: number): Promise<string> {
  raw.open(stream, getFields('/next'));
  expect(await raw.outcome(stream)).toEqual({ status: 200, code: -1 });
  const [last, ...others] = bytesSeen(member).reverse();
  const next = seenAs('GET /next');
  expect(last?.slice(-next.length)).toBe(next);
  return others.reverse().join('') + last!.slice(0, -next.length);
}

/** What a member may have seen of a message that was cut: its beginning, and nothing else. */
function expectBeginning(seen: string, whole: string): void {
  expect(seen).toBe(whole.slice(0, seen.length));
}

function with_(pseudo: Record<string, string>, ...fields: Pairs): Pairs {
  const start = getFields('/evil').map(([name, value]): [string, string] => [
    name,
    pseudo[name] ?? value,
  ]);
  return [...start, ...fields];
}

const HEADS: [string, Pairs][] = [
  ['a line end in a value', with_({}, ['x-a', 'b\r\nx-evil: 1'])],
  [
    'a second request in a value',
    with_({}, ['x-a', 'b\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a.test']),
  ],
  ['a bare CR in a value', with_({}, ['x-a', 'b\rc'])],
  ['a bare LF in a value', with_({}, ['x-a', 'b\nx-evil: 1'])],
  ['NUL in a value', with_({}, ['x-a', 'b\0c'])],
  ['a line end in a name', with_({}, ['x-a\r\nx-evil', '1'])],
  ['a colon and a line end in a name', with_({}, ['x-a: 1\r\ntransfer-encoding', 'chunked'])],
  ['a blank in a name', with_({}, ['transfer-encoding ', 'chunked'])],
  ['a capital in a name', with_({}, ['Transfer-Encoding', 'chunked'])],
  ['an empty name', with_({}, ['', '1'])],
  ['transfer-encoding', with_({}, ['transfer-encoding', 'chunked'])],
  [
    'transfer-encoding with a length',
    with_({}, ['transfer-encoding', 'chunked'], ['content-length', '0']),
  ],
  ['connection', with_({}, ['connection', 'x-forwarded-for'])],
  ['connection: upgrade', with_({}, ['connection', 'upgrade'], ['upgrade', 'websocket'])],
  ['keep-alive', with_({}, ['keep-alive', 'timeout=9'])],
  ['proxy-connection', with_({}, ['proxy-connection', 'keep-alive'])],
  ['upgrade', with_({}, ['upgrade', 'h2c'])],
  ['te: chunked', with_({}, ['te', 'chunked'])],
  ['two lengths that differ', with_({}, ['content-length', '0'], ['content-length', '5'])],
  ['a length with a sign', with_({}, ['content-length', '+0'])],
  ['a length without a body', with_({}, ['content-length', '5'])],
  ['a blank in :path', with_({ ':path': '/a b' })],
  ['a whole head in :path', with_({ ':path': '/ HTTP/1.1\r\nhost: evil.test\r\nx:' })],
  ['a fragment in :path', with_({ ':path': '/a#b' })],
  ['an empty :path', with_({ ':path': '' })],
  ['a :path without its slash', with_({ ':path': 'evil' })],
  ['a :path of absolute form', with_({ ':path': 'http://evil.test/' })],
  ['an asterisk for GET', with_({ ':path': '*' })],
  ['a blank in :method', with_({ ':method': 'GET /admin HTTP/1.1\r\nx: ' })],
  ['an empty :method', with_({ ':method': '' })],
  ['a :scheme that is none', with_({ ':scheme': 'https://evil.test/?' })],
  ['an empty :scheme', with_({ ':scheme': '' })],
  ['an :authority with a user', with_({ ':authority': 'a.test@evil.test' })],
  ['an :authority with a line end', with_({ ':authority': 'a.test\r\nx-evil: 1' })],
  ['an :authority with a path', with_({ ':authority': 'evil.test/path' })],
  ['an empty :authority', with_({ ':authority': '' })],
  ['host that differs', with_({}, ['host', 'evil.test'])],
  ['two hosts', with_({}, ['host', 'a.test'], ['host', 'evil.test'])],
  ['a pseudo-header field behind the others', [...with_({}, ['x-a', '1']), [':path', '/evil']]],
  ['a pseudo-header field twice', [...getFields('/a'), [':path', '/evil']]],
  [':status', [...getFields('/a'), [':status', '200']]],
  [':protocol without CONNECT', [...getFields('/a'), [':protocol', 'websocket']]],
  ['a pseudo-header field that nobody knows', [...getFields('/a'), [':evil', '1']]],
  ['no pseudo-header fields', [['x-a', '1']]],
  ['an extended CONNECT', [...with_({ ':method': 'CONNECT' }), [':protocol', 'websocket']]],
];

describe('A request of HTTP/2 that would be another one in HTTP/1.1', () => {
  test.each(HEADS)('%s does not reach a member', async (_, fields) => {
    const { member, raw } = await start();
    raw.open(1, fields);
    const { status, code } = await raw.outcome(1);
    if (status === 200) {
      // node:http2 has left the bad field out, as if it had not been sent.
      expect(bytesSeen(member)).toEqual([seenAs('GET /evil')]);
    } else {
      // 400 or 405 by us, or the reset of node:http2.
      if (status === 0) expect(code).toBe(ErrorCode.protocol);
      else expect([400, 405]).toContain(status);
      expect(bytesSeen(member).join('')).toBe('');
    }
    expect(await seenBefore(raw, member, 3)).toBe(status === 200 ? seenAs('GET /evil') : '');
  });

  test('te: trailers and pieces of Cookie pass as HTTP/1.1 writes them', async () => {
    const { member, raw } = await start();
    raw.open(1, with_({}, ['cookie', 'a=1'], ['te', 'trailers'], ['cookie', 'b=2']));
    expect((await raw.outcome(1)).status).toBe(200);
    const lines = 'te: trailers\r\ncookie: a=1; b=2\r\n';
    const framing = 'Connection: TE\r\n';
    expect(bytesSeen(member)).toEqual([seenAs('GET /evil', { lines, framing })]);
  });

  test.each([
    ['more DATA than the length says', '3', ['abcdef']],
    ['less DATA than the length says', '9', ['abc']],
    [
      'more DATA than the length says, later',
      '3',
      ['abc', 'GET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n'],
    ],
  ] as const)('%s is cut off', async (_, length, pieces) => {
    const { member, raw } = await start();
    const fields = with_({ ':method': 'POST' }, ['content-length', length]);
    raw.open(1, fields, { isEnded: false });
    pieces.forEach((piece, i) => raw.data(1, piece, i === pieces.length - 1));
    const { status, code } = await raw.outcome(1);
    if (code <= 0) expect([200, 400]).toContain(status);
    const lines = `content-length: ${length}\r\n`;
    expectBeginning(await seenBefore(raw, member, 3), seenAs('POST /evil', { lines, body: 'abc' }));
  });

  test('DATA that looks like chunked framing is payload', async () => {
    const { member, raw } = await start();
    raw.open(1, with_({ ':method': 'POST' }), { isEnded: false });
    const payload = '0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n';
    raw.data(1, payload, true);
    expect((await raw.outcome(1)).status).toBe(200);
    const body = `${payload.length.toString(16)}\r\n${payload}\r\n0\r\n\r\n`;
    expect(await seenBefore(raw, member, 3)).toBe(seenAs('POST /evil', { framing: CHUNKED, body }));
  });

  test.each<[string, Pairs]>([
    ['a pseudo-header field', [[':path', '/evil']]],
    ['a line end', [['x-a', 'b\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n']]],
    ['a length', [['content-length', '100']]],
    ['transfer-encoding', [['transfer-encoding', 'chunked']]],
    ['host', [['host', 'evil.test']]],
  ])('trailers with %s bring nothing across', async (_, trailers) => {
    const { member, raw } = await start();
    raw.open(1, with_({ ':method': 'POST' }), { isEnded: false });
    raw.data(1, 'abc');
    raw.send(Frame.headers, Flag.endHeaders | Flag.endStream, 1, block(trailers));
    await raw.outcome(1);
    const whole = seenAs('POST /evil', { framing: CHUNKED, body: '3\r\nabc\r\n0\r\n\r\n' });
    expectBeginning(await seenBefore(raw, member, 3), whole);
  });

  test('a reset in the middle of a body cuts the member off: half a request is no request', async () => {
    const { member, raw } = await start();
    raw.open(1, with_({ ':method': 'POST' }), { isEnded: false });
    raw.data(1, 'abc');
    const peer = await member.next();
    await peer.read(1);
    raw.send(Frame.rstStream, 0, 1, Buffer.from([0, 0, 0, ErrorCode.cancel]));
    await peer.closed;
    const part = seenAs('POST /evil', { framing: CHUNKED, body: '3\r\nabc\r\n' });
    expectBeginning(await seenBefore(raw, member, 3), part);
  });

  test('a cut answer is reset, and never ended', async () => {
    for (const head of [
      'Content-Length: 9\r\n\r\nabc',
      'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n',
    ]) {
      const member = stage.add(
        await startHttpMember((_request, peer) => {
          peer.send(`HTTP/1.1 200 OK\r\n${head}`);
          setImmediate(() => peer.socket.destroy());
        }),
      );
      const options = { protocol: 'http', http2: { cleartext: true } } as const;
      const { port } = await stage.open([member], options);
      const raw = await RawHttp2.connect(port);
      raw.open(1, getFields());
      expect(await raw.outcome(1)).toEqual({ status: 200, code: ErrorCode.internal });
      const ends = raw.frames.filter(
        ({ stream, type, flags }) => stream === 1 && type <= 1 && (flags & 1) !== 0,
      );
      expect(ends).toEqual([]);
      raw.peer.socket.destroy();
    }
  });
});
