// How connections and streams of HTTP/2 end: drain, reload, idle time, cuts.
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { Balancer } from '../../src/balancer/balancer.js';
import { ok, startHttpMember } from '../support/http-peers.js';
import { connectHttp2, readReply } from '../support/http2-peers.js';
import { ErrorCode, Frame, getFields, number32, RawHttp2 } from '../support/raw-http2.js';
import { connectTcp, Stage, startTcpMember } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

const H2C = { protocol: 'http', http2: { cleartext: true } } as const;

describe('A connection of HTTP/2', () => {
  test('is told to go away at once when the frontend drains, and its streams finish', async () => {
    const member = stage.add(await startTcpMember());
    const { port, frontend } = await stage.open([member], H2C);
    const client = stage.add(await connectHttp2(port));
    const stream = client.open('/');
    const reply = readReply(stream);
    const peer = await member.next();
    await peer.read(1);
    const goaway = once(client.session, 'goaway');
    const drained = frontend.drain(10_000);
    await goaway;
    peer.send(ok('late'));
    expect((await reply).body.toString()).toBe('late');
    expect(await drained).toMatchObject({ aborted: 0 });
  });

  test('an idle one ends at once', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const { port, frontend } = await stage.open([member], H2C);
    const raw = await RawHttp2.connect(port);
    raw.open(1, getFields());
    await raw.outcome(1);
    const drained = frontend.drain(10_000);
    expect(await raw.goaway()).toBe(ErrorCode.none);
    await raw.peer.ending;
    raw.peer.socket.end();
    expect(await drained).toMatchObject({ aborted: 0 });
  });

  test('GOAWAY names the last stream that is served: the client may send later ones elsewhere', async () => {
    const member = stage.add(await startTcpMember());
    const { port, frontend } = await stage.open([member], H2C);
    const raw = await RawHttp2.connect(port);
    raw.open(1, getFields());
    raw.open(3, getFields());
    const peers = [await member.next(), await member.next()];
    for (const peer of peers) await peer.read(1);
    const drained = frontend.drain(10_000);
    const goaway = await raw.find(({ type }) => type === Frame.goaway);
    expect(goaway.payload.readUInt32BE(0)).toBe(3);
    raw.open(5, getFields('/late'));
    for (const peer of peers) peer.send(ok());
    expect((await raw.outcome(1)).status).toBe(200);
    expect((await raw.outcome(3)).status).toBe(200);
    await raw.peer.ending;
    raw.peer.socket.end();
    expect(await drained).toMatchObject({ aborted: 0 });
    expect(member.peers).toHaveLength(2);
  });

  test('the first stream of a new connection is served although the frontend drains', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const { port, frontend } = await stage.open([member], H2C);
    const raw = await RawHttp2.connect(port);
    await raw.find(({ type }) => type === Frame.settings);
    const drained = frontend.drain(10_000);
    raw.open(1, getFields());
    expect((await raw.outcome(1)).status).toBe(200);
    expect(await raw.goaway()).toBe(ErrorCode.none);
    raw.peer.socket.end();
    expect(await drained).toMatchObject({ aborted: 0 });
  });

  test('what is not done at the deadline is cut and counted', async () => {
    const member = stage.add(await startTcpMember());
    const { port, frontend } = await stage.open([member], H2C);
    const client = stage.add(await connectHttp2(port));
    const reply = readReply(client.open('/'));
    const failed = expect(reply).rejects.toThrow();
    await (await member.next()).read(1);
    expect(await frontend.drain(100)).toMatchObject({ aborted: 1 });
    await failed;
  });

  test('a reload holds for the next stream', async () => {
    const before = stage.add(await startHttpMember(() => ok('before')));
    const after = stage.add(await startHttpMember(() => ok('after')));
    const front = { name: 'front', protocol: 'http', bind: '127.0.0.1:0', pool: 'web' } as const;
    const balancer = stage.add(
      new Balancer({
        name: 'lb',
        frontends: [
          {
            ...front,
            http2: { cleartext: true },
            routes: [{ match: { path: '/moved' }, respond: { status: 410, body: 'gone' } }],
          },
        ],
        pools: [{ name: 'web', members: [before.address] }],
      }),
    );
    const { front: addresses } = await balancer.start();
    const client = stage.add(await connectHttp2(addresses?.[0]?.port ?? 0));
    expect((await client.ask('/moved')).status).toBe(410);
    expect((await client.ask('/')).body.toString()).toBe('before');
    let streams = 0;
    client.session.on('remoteSettings', ({ maxConcurrentStreams }) => {
      streams = maxConcurrentStreams ?? 0;
    });
    await balancer.apply({
      name: 'lb',
      frontends: [{ ...front, http2: { cleartext: true, maxConcurrentStreams: 7 } }],
      pools: [{ name: 'web', members: [after.address] }],
    });
    expect((await client.ask('/moved')).body.toString()).toBe('after');
    await client.ask('/');
    expect(streams).toBe(7);
  });

  test('ends after its idle time, and after so many requests', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const { port } = await stage.open([member], { ...H2C, timeouts: { keepAlive: 50 } });
    const raw = await RawHttp2.connect(port);
    raw.open(1, getFields());
    expect((await raw.outcome(1)).status).toBe(200);
    expect(await raw.goaway()).toBe(ErrorCode.none);
    await raw.peer.ending;
    raw.peer.socket.destroy();

    const counted = await stage.open([member], { ...H2C, limits: { requestsPerConnection: 3 } });
    const other = await RawHttp2.connect(counted.port);
    for (const stream of [1, 3, 5]) {
      other.open(stream, getFields());
      expect((await other.outcome(stream)).status).toBe(200);
    }
    expect(await other.goaway()).toBe(ErrorCode.none);
    await other.peer.ending;
    other.peer.socket.destroy();
  });

  test('a client that says nothing, or stops in the preface, gets 408; one that stops behind it is closed', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const { port } = await stage.open([member], { ...H2C, timeouts: { requestHead: 50 } });
    for (const early of ['', 'PRI * HT']) {
      const peer = await connectTcp(port);
      peer.send(early);
      await peer.ending;
      expect(peer.text).toMatch(/^HTTP\/1\.1 408 /);
      peer.socket.destroy();
    }
    const silent = await connectTcp(port);
    silent.send('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    await silent.ending;
  });

  test('a client that goes away frees its members', async () => {
    const member = stage.add(await startTcpMember());
    const { port, pool } = await stage.open([member], H2C);
    const client = await connectHttp2(port);
    const replies = ['/a', '/b', '/c'].map((path) => readReply(client.open(path)).catch(() => 0));
    for (let i = 0; i < 3; i++) await (await member.next()).read(1);
    client.session.destroy();
    await Promise.all(replies);
    await Promise.all(member.peers.map((peer) => peer.ending));
    expect(pool.status().members[0]?.active).toBe(0);
  });

  test('a client that ends its side is gone, and so is what it waits for', async () => {
    const member = stage.add(await startTcpMember());
    const { port } = await stage.open([member], H2C);
    const raw = await RawHttp2.connect(port);
    raw.open(1, getFields());
    const peer = await member.next();
    await peer.read(1);
    raw.peer.socket.end();
    await peer.ending;
    await raw.peer.ending;
  });

  test('a stream that is reset frees its member, and the others go on', async () => {
    const member = stage.add(await startTcpMember());
    const { port } = await stage.open([member], H2C);
    const client = stage.add(await connectHttp2(port));
    const first = client.open('/first');
    const gone = await member.next();
    await gone.read(1);
    const second = readReply(client.open('/second'));
    first.close(ErrorCode.cancel);
    await gone.ending;
    const kept = await member.next();
    await kept.read(1);
    kept.send(ok('second'));
    expect((await second).body.toString()).toBe('second');
  });
});

