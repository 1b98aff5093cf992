// Bounds and time limits, each with its status.
import { afterEach, describe, expect, test } from 'vitest';
import { ask, connectHttp, get, ok, post, startHttpMember } from '../support/http-peers.js';
import { Stage, startTcpMember } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

const HTTP = { protocol: 'http' } as const;

describe('HTTP limits', () => {
  test.each([
    [
      'a request line that is too long',
      414,
      `GET /${'a'.repeat(3000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
    ],
    ['a head that is too long', 431, get('/', `X: ${'a'.repeat(3000)}\r\n`)],
    ['too many header lines', 431, get('/', 'X: 1\r\n'.repeat(30))],
    ['a declared body that is too long', 413, post('x'.repeat(200))],
    [
      'a chunk that is too long',
      413,
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nx',
    ],
    ['a malformed head', 400, 'GET / HTTP/1.1\r\nHost : a\r\n\r\n'],
    ['an unknown version', 505, 'GET / HTTP/2.0\r\nHost: a\r\n\r\n'],
    [
      'an unknown coding',
      501,
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n',
    ],
  ])('%s is answered and closed', async (_name, status, request) => {
    const member = stage.add(await startHttpMember(() => ok()));
    const limits = { headerBytes: 2048, headers: 20, bodyBytes: 100 };
    const { port, frontend } = await stage.open([member], { ...HTTP, limits });
    const client = await connectHttp(port);
    client.send(request + get('/smuggled'));
    const answer = await client.reply();
    expect(answer.status).toBe(status);
    expect(answer.headers.get('connection')).toBe('close');
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(await client.peer.ending).toBe('end');
    expect(client.rest).toBe('');
    expect(member.requests).toHaveLength(0);
    expect(frontend.status().totals.failed).toBe(1);
  });

  test('a chunked body is cut when it grows too long on the way', async () => {
    const member = stage.add(await startTcpMember());
    const { port } = await stage.open([member], { ...HTTP, limits: { bodyBytes: 1000 } });
    const client = await connectHttp(port);
    client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n100\r\n');
    client.send(`${'x'.repeat(256)}\r\n`);
    const peer = await member.next();
    client.send(`400\r\n${'x'.repeat(500)}`);
    expect((await client.reply()).status).toBe(413);
    await peer.ending;
    expect(peer.text).not.toContain('\r\n0\r\n');
  });

  test('the last request that a connection may carry is answered with a close', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const { port } = await stage.open([member], { ...HTTP, limits: { requestsPerConnection: 2 } });
    const client = await connectHttp(port);
    client.send(get() + get() + get());
    expect((await client.reply()).headers.has('connection')).toBe(false);
    expect((await client.reply()).headers.get('connection')).toBe('close');
    expect(await client.peer.ending).toBe('end');
    expect(client.rest).toBe('');
  });

  test('a frontend without a pool answers 404 and keeps the connection', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const { port, frontend, pool } = await stage.open([member], HTTP);
    const { pool: _pool, ...config } = frontend.config;
    (await frontend.prepare(config, () => pool)).commit();
    const client = await connectHttp(port);
    client.send(get() + get());
    expect((await client.reply()).status).toBe(404);
    expect((await client.reply()).status).toBe(404);
    client.peer.socket.destroy();
  });
});

describe('HTTP timeouts', () => {
  test.each([
    ['no byte', []],
    ['a dripped head', ['GET / HT', 'TP/1.1\r\n', 'Host: a']],
  ])('408 when %s came within requestHead', async (_name, pieces) => {
    const member = stage.add(await startHttpMember(() => ok()));
    const { port } = await stage.open([member], { ...HTTP, timeouts: { requestHead: 150 } });
    const client = await connectHttp(port);
    for (const piece of pieces) client.send(piece);
    const answer = await client.reply();
    expect(answer.status).toBe(408);
    expect(await client.peer.ending).toBe('end');
  });

  test('bytes do not extend the time for the head', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const { port } = await stage.open([member], { ...HTTP, timeouts: { requestHead: 200 } });
    const client = await connectHttp(port);
    const drip = setInterval(() => client.send('a'), 10);
    client.send('GET / HTTP/1.1\r\nX: ');
    expect((await client.reply()).status).toBe(408);
    clearInterval(drip);
    client.peer.socket.destroy();
  });

  test('an idle kept connection is closed silently', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const { port } = await stage.open([member], { ...HTTP, timeouts: { keepAlive: 100 } });
    const client = await connectHttp(port);
    client.send(get());
    await client.reply();
    expect(await client.peer.ending).toBe('end');
    expect(client.rest).toBe('');
  });

  test('408 when the body stops, 504 when the answer does not come, a cut when it stops', async () => {
    const member = stage.add(
      await startHttpMember(({ firstLine }) =>
        firstLine.includes('half') ? 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf' : undefined,
      ),
    );
    const { port } = await stage.open(
      [member],
      { ...HTTP, timeouts: { client: 150 } },
      { timeouts: { server: 150 } },
    );
    const stalled = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf';
    expect((await ask(port, stalled)).status).toBe(408);
    const client = await connectHttp(port);
    client.send(get('/hang'));
    const answer = await client.reply();
    expect(answer.status).toBe(504);
    expect(answer.headers.has('connection')).toBe(false);
    client.send(get('/half'));
    await client.peer.ending;
    expect(client.rest).toContain('half');
  });

  test('bytes do not extend the time for the head of an answer, bytes of its body do', async () => {
    const member = stage.add(await startTcpMember());
    const { port } = await stage.open([member], HTTP, { timeouts: { server: 200 } });
    const [client, slow] = [await connectHttp(port), await connectHttp(port)];
    client.send(get());
    const peer = await member.next();
    const drip = setInterval(() => peer.send('a'), 10);
    peer.send('HTTP/1.1 200 OK\r\nX: ');
    expect((await client.reply()).status).toBe(504);
    clearInterval(drip);
    slow.send(get());
    const steady = await member.next();
    steady.send('HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n');
    let sent = 0;
    const body = setInterval(() => {
      if (sent++ < 50) steady.send('b');
    }, 10);
    expect((await slow.reply()).status).toBe(103);
    expect((await slow.reply()).body.toString()).toBe('b'.repeat(50));
    clearInterval(body);
    client.peer.socket.destroy();
    slow.peer.socket.destroy();
  });

  test('total ends a request whatever is under way', async () => {
    const member = stage.add(await startTcpMember());
    const { port } = await stage.open([member], { ...HTTP, timeouts: { total: 150 } });
    expect((await ask(port, get())).status).toBe(504);
  });

  test('503 when the queue does not move in time', async () => {
    const member = stage.add(await startTcpMember());
    const { port } = await stage.open([], HTTP, {
      members: [{ address: member.address, maxConnections: 1 }],
      queue: { max: 10, timeout: 100 },
    });
    const first = await connectHttp(port);
    first.send(get());
    await member.next();
    const client = await connectHttp(port);
    client.send(get());
    expect((await client.reply()).status).toBe(503);
    first.peer.socket.destroy();
    client.peer.socket.destroy();
  });
});
