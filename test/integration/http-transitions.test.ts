// Between two states: what comes while a request waits for its next try, while nobody reads, or out of an event's listener.
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { PooledMember } from '../../src/pool/pooled-member.js';
import { VirtualClock } from '../../src/testkit/virtual-clock.js';
import { connectHttp, get, ok, post, startHttpMember } from '../support/http-peers.js';
import { stalled } from '../support/stalled.js';
import { Stage, startTcpMember } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

const HTTP = { protocol: 'http' } as const;

function until(look: () => boolean): Promise<void> {
  return vi.waitFor(() => expect(look()).toBe(true), { timeout: 10_000, interval: 5 });
}

describe('HTTP transitions', () => {
  test('a body stays with its client while the request waits for another member', async () => {
    const busy = stage.add(await startTcpMember());
    const failing = stage.add(
      await startTcpMember(({ socket }) => socket.once('data', () => socket.resetAndDestroy())),
    );
    const members = [{ address: busy.address, maxConnections: 1, name: 'busy' }, failing.address];
    const { port, pool, frontend } = await stage.open([], HTTP, { members, strategy: 'first' });
    const holder = await connectHttp(port);
    holder.send(get('/hold'));
    const held = await busy.next();
    await held.read(10);

    const client = await connectHttp(port);
    const total = 32 * 1024 * 1024;
    client.send(`PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${total}\r\n\r\n`);
    await until(() => pool.status().queued === 1);
    const before = frontend.status().totals.bytesIn;
    client.send(Buffer.alloc(total, 'x'));
    // The kernel's buffers fill up; what is read of it here is one piece.
    const { socket } = client.peer;
    await stalled(() => socket.writableLength);
    expect(frontend.status().totals.bytesIn - before).toBeLessThanOrEqual(65_536);

    held.send(ok());
    await until(() => busy.peers.length > 1 || held.received.length > 200);
    const peer = busy.peers[1] ?? held;
    await until(() => peer.received.length >= total);
    peer.send(ok('done'));
    expect((await client.reply()).body.toString()).toBe('done');
    socket.destroy();
    holder.peer.socket.destroy();
  });

  test('a lease that is revoked by who hears of its retry is not used: one answer, and nothing reaches the member', async () => {
    const failing = stage.add(
      await startTcpMember(({ socket }) => socket.once('data', () => socket.resetAndDestroy())),
    );
    const other = stage.add(await startHttpMember(({ firstLine }) => ok(firstLine)));
    const members = [
      { address: failing.address, name: 'failing' },
      { address: other.address, name: 'other' },
    ];
    const { port, pool, frontend } = await stage.open([], HTTP, { members, strategy: 'first' });
    frontend.events.on('request:retried', () => {
      (pool.member('other') as PooledMember).revokeAll('down');
    });
    const client = await connectHttp(port);
    client.send(get('/once'));
    expect((await client.reply()).status).toBe(503);
    pool.setState('failing', 'maintenance');
    client.send(get('/next'));
    expect((await client.reply()).body.toString()).toContain('/next');
    expect(client.rest).toBe('');
    expect(other.requests.map(({ firstLine }) => firstLine)).toEqual(['GET /next HTTP/1.1']);
    expect(other.peers).toHaveLength(1);
    expect(pool.status().members.map(({ active }) => active)).toEqual([0, 0]);
    client.peer.socket.destroy();
  });

  test.each([
    ['pipelines more than is kept', get('/').repeat(20_000), false],
    ['has ended its side', get('/'), true],
  ])('a client that resets is noticed although it %s', async (_name, text, ends) => {
    const member = stage.add(await startTcpMember());
    const { port, pool } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    client.send(text);
    if (ends) client.peer.socket.end();
    const peer = await member.next();
    await peer.read(10);
    await until(() => client.peer.socket.writableLength === 0 || !ends);
    if (ends) await new Promise((resolve) => setImmediate(resolve));
    client.peer.socket.resetAndDestroy();
    await peer.ending;
    expect(pool.members[0]!.state.active).toBe(0);
  });

  test.each([
    ['has ended its side', get('/'), true],
    ['pipelines', get('/').repeat(20_000), false],
  ])(
    'a client that reads slowly has timeouts.client for it, although it %s',
    async (_name, text, ends) => {
      const clock = new VirtualClock();
      const member = stage.add(await startTcpMember());
      const options = { ...HTTP, timeouts: { client: 10_000 } };
      const { port, frontend } = await stage.open(
        [member],
        options,
        {},
        { environment: { clock } },
      );
      const client = await connectHttp(port);
      const { socket } = client.peer;
      socket.pause();
      client.send(get('/'));
      const peer = await member.next();
      await peer.read(10);
      const body = Buffer.alloc(16 * 1024 * 1024, 'x');
      peer.send(ok(body));
      await stalled(() => peer.socket.writableLength);
      client.send(text);
      if (ends) socket.end();
      await stalled(() => frontend.status().totals.bytesIn);
      for (let i = 0; i < 4; i++) clock.advance(2000);
      expect(frontend.status().active).toBe(1);
      socket.resume();
      expect((await client.reply()).body.length).toBe(body.length);
      socket.destroy();
      const closing = frontend.close();
      clock.advance(1);
      await closing;
    },
  );

  test('what a client pipelines is kept to 24 KiB', async () => {
    const member = stage.add(await startTcpMember());
    const { port, frontend } = await stage.open([member], HTTP);
    const clients = await Promise.all(Array.from({ length: 20 }, () => connectHttp(port)));
    for (const client of clients) client.send(get('/').repeat(20_000));
    await vi.waitFor(() => expect(member.peers).toHaveLength(20));
    await stalled(() => frontend.status().totals.bytesIn);
    const perClient = frontend.status().totals.bytesIn / clients.length;
    expect(perClient).toBeGreaterThan(8192);
    expect(perClient).toBeLessThanOrEqual(24_576);
    for (const client of clients) client.peer.socket.destroy();
  });

  test('a head of several reads is read whole, behind others', async () => {
    const member = stage.add(
      await startHttpMember(({ firstLine, headers }) =>
        ok(`${firstLine} ${headers.get('x')?.length}`),
      ),
    );
    const limits = { headerBytes: 60_000 };
    const { port } = await stage.open([member], { ...HTTP, limits });
    const client = await connectHttp(port);
    const long = (path: string): string => get(path, `X: ${'x'.repeat(50_000)}\r\n`);
    client.send(get('/1') + long('/2') + get('/3') + long('/4'));
    for (const path of ['/1', '/2', '/3', '/4']) {
      const length = Number(path[1]) % 2 === 0 ? '50000' : 'undefined';
      expect((await client.reply()).body.toString()).toBe(`GET ${path} HTTP/1.1 ${length}`);
    }
    client.send(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(70_000)}`);
    expect((await client.reply()).status).toBe(431);
    client.peer.socket.destroy();
  });

  test('an Upgrade line reaches the client with 426', async () => {
    const member = stage.add(
      await startHttpMember(
        () =>
          'HTTP/1.1 426 Upgrade Required\r\nConnection: upgrade\r\nUpgrade: TLS/1.3, HTTP/1.1\r\n' +
          'Content-Length: 2\r\n\r\nno',
      ),
    );
    const { port } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    for (let i = 0; i < 2; i++) {
      client.send(get());
      const answer = await client.reply();
      expect(answer.headers.get('upgrade')).toBe('TLS/1.3, HTTP/1.1');
      expect(answer.headers.get('connection')).toBe('Upgrade');
      expect(answer.body.toString()).toBe('no');
    }
    client.peer.socket.destroy();
  });

  test('a 2xx to CONNECT has no length, and what follows it is the tunnel', async () => {
    const member = stage.add(await startTcpMember());
    const { port } = await stage.open([member], { ...HTTP, methods: { connect: true } });
    const client = await connectHttp(port);
    client.send('CONNECT b.test:443 HTTP/1.1\r\nHost: b.test:443\r\n\r\n');
    const peer = await member.next();
    await peer.read(30);
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: 1\r\n\r\nfirst and more');
    await until(() => client.rest.endsWith('more'));
    expect(client.rest).toBe('HTTP/1.1 200 OK\r\nX: 1\r\n\r\nfirst and more');
    client.peer.socket.destroy();
  });

  test('a tunnel whose member resets is reset', async () => {
    const member = stage.add(await startTcpMember());
    const { port } = await stage.open([member], { ...HTTP, methods: { connect: true } });
    const client = await connectHttp(port);
    client.send('CONNECT b.test:443 HTTP/1.1\r\nHost: b.test:443\r\n\r\n');
    const peer = await member.next();
    await peer.read(30);
    peer.send('HTTP/1.1 200 OK\r\n\r\n');
    await until(() => client.rest.endsWith('\r\n\r\n'));
    peer.socket.resetAndDestroy();
    expect(await client.peer.ending).toBe('reset');
  });

  test('a connection whose 1xx spoke of a body is not used again', async () => {
    const member = stage.add(
      await startHttpMember(
        () =>
          'HTTP/1.1 103 Early Hints\r\nContent-Length: 4\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
      ),
    );
    const { port } = await stage.open([member], HTTP, { http: { reuse: 'always' } });
    const client = await connectHttp(port);
    for (let i = 0; i < 2; i++) {
      client.send(post('x'));
      expect((await client.reply()).status).toBe(103);
      expect((await client.reply()).status).toBe(204);
    }
    expect(member.peers).toHaveLength(2);
    client.peer.socket.destroy();
  });
});
