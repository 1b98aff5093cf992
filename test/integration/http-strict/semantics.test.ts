import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { answerOk, type RawRequest, type RawResponse } from '../../support/raw-http.js';
import { expectRefusal, Rig } from './rig.js';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({ limits: { bodyBytes: 1000 } });
});
afterEach(() => {
  rig.member.script = () => answerOk();
  rig.member.forget();
  expect(rig.member.faults).toEqual([]);
});
afterAll(() => rig.close());

/** Sends one request and reads answers to the end; what the client got and what the member saw. */
async function forward(bytes: string): Promise<{ answers: RawResponse[]; seen: RawRequest[] }> {
  const answers = await rig.exchange(bytes, bytes.startsWith('HEAD'));
  return { answers, seen: await rig.seen() };
}

const FORWARDED_LINE = /^(x-forwarded-|forwarded:)/i;

describe('header lines of requests', () => {
  test.each([
    ['Connection: close', []],
    ['Connection: X-Hop, close\r\nX-Hop: 1\r\nX-End: 2', ['X-End: 2']],
    ['Keep-Alive: 5', []],
    ['Proxy-Connection: keep-alive', []],
    ['Proxy-Authorization: Basic eA==', []],
    ['TE: trailers', ['TE: trailers', 'Connection: TE']],
    ['Connection: TE, X-Hop\r\nTE: trailers\r\nX-Hop: 1', ['TE: trailers', 'Connection: TE']],
    [
      'Connection: Upgrade, TE\r\nUpgrade: websocket\r\nTE: trailers',
      ['TE: trailers', 'Connection: Upgrade, TE', 'Upgrade: websocket'],
    ],
    ['TE: gzip', []],
    ['Upgrade: websocket', []],
    ['Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__', []],
    ['Authorization: Basic eA==', ['Authorization: Basic eA==']],
    ['Cookie: a=b\r\nCookie: c=d', ['Cookie: a=b', 'Cookie: c=d']],
    ['x-MiXeD:   spaced   ', ['x-MiXeD:   spaced   ']],
    ['X: caf\xe9', ['X: caf\xe9']],
    ['X_Under: 1', ['X_Under: 1']],
    ['x_forwarded_for: 6.6.6.6', []],
    ['X-Forwarded_Proto: https', []],
    ['Content_Length: 10', []],
  ])('%j is forwarded as %j', async (lines, expected) => {
    const { answers, seen } = await forward(`GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n\r\n`);
    expect(answers.map((answer) => answer.status)).toEqual([200]);
    expect(seen[0]?.lines.filter((line) => !FORWARDED_LINE.test(line))).toEqual([
      'Host: a',
      ...expected,
    ]);
  });

  test.each([
    'X-Forwarded-For: 6.6.6.6',
    'X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 7.7.7.7',
    'x-forwarded-for: 6.6.6.6',
    'Forwarded: for=6.6.6.6',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Host: evil.test',
    'X-Forwarded-Port: 443',
    'x-forwarded-port: 443',
  ])('%j of an untrusted client is dropped', async (lines) => {
    const { seen } = await forward(`GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n\r\n`);
    expect(seen[0]?.head).not.toMatch(/6\.6\.6\.6|7\.7\.7\.7|https|evil/);
    expect(seen[0]?.fields.get('x-forwarded-port')).not.toBe('443');
    expect(seen[0]?.fields.get('x-forwarded-for')).toBe('127.0.0.1');
  });

  test('Connection may not take away what the frontend says of the client', async () => {
    const { seen } = await forward(
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: close, X-Forwarded-For, X-Forwarded-Host\r\n\r\n',
    );
    expect(seen[0]?.fields.get('x-forwarded-for')).toBe('127.0.0.1');
    expect(seen[0]?.fields.get('x-forwarded-host')).toBe('a');
  });
});

describe('targets', () => {
  test.each([
    ['GET http://a.test/p?q HTTP/1.1\r\nHost: a.test', 'GET /p?q HTTP/1.1'],
    ['GET http://a.test HTTP/1.1\r\nHost: a.test', 'GET / HTTP/1.1'],
    ['GET http://a.test?q HTTP/1.1\r\nHost: a.test', 'GET /?q HTTP/1.1'],
    ['OPTIONS http://a.test HTTP/1.1\r\nHost: a.test', 'OPTIONS * HTTP/1.1'],
    ['OPTIONS * HTTP/1.1\r\nHost: a.test', 'OPTIONS * HTTP/1.1'],
    ['GET /a/../b HTTP/1.1\r\nHost: a.test', 'GET /a/../b HTTP/1.1'],
    ['GET //b/ HTTP/1.1\r\nHost: a.test', 'GET //b/ HTTP/1.1'],
    ['GET /%2e%2e/%00 HTTP/1.1\r\nHost: a.test', 'GET /%2e%2e/%00 HTTP/1.1'],
    ['GET / HTTP/1.5\r\nHost: a.test', 'GET / HTTP/1.1'],
    ['GET / HTTP/1.0\r\nHost: a.test', 'GET / HTTP/1.1'],
    ['GET http://a.test:8/ HTTP/1.0\r\nX: y', 'GET / HTTP/1.1'],
    ['brew /pot HTTP/1.1\r\nHost: a.test', 'brew /pot HTTP/1.1'],
  ])('%j arrives as %j', async (bytes, line) => {
    const { answers, seen } = await forward(`${bytes}\r\n\r\n`);
    expect(answers.map((answer) => answer.status)).toEqual([200]);
    expect(seen[0]?.startLine).toBe(line);
    expect(seen[0]?.fields.get('host')).toMatch(/^a\.test(:8)?$/);
  });

  test('an HTTP/1.0 request without Host gets one', async () => {
    const { seen } = await forward('GET / HTTP/1.0\r\n\r\n');
    expect(seen[0]?.fields.get('host')).toBe(`127.0.0.1:${rig.port}`);
  });
});

