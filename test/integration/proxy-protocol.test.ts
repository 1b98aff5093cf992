// PROXY headers accepted and sent over real sockets.
import { afterEach, describe, expect, test } from 'vitest';
import { renderProxyV1, renderProxyV2 } from '../../src/wire/proxy-protocol.js';
import {
  connectTcp,
  Stage,
  startEcho,
  startTcpMember,
  type TcpPeer,
} from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

const CLAIM = {
  source: '203.0.113.7',
  sourcePort: 40_000,
  destination: '198.51.100.1',
  destinationPort: 443,
};
const TRUST = { acceptProxyProtocol: { trust: ['127.0.0.0/8'] } };

/** The first line or header that the member is sent, after a client has said `hello`. */
async function receive(
  version: 'v1' | 'v2',
  options: object,
  hello: (peer: TcpPeer) => void,
  bytes: number,
): Promise<Buffer> {
  const server = stage.add(await startTcpMember());
  const { port } = await stage.open([server], options, { sendProxyProtocol: version });
  const client = await connectTcp(port);
  hello(client);
  const member = await server.next();
  await member.read(bytes);
  client.socket.destroy();
  return member.received;
}

describe('a frontend that accepts PROXY headers', () => {
  test.each([
    ['v1', renderProxyV1(CLAIM)],
    ['v2', renderProxyV2(CLAIM)],
  ] as const)('passes a %s claim on to the member', async (_name, header) => {
    const send = (peer: TcpPeer): void => peer.send(Buffer.concat([header, Buffer.from('hi')]));
    const expected = Buffer.concat([renderProxyV1(CLAIM), Buffer.from('hi')]);
    const got = await receive('v1', TRUST, send, expected.length);
    expect(got.toString()).toBe(expected.toString());
  });

  test('takes a header that comes in pieces', async () => {
    const echo = stage.add(await startEcho());
    const { port } = await stage.open([echo], TRUST);
    for (const header of [renderProxyV1(CLAIM), renderProxyV2(CLAIM)]) {
      const client = await connectTcp(port, { noDelay: true });
      for (const byte of header) {
        client.send(Buffer.from([byte]));
        await new Promise((resolve) => setImmediate(resolve));
      }
      client.send('payload');
      expect(await client.read(7)).toBe('payload');
      client.socket.destroy();
    }
  });

  test('serves payload that comes in the same segment, however much it is', async () => {
    const echo = stage.add(await startEcho());
    const { port } = await stage.open([echo], TRUST);
    const client = await connectTcp(port);
    const payload = 'p'.repeat(300_000);
    client.send(Buffer.concat([renderProxyV2(CLAIM), Buffer.from(payload)]));
    expect(await client.read(payload.length)).toBe(payload);
    client.socket.destroy();
  });

  test('keeps the real peer for v1 UNKNOWN and v2 LOCAL', async () => {
    const local = Buffer.from('0d0a0d0a000d0a515549540a20000000', 'hex');
    for (const header of [Buffer.from('PROXY UNKNOWN\r\n'), local]) {
      const got = await receive('v1', TRUST, (peer) => peer.send(header), 20);
      expect(got.toString()).toMatch(/^PROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 \d+ \d+\r\n$/);
    }
  });

  test.each([
    ['no header', 'GET / HTTP/1.1\r\n\r\n'],
    ['a malformed header', 'PROXY TCP4 1.2.3.4\r\n'],
  ])('resets a peer that sends %s', async (_name, bytes) => {
    const server = stage.add(await startTcpMember());
    const { port, frontend } = await stage.open([server], TRUST);
    const client = await connectTcp(port);
    client.send(bytes);
    expect(await client.ending).toBe('reset');
    expect(server.peers).toHaveLength(0);
    expect(frontend.status().totals.rejected).toBe(1);
  });

  test('resets a peer that ends before its header does', async () => {
    const { port } = await stage.open(['127.0.0.1:9'], TRUST);
    const client = await connectTcp(port);
    client.socket.end('PROXY TCP4');
    expect(await client.ending).toBe('reset');
  });

  test('closes a peer that it does not trust, header or not', async () => {
    const server = stage.add(await startTcpMember());
    const { port } = await stage.open([server], {
      acceptProxyProtocol: { trust: ['192.0.2.0/24'] },
    });
    const client = await connectTcp(port);
    client.send(renderProxyV1(CLAIM));
    expect(await client.ending).toBe('reset');
    expect(server.peers).toHaveLength(0);
  });

  test('asks the access list about the claimed client', async () => {
    const echo = stage.add(await startEcho());
    const { port } = await stage.open([echo], { ...TRUST, access: { deny: ['203.0.113.0/24'] } });
    const denied = await connectTcp(port);
    denied.send(renderProxyV1(CLAIM));
    expect(await denied.ending).toBe('reset');
    const allowed = await connectTcp(port);
    allowed.send(renderProxyV1({ ...CLAIM, source: '203.0.114.1' }));
    allowed.send('ok');
    expect(await allowed.read(2)).toBe('ok');
    allowed.socket.destroy();
  });
});

describe('a pool that sends PROXY headers', () => {
  test('tells the member both ends, before the client has said anything', async () => {
    const v1 = await receive('v1', {}, () => {}, 20);
    expect(v1.toString()).toMatch(/^PROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 \d+ \d+\r\n$/);
    const v2 = await receive('v2', {}, () => {}, 28);
    expect(v2.toString('hex')).toMatch(/^0d0a0d0a000d0a515549540a2111000c7f0000017f000001.{8}$/);
  });

  test('passes on as IPv4 what a proxy that listens on IPv6 claims of an IPv4 client', async () => {
    const claim = 'PROXY TCP6 ::ffff:203.0.113.7 ::ffff:198.51.100.1 40000 443\r\n';
    const told = await receive('v1', TRUST, (peer) => peer.socket.write(claim), 47);
    expect(told.toString()).toBe('PROXY TCP4 203.0.113.7 198.51.100.1 40000 443\r\n');
  });
});
