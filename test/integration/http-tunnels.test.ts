// After 101 and CONNECT: bytes both ways, half-closes, and what never becomes a tunnel.
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { ask, connectHttp, get, ok, startHttpMember } from '../support/http-peers.js';
import { Stage, startTcpMember } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

const HTTP = { protocol: 'http' } as const;
const UPGRADE = 'Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n';
const SWITCH =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

describe('HTTP tunnels', () => {
  test('carry WebSocket messages of every size both ways', async () => {
    const server = http.createServer();
    const sockets = new WebSocketServer({ server });
    sockets.on('connection', (socket) => {
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    stage.add({
      async close() {
        sockets.close();
        server.closeAllConnections();
        server.close();
        await once(server, 'close');
      },
    });
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { port } = await stage.open([address], HTTP);
    const client = new WebSocket(`ws://127.0.0.1:${port}/`);
    await once(client, 'open');
    for (const size of [0, 1, 125, 126, 16_384, 65_536, 1_000_000, 3]) {
      const sent = Buffer.alloc(size, size % 251);
      client.send(sent);
      const [received] = (await once(client, 'message')) as [Buffer];
      expect(received.equals(sent)).toBe(true);
    }
    client.close(1000, 'done');
    const [code] = (await once(client, 'close')) as [number];
    expect(code).toBe(1000);
  });

  test('pass on what came early on both sides, and half-closes', async () => {
    const member = stage.add(await startTcpMember());
    const { port, pool } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    client.send(`${get('/', UPGRADE)}early`);
    const peer = await member.next();
    const head = await peer.read(30);
    expect(head).toMatch(/\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n$/);
    peer.send(`${SWITCH}first`);
    expect((await client.reply()).headers.get('upgrade')).toBe('websocket');
    await peer.read(head.length + 5);
    expect(peer.text.slice(head.length)).toBe('early');
    client.peer.socket.end('last');
    expect(await peer.ending).toBe('end');
    expect(peer.text.slice(head.length)).toBe('earlylast');
    peer.socket.end('answer');
    expect(await client.peer.ending).toBe('end');
    expect(client.rest).toBe('firstanswer');
    await peer.closed;
    expect(pool.members[0]!.state.active).toBe(0);
  });

  test('are not opened for protocols that the frontend does not allow', async () => {
    const member = stage.add(
      await startHttpMember(({ headers }) => ok(headers.get('upgrade') ?? 'none')),
    );
    const { port } = await stage.open([member], { ...HTTP, upgrades: ['websocket'] });
    for (const protocol of ['h2c', 'foo']) {
      const answer = await ask(port, get('/', `Connection: Upgrade\r\nUpgrade: ${protocol}\r\n`));
      expect(answer.body.toString()).toBe('none');
    }
  });

  test('are not opened when the member switches to something else', async () => {
    const member = stage.add(await startHttpMember(() => SWITCH.replace('websocket', 'other')));
    const { port } = await stage.open([member], HTTP);
    expect((await ask(port, get('/', UPGRADE))).status).toBe(502);
  });

  test('stay ordinary requests when the member answers without a switch', async () => {
    const member = stage.add(await startHttpMember(({ firstLine }) => ok(firstLine)));
    const { port } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    client.send(get('/a', UPGRADE) + get('/b'));
    expect((await client.reply()).body.toString()).toContain('/a');
    expect((await client.reply()).body.toString()).toContain('/b');
    client.peer.socket.destroy();
  });

  test('are opened for CONNECT where it is allowed, by a 2xx only', async () => {
    const member = stage.add(await startTcpMember());
    const { port } = await stage.open([member], { ...HTTP, methods: { connect: true } });
    const client = await connectHttp(port);
    client.send('CONNECT b.test:443 HTTP/1.1\r\nHost: b.test:443\r\n\r\n');
    const peer = await member.next();
    const head = await peer.read(30);
    expect(head).toMatch(/^CONNECT b\.test:443 HTTP\/1\.1\r\n/);
    peer.send('HTTP/1.1 200 OK\r\n\r\n');
    while (!client.rest.endsWith('\r\n\r\n'))
      await client.peer.read(client.peer.received.length + 1);
    client.send('ping');
    await peer.read(head.length + 4);
    expect(peer.text.slice(head.length)).toBe('ping');
    client.peer.socket.destroy();
    await peer.ending;
  });

  test.each(['b.test', 'b.test:80', 'a.test:443'])(
    'are refused to a CONNECT to b.test:443 whose Host is %s',
    async (host) => {
      const member = stage.add(await startTcpMember());
      const { port } = await stage.open([member], { ...HTTP, methods: { connect: true } });
      const reply = await ask(port, `CONNECT b.test:443 HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      expect(reply.status).toBe(400);
      expect(member.peers).toHaveLength(0);
    },
  );

  test('end when nothing moves for timeouts.tunnel', async () => {
    const member = stage.add(await startHttpMember(() => SWITCH));
    const { port } = await stage.open([member], { ...HTTP, timeouts: { tunnel: 150 } });
    const client = await connectHttp(port);
    client.send(get('/', UPGRADE));
    expect((await client.reply()).status).toBe(101);
    await client.peer.ending;
    await (await member.next()).ending;
  });

  test('end for the client when the member breaks off after its end', async () => {
    const member = stage.add(await startHttpMember(() => SWITCH));
    const { port } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    client.send(get('/', UPGRADE));
    await client.reply();
    const peer = await member.next();
    peer.socket.end();
    expect(await client.peer.ending).toBe('end');
    peer.socket.destroy();
    // The first bytes are answered with a reset, which the next ones meet.
    while (!client.peer.socket.destroyed) {
      client.send('still here');
      await new Promise((resolve) => setImmediate(resolve));
    }
    await client.peer.closed;
  });

  test('begin with an answer that is changed like any other', async () => {
    const head = SWITCH.replace('\r\n\r\n', '\r\nServer: x\r\nX-Request-Id: theirs\r\n\r\n');
    const member = stage.add(await startHttpMember(() => `${head}first`));
    const { port } = await stage.open([member], {
      ...HTTP,
      requestId: {},
      headers: { response: { remove: ['server'], set: { 'X-Frame-Options': 'DENY' } } },
    });
    const client = await connectHttp(port);
    client.send(get('/', UPGRADE));
    const { status, headers } = await client.reply();
    expect([status, headers.get('upgrade')]).toEqual([101, 'websocket']);
    expect(headers.has('server')).toBe(false);
    expect(headers.get('x-frame-options')).toBe('DENY');
    const peer = await member.next();
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f]{12}-0$/);
    expect(peer.text).toContain(`x-request-id: ${headers.get('x-request-id')}\r\n`);
    client.peer.socket.destroy();
  });

  test('are counted, both ways', async () => {
    const member = stage.add(await startHttpMember(() => SWITCH));
    const { port, pool, frontend } = await stage.open([member], HTTP);
    const client = await connectHttp(port);
    client.send(get('/', UPGRADE));
    await client.reply();
    const peer = await member.next();
    peer.send('12345');
    client.send('123');
    await client.peer.read(SWITCH.length + 5);
    const { bytesIn, bytesOut } = pool.members[0]!.state.totals;
    expect(bytesIn).toBeGreaterThan(100);
    expect(bytesOut).toBe(SWITCH.length + 5);
    expect(frontend.status().totals.bytesOut).toBeGreaterThan(0);
    client.peer.socket.destroy();
  });

  test('are counted with what came early, in the access log as well', async () => {
    const lines: string[] = [];
    const accessLog = (text: string): number => lines.push(text);
    const member = stage.add(await startHttpMember(() => `${SWITCH}first`));
    const settings = { ...HTTP, accessLog: 'json' } as const;
    const { port, pool, frontend } = await stage.open([member], settings, {}, { accessLog });
    const client = await connectHttp(port);
    client.send(`${get('/', UPGRADE)}early`);
    const peer = await member.next();
    await client.peer.read(SWITCH.length + 5);
    client.send('123');
    peer.send('1234');
    await client.peer.read(SWITCH.length + 9);
    await vi.waitFor(() => expect(peer.text).toMatch(/early123$/));
    const bytesOut = SWITCH.length + 9;
    expect(frontend.status().totals.bytesOut).toBe(bytesOut);
    const { totals } = pool.members[0]!.state;
    expect(totals).toMatchObject({ bytesIn: peer.text.length, bytesOut });
    client.peer.socket.destroy();
    await vi.waitFor(() => expect(lines).toHaveLength(1));
    expect(JSON.parse(lines[0]!)).toMatchObject({ status: 101, bytesIn: 8, bytesOut });
  });
});