describe('methods', () => {
  test.each([
    'TRACE / HTTP/1.1\r\nHost: a',
    'CONNECT a:80 HTTP/1.1\r\nHost: a:80',
    'CONNECT a:80 HTTP/1.1\r\nHost: a',
    'CONNECT a:80 HTTP/1.1\r\nHost: b:80',
  ])('%j is 405 and closes', async (bytes) => {
    const { answers, seen } = await forward(`${bytes}\r\n\r\n`);
    expectRefusal(answers[0], 405);
    expect(answers[0]?.fields.get('allow')).toMatch(/GET/);
    expect(seen).toEqual([]);
  });

  test('bytes behind a refused CONNECT are no request', async () => {
    const { answers, seen } = await forward(
      'CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\nGET /evil HTTP/1.1\r\nHost: a\r\n\r\n',
    );
    expect(answers.map((answer) => answer.status)).toEqual([405]);
    expect(seen).toEqual([]);
  });

  test.each([
    ['0', 200, undefined],
    ['1', 200, '0'],
    ['10', 200, '09'],
    ['junk', 200, 'junk'],
  ])('OPTIONS with Max-Forwards %s', async (value, status, arrives) => {
    const { answers, seen } = await forward(
      `OPTIONS / HTTP/1.1\r\nHost: a\r\nMax-Forwards: ${value}\r\n\r\n`,
    );
    expect(answers[0]?.status).toBe(status);
    expect(seen.map((request) => request.fields.get('max-forwards'))).toEqual(
      arrives === undefined ? [] : [arrives],
    );
  });

  test('Max-Forwards of a GET is left alone', async () => {
    const { seen } = await forward('GET / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n');
    expect(seen[0]?.fields.get('max-forwards')).toBe('0');
  });

  test.each(['GET', 'DELETE', 'OPTIONS', 'PUT', 'brew'])('%s may have chunks', async (method) => {
    const { answers, seen } = await forward(
      `${method} / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    );
    expect(answers.map((answer) => answer.status)).toEqual([200]);
    expect(seen.map((request) => request.body)).toEqual(['hello']);
    expect(seen[0]?.fields.get('transfer-encoding')).toBe('chunked');
    expect(seen[0]?.fields.has('content-length')).toBe(false);
  });
});

const post = (expectation: string, version = '1.1'): string =>
  `POST /x HTTP/${version}\r\nHost: a\r\nContent-Length: 5\r\n${expectation}\r\n`;

describe('Expect', () => {
  test('100-continue: the member says when, the body follows', async () => {
    const client = await rig.connect();
    const before = rig.member.connections.length;
    client.send(`${post('Expect: 100-continue\r\n')}\r\n`.slice(0, -2));
    while (!(rig.member.connections[before]?.received ?? '').includes('\r\n\r\n')) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    expect(rig.member.connections[before]?.received).toContain('Expect: 100-continue');
    rig.member.connections[before]?.send('HTTP/1.1 100 Continue\r\n\r\n');
    expect((await client.response())?.status).toBe(100);
    client.send('hello');
    expect((await client.response())?.status).toBe(200);
    client.close();
    expect((await rig.seen()).map((request) => request.body)).toEqual(['hello']);
  });

  test('100-continue: a final answer instead closes when the body does not come', async () => {
    const client = await rig.connect();
    const before = rig.member.connections.length;
    client.send(post('Expect: 100-continue\r\n'));
    while (!(rig.member.connections[before]?.received ?? '').includes('\r\n\r\n')) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    const side = rig.member.connections[before]!;
    side.send('HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n');
    const answers = await client.responses();
    expect(answers.map((answer) => answer.status)).toEqual([413]);
    expect(answers[0]?.fields.get('connection')).toBe('close');
    side.at = side.received.length;
  });

  test.each([
    'Expect: 200-ok',
    'Expect: 100-continue, x',
    'Expect: x, 100-continue',
    'Expect: y 100-continue',
    'Expect: 100-continue\r\nExpect: 100-continue',
    'Expect: 100-continue;x=y',
    'Expect: "100-continue"',
    'Expect:',
  ])('%j is 417 and never forwarded', async (lines) => {
    const { answers, seen } = await forward(`GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n\r\n`);
    expect(answers.map((answer) => answer.status)).toEqual([417]);
    expect(seen).toEqual([]);
  });

  test('417 keeps the connection when the body has been read', async () => {
    const client = await rig.connect();
    client.send(`${post('Expect: later\r\n')}hello${post('Connection: close\r\n')}world`);
    const answers = await client.responses();
    expect(answers.map((answer) => answer.status)).toEqual([417, 200]);
    expect((await rig.seen()).map((request) => request.body)).toEqual(['world']);
  });

  test('an HTTP/1.0 expectation is ignored', async () => {
    const { answers, seen } = await forward(`${post('Expect: 100-continue\r\n', '1.0')}hello`);
    expect(answers.map((answer) => answer.status)).toEqual([200]);
    expect(seen[0]?.fields.has('expect')).toBe(false);
  });
});

const upgrade = (protocol: string, lines = ''): string =>
  `GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n${lines}\r\n`;

describe('Upgrade', () => {
  test('websocket becomes a tunnel that carries everything', async () => {
    rig.member.script = (_, side) => {
      side.socket.removeAllListeners('data');
      side.socket.on('data', (text: string) => side.socket.write(`echo:${text}`, 'latin1'));
      return 'HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst;';
    };
    const client = await rig.connect();
    client.send(upgrade('websocket'));
    const answer = await client.response();
    expect(answer?.status).toBe(101);
    expect(answer?.fields.get('upgrade')).toBe('websocket');
    expect(answer?.fields.get('connection')).toMatch(/^upgrade$/i);
    expect(await client.sees('first;')).toBe(true);
    client.send('GET /evil HTTP/1.1\r\n\r\n');
    expect(await client.sees('echo:GET /evil')).toBe(true);
    client.close();
  });

  test('before the 101 nothing behind the request reaches the member as a request', async () => {
    rig.member.script = (request) => answerOk(request.target);
    const client = await rig.connect();
    client.send(
      `${upgrade('websocket')}GET /evil HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
    );
    const answers = await client.responses();
    expect(answers.map((answer) => answer.body)).toEqual(['/ws', '/evil']);
  });

  test.each(['h2c', 'TLS/1.0', 'foo', 'websocket2', ''])(
    '%j is not passed on',
    async (protocol) => {
      const { answers, seen } = await forward(upgrade(protocol));
      expect(answers.map((answer) => answer.status)).toEqual([200]);
      expect(seen[0]?.fields.has('upgrade')).toBe(false);
      expect(seen[0]?.fields.has('connection')).toBe(false);
    },
  );

  test.each([
    ['a length', 'Content-Length: 5\r\n', 'hello'],
    ['chunks', 'Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n'],
  ])('with a body of %s it is an ordinary request', async (_, lines, body) => {
    const { seen } = await forward(`${upgrade('websocket', lines)}${body}`);
    expect(seen.map((request) => [request.body, request.fields.has('upgrade')])).toEqual([
      ['hello', false],
    ]);
  });
});

