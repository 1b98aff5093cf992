// Bodies arrive byte for byte, whatever their size and pieces, and slow readers hold their senders back.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectHttp, get, startHttpMember } from '../support/http-peers.js';
import { stalled } from '../support/stalled.js';
import { Stage, startTcpMember } from '../support/tcp-peers.js';

const stage = new Stage();
let port = 0;
/** How the member cuts its answer: sizes of its writes, and whether it says the length. */
let shape: { cuts: number[]; isChunked: boolean } = { cuts: [], isChunked: false };
let received = '';

const hash = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

function pieces(data: Buffer, cuts: readonly number[]): Buffer[] {
  const out: Buffer[] = [];
  let at = 0;
  for (const cut of cuts) {
    if (at >= data.length) break;
    out.push(data.subarray(at, at + cut));
    at += cut;
  }
  if (at < data.length) out.push(data.subarray(at));
  return out;
}

beforeAll(async () => {
  const server = http.createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts);
      received = hash(body);
      if (!shape.isChunked) response.setHeader('Content-Length', body.length);
      for (const piece of pieces(body, shape.cuts)) response.write(piece);
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stage.add({
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  ({ port } = await stage.open([address], { protocol: 'http' }));
});
afterAll(() => stage.close());

describe('HTTP bodies', () => {
  test('arrive byte for byte both ways, in every size and cut', async () => {
    const client = await connectHttp(port);
    const cut = fc.array(fc.integer({ min: 1, max: 70_000 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 400_000 })),
        cut,
        cut,
        fc.boolean(),
        fc.boolean(),
        fc.constantFrom('POST', 'PUT'),
        async (size, sendCuts, answerCuts, sendsChunks, answersChunks, method) => {
          const body = randomBytes(size);
          shape = { cuts: answerCuts, isChunked: answersChunks };
          const framing = sendsChunks ? 'Transfer-Encoding: chunked' : `Content-Length: ${size}`;
          client.send(`${method} / HTTP/1.1\r\nHost: a.test\r\n${framing}\r\n\r\n`);
          for (const piece of pieces(body, sendCuts)) {
            if (sendsChunks) client.send(`${piece.length.toString(16)}\r\n`);
            client.send(piece);
            if (sendsChunks) client.send('\r\n');
          }
          if (sendsChunks) client.send('0\r\n\r\n');
          const answer = await client.reply();
          expect(received).toBe(hash(body));
          expect(hash(answer.body)).toBe(hash(body));
        },
      ),
      { numRuns: 80 },
    );
    expect(client.rest).toBe('');
    client.peer.socket.destroy();
  });

  test('wait for a client that does not read: the member is held back', async () => {
    const member = stage.add(await startTcpMember());
    const { port: slow } = await stage.open([member], { protocol: 'http' });
    const client = await connectHttp(slow);
    client.peer.socket.pause();
    client.send(get());
    const peer = await member.next();
    await peer.read(10);
    const total = 64 * 1024 * 1024;
    peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
    const block = Buffer.alloc(65_536, 'x');
    let sent = 0;
    const push = (): void => {
      while (sent < total) {
        sent += block.length;
        if (!peer.socket.write(block)) break;
      }
    };
    peer.socket.on('drain', push);
    push();
    await stalled(() => peer.socket.bytesWritten - peer.socket.writableLength);
    expect(sent).toBeLessThan(16 * 1024 * 1024);
    client.peer.socket.resume();
    const answer = await client.reply();
    expect(answer.body.length).toBe(total);
    client.peer.socket.destroy();
  });

  test('wait for a member that does not read: the client is held back', async () => {
    const member = stage.add(await startTcpMember((peer) => peer.socket.pause()));
    const { port: slow } = await stage.open([member], { protocol: 'http' });
    const client = await connectHttp(slow);
    const total = 64 * 1024 * 1024;
    client.send(`POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${total}\r\n\r\n`);
    const block = Buffer.alloc(65_536, 'x');
    const { socket } = client.peer;
    let sent = 0;
    const push = (): void => {
      while (sent < total) {
        sent += block.length;
        if (!socket.write(block)) break;
      }
    };
    socket.on('drain', push);
    push();
    await stalled(() => socket.bytesWritten - socket.writableLength);
    expect(sent).toBeLessThan(16 * 1024 * 1024);
    const peer = await member.next();
    peer.socket.resume();
    await peer.read(total);
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    expect((await client.reply()).status).toBe(200);
    socket.destroy();
  });

  test('a gibibyte for a slow reader takes no memory', async () => {
    const total = 1024 ** 3;
    const block = Buffer.alloc(1024 * 1024, 'x');
    const member = stage.add(
      await startTcpMember(({ socket }) => {
        let left = total;
        const push = (): void => {
          while (left > 0) {
            left -= block.length;
            if (!socket.write(block)) break;
          }
        };
        socket.once('data', () => {
          socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
          socket.on('drain', push);
          push();
        });
      }),
    );
    const { port: slow } = await stage.open([member], { protocol: 'http' });
    const before = process.memoryUsage.rss();
    let highest = before;
    let arrived = 0;
    const client = net.connect(slow, '127.0.0.1', () => client.write(get()));
    await new Promise<void>((resolve, reject) => {
      client.on('error', reject);
      client.on('close', () => reject(new Error(`closed after ${arrived} bytes`)));
      client.on('data', (chunk: Buffer) => {
        arrived += chunk.length;
        highest = Math.max(highest, process.memoryUsage.rss());
        if (arrived > total) resolve();
        client.pause();
        setImmediate(() => client.resume());
      });
    });
    client.destroy();
    // Member, proxy and client together.
    expect(highest - before).toBeLessThan(64 * 1024 * 1024);
  });

  test.each([1, 2, 10, 100, 1000])('%i pipelined requests are answered in order', async (count) => {
    const member = stage.add(
      await startHttpMember(
        ({ firstLine }) =>
          `HTTP/1.1 200 OK\r\nContent-Length: ${firstLine.length}\r\n\r\n${firstLine}`,
      ),
    );
    const { port: piped } = await stage.open([member], { protocol: 'http' });
    const client = await connectHttp(piped);
    client.send(Array.from({ length: count }, (_, i) => get(`/${i}`)).join(''));
    for (let i = 0; i < count; i++) {
      expect((await client.reply()).body.toString()).toBe(`GET /${i} HTTP/1.1`);
    }
    expect(client.rest).toBe('');
    client.peer.socket.destroy();
  });

  test('of pipelined requests are told from the requests behind them', async () => {
    shape = { cuts: [], isChunked: true };
    const client = await connectHttp(port);
    const bodies = Array.from({ length: 40 }, (_, i) => randomBytes((i * 977) % 30_000));
    for (const [i, body] of bodies.entries()) {
      const head = 'POST / HTTP/1.1\r\nHost: a.test\r\n';
      if (i % 2 === 0) {
        client.send(
          Buffer.concat([Buffer.from(`${head}Content-Length: ${body.length}\r\n\r\n`), body]),
        );
      } else {
        const size = body.length.toString(16);
        client.send(
          Buffer.concat([
            Buffer.from(`${head}Transfer-Encoding: chunked\r\n\r\n${size}\r\n`),
            body,
            Buffer.from(body.length === 0 ? '\r\n' : '\r\n0\r\n\r\n'),
          ]),
        );
      }
    }
    for (const body of bodies) expect(hash((await client.reply()).body)).toBe(hash(body));
    client.peer.socket.destroy();
  });

  test('a client that pipelines and never reads is not read any further', async () => {
    const member = stage.add(
      await startHttpMember(
        () => `HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n${'x'.repeat(10_000)}`,
      ),
    );
    const { port: flooded } = await stage.open([member], { protocol: 'http' });
    const client = await connectHttp(flooded);
    const { socket } = client.peer;
    socket.pause();
    const block = get('/flood').repeat(500);
    let sent = 0;
    const push = (): void => {
      while (sent < 64 * 1024 * 1024) {
        sent += block.length;
        if (!socket.write(block)) break;
      }
    };
    socket.on('drain', push);
    push();
    await stalled(() => socket.bytesWritten - socket.writableLength);
    expect(sent).toBeLessThan(16 * 1024 * 1024);
    socket.destroy();
  });
});
