// How exchanges end before their time: aborts, half-closes, truncation, early answers, drain, reload.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { connectHttp, get, ok, post, startHttpMember } from '../support/http-peers.js';
import { Stage, startTcpMember } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

const HTTP = { protocol: 'http' } as const;

describe('HTTP endings', () => {
  test('a client that resets releases the member at once', async () => {
    const member = stage.add(await startTcpMember());
    const { port, pool } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    client.send(get());
    const peer = await member.next();
    await peer.read(10);
    client.peer.socket.resetAndDestroy();
    await peer.ending;
    expect(pool.members[0]!.state.active).toBe(0);
    expect(pool.members[0]!.state.consecutiveFailures).toBe(0);
  });

  test('an answer up to the end of its connection is cut by a reset right behind its bytes', async () => {
    const member = stage.add(
      await startTcpMember((peer) => {
        peer.socket.once('data', () => {
          peer.send('HTTP/1.1 200 OK\r\n\r\na part');
          peer.socket.resetAndDestroy();
        });
      }),
    );
    const { port, pool } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    client.send(get());
    await client.peer.ending;
    client.peer.socket.destroy();
    await vi.waitFor(() => expect(pool.members[0]!.state.totals.reset).toBe(1));
  });

  test('a client that ends while it waits in the queue gives its place up: no member sees the request', async () => {
    const member = stage.add(await startHttpMember(() => undefined));
    const { port, pool } = await stage.open([], HTTP, {
      members: [{ address: member.address, maxConnections: 1 }],
    });
    const first = await connectHttp(port);
    first.send(get('/first'));
    const peer = await member.next();
    await peer.read(10);
    const leaver = await connectHttp(port);
    leaver.send(get('/left'));
    await vi.waitFor(() => expect(pool.status().queued).toBe(1));
    leaver.peer.socket.end();
    await leaver.peer.ending;
    expect(pool.status().queued).toBe(0);
    expect(leaver.peer.text).toBe('');
    const last = await connectHttp(port);
    last.send(get('/last'));
    peer.send(ok('one'));
    expect((await first.reply()).body.toString()).toBe('one');
    await vi.waitFor(() =>
      expect(member.requests.map(({ firstLine }) => firstLine.split(' ')[1])).toEqual([
        '/first',
        '/last',
      ]),
    );
  });

  test('a client that ends in the middle of a body is an abort: the member sees no whole request', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const { port } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    client.send('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nhalf');
    const peer = await member.next();
    await peer.read(100);
    client.peer.socket.end();
    await peer.ending;
    expect(member.requests).toHaveLength(0);
  });

  test.each(['Content-Length: 9', 'Transfer-Encoding: chunked'])(
    'a client that half-closes in the middle of a pipelined body (%s) is done after the answers before it',
    async (framing) => {
      const member = stage.add(await startTcpMember());
      const { port, pool, frontend } = await stage.open([member], HTTP);
      const client = await connectHttp(port);
      client.send(get('/1'));
      const first = await member.next();
      await first.read(10);
      client.send(`POST /2 HTTP/1.1\r\nHost: a.test\r\n${framing}\r\n\r\n3\r\nabc`);
      client.peer.socket.end();
      // What another client asks for later is there: the end has come, before the answer makes way for what is behind it.
      const other = await connectHttp(port);
      other.send(get('/3'));
      const second = await member.next();
      await second.read(10);
      first.send(ok('one'));
      second.send(ok('three'));
      expect((await client.reply()).body.toString()).toBe('one');
      expect((await other.reply()).body.toString()).toBe('three');
      await client.peer.ending;
      other.peer.socket.destroy();
      await vi.waitFor(() => expect(frontend.status().active).toBe(0));
      expect(pool.members[0]!.state.active).toBe(0);
      expect(first.text).not.toContain('POST');
    },
  );

  test('a client that half-closes after its requests gets every answer, then an end', async () => {
    const member = stage.add(await startHttpMember(({ firstLine }) => ok(firstLine)));
    const { port } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    client.send(get('/1') + get('/2'));
    client.peer.socket.end();
    expect((await client.reply()).body.toString()).toContain('/1');
    expect((await client.reply()).body.toString()).toContain('/2');
    expect(await client.peer.ending).toBe('end');
  });

  test.each([
    ['a length', 'Content-Length: 10\r\n\r\nhalf'],
    ['chunks', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ])('an answer with %s that breaks off never looks whole', async (_name, rest) => {
    const member = stage.add(
      await startHttpMember((_request, peer) => {
        peer.socket.end(`HTTP/1.1 200 OK\r\n${rest}`);
      }),
    );
    const { port } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    client.send(get());
    await client.peer.ending;
    expect(client.peer.text).toMatch(/^HTTP\/1\.1 200/);
    expect(client.peer.text).not.toContain('\r\n0\r\n');
    await expect(client.reply()).rejects.toThrow(/ended after/);
  });

  test('an early answer passes, a short rest of the body is dropped, and the connection is kept', async () => {
    const member = stage.add(
      await startTcpMember((peer) => {
        peer.socket.once('data', () =>
          peer.socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'),
        );
      }),
    );
    const { port } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    client.send('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000\r\n\r\nfirst');
    expect((await client.reply()).status).toBe(403);
    client.send('x'.repeat(995) + get('/next'));
    expect((await client.reply()).status).toBe(403);
    client.peer.socket.destroy();
  });

  test('an early answer to a long body is read by the client before the connection closes', async () => {
    const member = stage.add(
      await startTcpMember((peer) => {
        peer.socket.once('data', () =>
          peer.send('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'),
        );
      }),
    );
    const { port } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    client.send('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000000\r\n\r\n');
    client.send('x'.repeat(200_000));
    expect((await client.reply()).body.toString()).toBe('no');
    client.send('x'.repeat(200_000));
    expect(await client.peer.ending).toBe('end');
  });

  test('draining still serves the first request of a connection that was just made', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const { port, frontend } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    await vi.waitUntil(() => frontend.status().active === 1);
    const drained = frontend.drain(5000);
    client.send(get());
    const answer = await client.reply();
    expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
    expect(await drained).toMatchObject({ completed: 1, aborted: 0 });
  });

  test('draining does not wait long for a first request that does not come', async () => {
    const { port, frontend } = await stage.open(['127.0.0.1:9'], HTTP);
    const client = await connectHttp(port);
    await vi.waitUntil(() => frontend.status().active === 1);
    const drained = frontend.drain(60_000);
    expect((await client.reply()).status).toBe(408);
    client.peer.socket.end();
    expect(await drained).toMatchObject({ completed: 1, aborted: 0 });
  });

  test('draining closes idle connections at once and busy ones after their answer', async () => {
    const member = stage.add(await startTcpMember());
    const { port, frontend } = await stage.open([member], HTTP);
    const idle = await connectHttp(port);
    const busy = await connectHttp(port);
    busy.send(get());
    const peer = await member.next();
    await peer.read(10);
    const drained = frontend.drain(5000);
    expect(await idle.peer.ending).toBe('end');
    peer.send(ok());
    idle.peer.socket.end();
    const answer = await busy.reply();
    expect(answer.headers.get('connection')).toBe('close');
    expect(await busy.peer.ending).toBe('end');
    busy.peer.socket.end();
    expect((await drained).aborted).toBe(0);
  });

  test('new settings hold for the next request of a kept connection', async () => {
    const one = stage.add(await startHttpMember(() => ok('one')));
    const { port, frontend, pool } = await stage.open([one], HTTP);
    const client = await connectHttp(port);
    client.send(post('x'.repeat(100)));
    expect((await client.reply()).status).toBe(200);
    const limits = { ...frontend.config.limits, bodyBytes: 10 };
    const update = await frontend.prepare({ ...frontend.config, limits }, () => pool);
    update.commit();
    client.send(post('x'.repeat(100)));
    expect((await client.reply()).status).toBe(413);
    expect(await client.peer.ending).toBe('end');
  });
});
