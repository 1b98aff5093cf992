// TLS passed through unopened, routed by the name that the ClientHello asks for.
import { once } from 'node:events';
import type net from 'node:net';
import { Duplex } from 'node:stream';
import tls from 'node:tls';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Frontend } from '../../src/frontend/frontend.js';
import { Pool } from '../../src/pool/pool.js';
import { TEST_CERT, TEST_KEY } from '../support/servers/certificate.js';
import { connectTcp, Stage, startTcpMember } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

/** A TLS server that says its name. */
async function startTls(name: string): Promise<string> {
  const server = tls.createServer({ key: TEST_KEY, cert: TEST_CERT }, (socket) => {
    socket.on('error', () => {});
    socket.end(`${name} for ${String(socket.servername)}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stage.add({
    close: async () => {
      server.close();
      await once(server, 'close');
    },
  });
  return `127.0.0.1:${(server.address() as net.AddressInfo).port}`;
}

async function ask(port: number, servername: string): Promise<string> {
  const socket = tls.connect({ host: '127.0.0.1', port, servername, rejectUnauthorized: false });
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await once(socket, 'end');
  socket.destroy();
  return text;
}

async function openRouted(timeouts: object = {}): Promise<{ port: number; frontend: Frontend }> {
  const pool = (name: string, address: string): Pool => new Pool({ name, members: [address] });
  const api = pool('api', await startTls('api'));
  const shop = pool('shop', await startTls('shop'));
  const plain = stage.add(
    await startTcpMember((peer) => {
      peer.socket.once('data', (chunk: Buffer) => peer.socket.end(`plain ${chunk.toString()}`));
    }),
  );
  return stage.open([plain], {
    routes: [
      { match: { sni: 'api.test' }, pool: api },
      { match: { sni: ['*.shop.test'] }, pool: shop },
    ],
    timeouts,
  });
}

/** The bytes of a real ClientHello. */
function recordHello(servername: string): Promise<Buffer> {
  return new Promise((resolve) => {
    const wire = new Duplex({ read() {}, write: (chunk: Buffer) => resolve(chunk) });
    tls.connect({ socket: wire, servername }).on('error', () => {});
  });
}

describe('routes by server name', () => {
  test('take TLS through to the pool of the name', async () => {
    const { port } = await openRouted();
    expect(await ask(port, 'api.test')).toBe('api for api.test');
    expect(await ask(port, 'a.shop.test')).toBe('shop for a.shop.test');
    expect(await ask(port, 'A.B.Shop.Test')).toBe('shop for A.B.Shop.Test');
  });

  test('leave what is no TLS, and other names, to the default pool', async () => {
    const { port } = await openRouted();
    const client = await connectTcp(port);
    client.send('hello');
    await client.ending;
    expect(client.text).toBe('plain hello');
  });

  test('wait for a hello that comes a byte at a time', async () => {
    const { port } = await openRouted();
    const hello = await recordHello('api.test');
    const client = await connectTcp(port, { noDelay: true });
    for (const byte of hello) {
      client.send(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    // The server's answer begins with a handshake record: the hello has reached it whole.
    await client.read(6);
    expect(client.received[0]).toBe(22);
    expect(client.received[5]).toBe(2);
    client.socket.destroy();
  });

  test('are those in force when the hello is whole', async () => {
    const { port, frontend } = await openRouted();
    const hello = await recordHello('api.test');
    const client = await connectTcp(port, { noDelay: true });
    client.send(hello.subarray(0, 50));
    await vi.waitUntil(() => frontend.status().active === 1);
    const next = stage.add(await startTcpMember());
    const config = { ...frontend.config, pool: 'next', routes: [] };
    const pool = new Pool({ name: 'next', members: [next.address] });
    (await frontend.prepare(config, () => pool)).commit();
    client.send(hello.subarray(50));
    const peer = await next.next();
    await peer.read(hello.length);
    expect(peer.received.equals(hello)).toBe(true);
    client.socket.destroy();
  });

  test('reset who says nothing within timeouts.clientHello', async () => {
    const { port } = await openRouted({ clientHello: '100ms' });
    const client = await connectTcp(port);
    expect(await client.ending).toBe('reset');
  });

  test('reset who ends in the middle of a hello', async () => {
    const { port } = await openRouted();
    const client = await connectTcp(port);
    client.socket.end((await recordHello('api.test')).subarray(0, 50));
    expect(await client.ending).toBe('reset');
  });
});