describe('limits', () => {
  test('a declared body above the limit is 413', async () => {
    const { answers, seen } = await forward(
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n${'x'.repeat(1001)}`,
    );
    expectRefusal(answers[0], 413);
    expect(seen).toEqual([]);
  });

  test.each([
    ['in one chunk', `${(1001).toString(16)}\r\n${'x'.repeat(1001)}\r\n0\r\n\r\n`],
    ['announced', 'fffffff\r\n'],
    ['in many', `64\r\n${'x'.repeat(100)}\r\n`.repeat(11)],
  ])('a chunked body above the limit %s is 413', async (_, body) => {
    const { answers, seen } = await forward(
      `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${body}`,
    );
    expectRefusal(answers[0], 413);
    expect(seen).toEqual([]);
  });

  test('a body of exactly the limit passes', async () => {
    const { seen } = await forward(
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n${'x'.repeat(1000)}`,
    );
    expect(seen[0]?.body.length).toBe(1000);
  });
});

describe('what a client leaves unfinished', () => {
  test.each([
    ['half a head', 'GET / HTTP/1.1\r\nHost: a\r\n'],
    ['half a length', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello'],
    ['half a chunk', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel'],
    [
      'no last chunk',
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
    ],
    [
      'no last line',
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n',
    ],
  ])('%s is never a request', async (_, bytes) => {
    const client = await rig.connect();
    client.send(bytes);
    client.endSending();
    const answers = await client.responses();
    client.close();
    expect(answers.every((answer) => answer.status === 400 || answer.status === 408)).toBe(true);
    expect(await rig.seen()).toEqual([]);
  });
});
