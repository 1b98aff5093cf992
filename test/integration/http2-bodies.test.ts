// Bodies over HTTP/2: byte for byte both ways, and back-pressure from one end to the other.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { connectHttp2, readReply } from '../support/http2-peers.js';
import { stalled } from '../support/stalled.js';
import { Stage, startTcpMember } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

const H2C = { protocol: 'http', http2: { cleartext: true } } as const;

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A member that answers with what it was sent, with a length or chunked. */
async function startMirror(): Promise<{ address: string; close(): Promise<void> }> {
  const server = http.createServer((request, response) => {
    const length = request.headers['content-length'];
    response.writeHead(200, length === undefined ? {} : { 'content-length': length });
    request.pipe(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

describe('Bodies over HTTP/2', () => {
  test('arrive byte for byte both ways, in every size, many at a time', async () => {
    const member = stage.add(await startMirror());
    const { port } = await stage.open([member.address], H2C);
    const client = stage.add(await connectHttp2(port));
    const sizes = [0, 1, 100, 16_383, 16_384, 16_385, 65_535, 65_536, 70_000, 1_000_000, 3_000_001];
    await Promise.all(
      sizes.flatMap((size) =>
        [true, false].map(async (hasLength) => {
          const body = randomBytes(size);
          const headers = hasLength ? { 'content-length': size } : {};
          const reply = await client.ask(`/${size}`, { body, headers });
          expect([size, reply.status, reply.body.length]).toEqual([size, 200, size]);
          expect(digest(reply.body)).toBe(digest(body));
        }),
      ),
    );
  });

  test('wait for a client that does not read: the member is held back, other streams go on', async () => {
    const total = 64 * 1024 * 1024;
    const member = stage.add(
      await startTcpMember((peer) => {
        peer.socket.once('data', (bytes: Buffer) => {
          const isBig = bytes.toString('latin1').startsWith('GET /big');
          peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${isBig ? total : 2}\r\n\r\n`);
          peer.send(isBig ? Buffer.alloc(total, 97) : 'ok');
        });
      }),
    );
    const { port } = await stage.open([member], H2C);
    const client = stage.add(await connectHttp2(port));
    const stream = client.open('/big');
    stream.pause();
    const peer = await member.next();
    await peer.read(1);
    await stalled(() => peer.socket.writableLength);
    expect(peer.socket.writableLength).toBeGreaterThan(total / 2);
    expect((await client.ask('/small')).body.toString()).toBe('ok');
    let length = 0;
    stream.on('data', (piece: Buffer) => {
      length += piece.length;
    });
    stream.resume();
    await once(stream, 'end');
    expect(length).toBe(total);
  });

  test('wait for a member that does not read: the client is held back, other streams go on', async () => {
    const total = 64 * 1024 * 1024;
    const member = stage.add(await startTcpMember());
    const { port } = await stage.open([member], H2C);
    const client = stage.add(await connectHttp2(port));
    const stream = client.open('/', { ':method': 'POST', 'content-length': total });
    const reply = readReply(stream);
    stream.end(Buffer.alloc(total, 98));
    const peer = await member.next();
    await peer.read(1);
    peer.socket.pause();
    await stalled(() => stream.bufferSize);
    expect(stream.bufferSize).toBeGreaterThan(total / 2);
    const other = readReply(client.open('/other'));
    const second = await member.next();
    await second.read(1);
    second.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    expect((await other).body.toString()).toBe('ok');
    peer.socket.resume();
    const head = peer.text.indexOf('\r\n\r\n') + 4;
    await peer.read(head + total);
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone');
    expect((await reply).body.toString()).toBe('done');
  });

  test('a client that takes nothing for its time is reset', async () => {
    const member = stage.add(
      await startTcpMember((peer) => {
        peer.socket.once('data', () => {
          peer.send('HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n');
          peer.send(Buffer.alloc(10_000_000, 97));
        });
      }),
    );
    const { port } = await stage.open([member], { ...H2C, timeouts: { client: 100 } });
    const client = stage.add(await connectHttp2(port));
    const stream = client.open('/');
    stream.pause();
    const closed = once(stream, 'close');
    await (await member.next()).ending;
    await closed;
    expect(stream.rstCode).not.toBe(0);
  });
});
