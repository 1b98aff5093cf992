// TLS that ends at a tcp frontend: what reaches the member in the clear, and what reaches the client of it.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import tls from 'node:tls';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Pool } from '../../src/pool/pool.js';
import { TestAuthority } from '../support/authority.js';
import { stalled } from '../support/stalled.js';
import { connectTcp, Stage, startEcho, startTcpMember, TcpPeer } from '../support/tcp-peers.js';

const authority = new TestAuthority();
const certificates = [authority.issue({ names: ['db.test', '*.more.test'], keyType: 'ec' })];
const protocol = { protocol: 'tcp', tls: { certificates } } as const;

const stage = new Stage();
afterEach(() => stage.close());

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

async function connectTls(port: number, options: tls.ConnectionOptions = {}): Promise<TcpPeer> {
  const socket = tls.connect({
    host: '127.0.0.1',
    port,
    ca: authority.ca,
    servername: 'db.test',
    allowHalfOpen: true,
    ...options,
  } as tls.ConnectionOptions);
  await once(socket, 'secureConnect');
  return new TcpPeer(socket);
}

function digest(data: Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

describe.each(VERSIONS)('TLS on a tcp frontend, %s', (version) => {
  test('passes bytes both ways, and lets the member speak first', async () => {
    const server = stage.add(await startTcpMember((peer) => peer.send('220 ready\r\n')));
    const { port } = await stage.open([server], protocol);
    const client = await connectTls(port, { maxVersion: version });
    expect(await client.read(11)).toBe('220 ready\r\n');
    client.send('hello');
    expect(await (await server.next()).read(5)).toBe('hello');
    client.socket.destroy();
  });

  test('counts what came before there was a member', async () => {
    const lines: string[] = [];
    const echo = stage.add(await startEcho());
    const accessLog = (text: string): number => lines.push(text);
    const settings = { ...protocol, accessLog: 'json' } as const;
    const { port, frontend } = await stage.open([echo], settings, {}, { accessLog });
    const client = await connectTls(port, { maxVersion: version });
    client.send('hello');
    await client.read(5);
    expect(frontend.status().totals).toMatchObject({ bytesIn: 5, bytesOut: 5 });
    client.socket.end();
    await client.ending;
    await vi.waitFor(() => expect(lines).toHaveLength(1));
    expect(JSON.parse(lines[0]!)).toMatchObject({ bytesIn: 5, bytesOut: 5, end: 'ok' });
  });

  test('keeps a half-close of either side', async () => {
    const server = stage.add(await startTcpMember());
    const { port } = await stage.open([server], protocol);
    const client = await connectTls(port, { maxVersion: version });
    client.socket.end('question');
    const member = await server.next();
    expect(await member.ending).toBe('end');
    expect(member.text).toBe('question');
    member.socket.end('late answer');
    expect(await client.ending).toBe('end');
    expect(client.text).toBe('late answer');

    const second = await connectTls(port, { maxVersion: version });
    const other = await server.next();
    other.socket.end('bye');
    expect(await second.ending).toBe('end');
    second.socket.end('one more thing');
    expect(await other.ending).toBe('end');
    expect(other.text).toBe('one more thing');
  });

  test('tells a cut from an end', async () => {
    const server = stage.add(await startTcpMember());
    const { port } = await stage.open([server], protocol);
    const client = await connectTls(port, { maxVersion: version });
    client.send('x');
    const member = await server.next();
    await member.read(1);
    member.socket.resetAndDestroy();
    expect(await client.ending).toBe('reset');
  });

  test('carries much data through a slow member and a slow client without loss', async () => {
    const echo = stage.add(await startEcho());
    const { port } = await stage.open([echo], protocol);
    const client = await connectTls(port, { maxVersion: version });
    const sent: Buffer[] = [];
    client.socket.pause();
    for (let i = 0; i < 200; i++) {
      const piece = randomBytes(i % 3 === 0 ? 70_000 : 200 + i * 300);
      sent.push(piece);
      client.send(piece);
    }
    client.socket.end();
    await stalled(() => client.socket.bytesRead + client.socket.writableLength);
    client.socket.resume();
    expect(await client.ending).toBe('end');
    expect(digest(client.received)).toBe(digest(Buffer.concat(sent)));
  });
});

describe('TLS on a tcp frontend', () => {
  test('holds little for a member that does not read', async () => {
    const server = stage.add(await startTcpMember((peer) => peer.socket.pause()));
    const { port, frontend } = await stage.open([server], protocol);
    const client = await connectTls(port);
    const piece = Buffer.alloc(1_048_576, 'x');
    for (let i = 0; i < 64; i++) client.send(piece);
    await stalled(() => frontend.status().totals.bytesIn);
    const member = await server.next();
    // The kernel's buffers of the member's connection, and what we hold.
    expect(frontend.status().totals.bytesIn).toBeLessThan(12 * 1_048_576);
    member.socket.destroy();
    client.socket.destroy();
  });

  test('routes by the name in the handshake', async () => {
    const [one, two] = [stage.add(await startTcpMember()), stage.add(await startTcpMember())];
    const more = new Pool({ name: 'more', members: [two.address] });
    const { port } = await stage.open([one], {
      ...protocol,
      routes: [{ match: { sni: '*.more.test' }, pool: more }],
    });
    const first = await connectTls(port, { servername: 'a.more.test' });
    first.send('a');
    expect(await (await two.next()).read(1)).toBe('a');
    const second = await connectTls(port);
    second.send('b');
    expect(await (await one.next()).read(1)).toBe('b');
    for (const { socket } of [first, second]) socket.destroy();
  });

  test('gives up a client that does not shake hands', async () => {
    const server = stage.add(await startTcpMember());
    const { port, frontend } = await stage.open([server], {
      ...protocol,
      timeouts: { tlsHandshake: 50 },
    });
    const silent = await connectTcp(port);
    expect(await silent.ending).toBe('end');
    silent.socket.destroy();
    expect(server.peers).toEqual([]);
    await vi.waitFor(() => expect(frontend.status().totals.handshakesFailed).toBe(1));
  });
});