// A stream that node:http2 gives up while nghttp2 has something to send for it makes nghttp2 ask for that for ever: the process stands.
describe('A stream whose answer comes before the end of its body', () => {
  const post = (): [string, string][] =>
    getFields().map(([name, value]) => [name, name === ':method' ? 'POST' : value]);

  test('is reset when the client does not take the answer, and room that comes later is nothing', async () => {
    const member = stage.add(
      await startTcpMember((peer) => {
        void peer
          .read(1)
          .then((text) => peer.send(ok(text.startsWith('POST') ? Buffer.alloc(70_000) : 'ok')));
      }),
    );
    const { port } = await stage.open([member], { ...H2C, timeouts: { client: 100 } });
    const raw = await RawHttp2.connect(port);
    raw.open(1, post(), { isEnded: false });
    raw.data(1, 'abc');
    expect(await raw.outcome(1)).toEqual({ status: 200, code: ErrorCode.cancel });
    const sent = raw.frames.filter(({ type, stream }) => type === Frame.data && stream === 1);
    expect(sent.reduce((sum, { payload }) => sum + payload.length, 0)).toBe(65_535);
    for (const stream of [0, 1]) raw.send(Frame.windowUpdate, 0, stream, number32(100_000));
    raw.open(3, getFields());
    expect(await raw.outcome(3)).toEqual({ status: 200, code: -1 });
    raw.peer.socket.destroy();
  });

  test('is ended behind it, also when the rest of the body has come meanwhile', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const { port } = await stage.open([member], { ...H2C, limits: { bodyBytes: 5 } });
    const raw = await RawHttp2.connect(port);
    raw.open(1, post(), { isEnded: false });
    raw.data(1, 'abcdefgh', true);
    expect(await raw.outcome(1)).toEqual({ status: 413, code: -1 });
    raw.open(3, post(), { isEnded: false });
    raw.data(3, 'abcdefgh');
    expect((await raw.outcome(3)).status).toBe(413);
    raw.open(5, getFields());
    expect(await raw.outcome(5)).toEqual({ status: 200, code: -1 });
    raw.peer.socket.destroy();
  });
});
