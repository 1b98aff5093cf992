// Where TLS can't take a bare handle, the documented way does the same.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { TestAuthority } from '../support/authority.js';
import { Stage, startEcho, startTcpMember, TcpPeer } from '../support/tcp-peers.js';

vi.mock('../../src/upstream/tls-probe.js', () => ({
  canUseRawTls: () => false,
  canWrapTls: () => false,
  probeTls: () => Promise.resolve(false),
}));

const authority = new TestAuthority();
const certificates = [
  authority.issue({ names: ['db.test'], keyType: 'ec' }),
  authority.issue({ names: ['other.test'], keyType: 'ec' }),
];
const protocol = { protocol: 'tcp', tls: { certificates } } as const;

const stage = new Stage();
afterEach(() => stage.close());

async function connectTls(options: tls.ConnectionOptions): Promise<TcpPeer> {
  const socket = tls.connect({
    ca: authority.ca,
    servername: 'db.test',
    allowHalfOpen: true,
    ...options,
  } as tls.ConnectionOptions);
  await once(socket, 'secureConnect');
  return new TcpPeer(socket);
}

describe('TLS without bare handles', () => {
  test('passes bytes, picks by name, and keeps half-closes', async () => {
    const server = stage.add(await startTcpMember());
    const { port } = await stage.open([server], protocol);
    const client = await connectTls({ host: '127.0.0.1', port, servername: 'other.test' });
    client.socket.end('question');
    const member = await server.next();
    expect(await member.ending).toBe('end');
    expect(member.text).toBe('question');
    member.socket.end('late answer');
    expect(await client.ending).toBe('end');
    expect(client.text).toBe('late answer');
  });

  test('carries much data without loss, and tells a cut from an end', async () => {
    const echo = stage.add(await startEcho());
    const { port } = await stage.open([echo], protocol);
    const client = await connectTls({ host: '127.0.0.1', port });
    const data = randomBytes(6_000_000);
    client.send(data);
    await client.read(data.length);
    const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
    expect(digest(client.received)).toBe(digest(data));
    (await echo.next()).socket.resetAndDestroy();
    expect(await client.ending).toBe('reset');
  });

  test('comes behind a PROXY header, with bytes of TLS in the same segment', async () => {
    const server = stage.add(await startTcpMember());
    const options = { ...protocol, acceptProxyProtocol: { trust: ['127.0.0.1'] } };
    const { port } = await stage.open([server], options, { sendProxyProtocol: 'v1' });
    const relay = net.createServer((client) => {
      const raw = net.connect(port, '127.0.0.1');
      client.once('data', (chunk: Buffer) => {
        raw.write(
          Buffer.concat([Buffer.from('PROXY TCP4 192.0.2.7 192.0.2.1 4711 443\r\n'), chunk]),
        );
        client.pipe(raw);
      });
      raw.pipe(client);
      for (const socket of [client, raw]) socket.on('error', () => {});
    });
    relay.listen(0, '127.0.0.1');
    await once(relay, 'listening');
    const client = await connectTls({
      host: '127.0.0.1',
      port: (relay.address() as net.AddressInfo).port,
    });
    client.send('hello');
    const expected = 'PROXY TCP4 192.0.2.7 192.0.2.1 4711 443\r\nhello';
    expect(await (await server.next()).read(expected.length)).toBe(expected);
    client.socket.destroy();
    relay.close();
  });
});
