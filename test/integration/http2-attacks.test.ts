// What costs a client of HTTP/2 nothing, and the balancer much: each costs the client its connection, and nobody else anything.
import { once } from 'node:events';
import tls from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { TestAuthority } from '../support/authority.js';
import { ok, startHttpMember } from '../support/http-peers.js';
import { connectHttp2 } from '../support/http2-peers.js';
import { ErrorCode, Frame, frame, getFields, number32, RawHttp2 } from '../support/raw-http2.js';
import { Stage, startTcpMember, TcpPeer } from '../support/tcp-peers.js';

const authority = new TestAuthority();
const site = authority.issue({ names: ['a.test'] });

const stage = new Stage();
afterEach(() => stage.close());

const H2C = { protocol: 'http', http2: { cleartext: true } } as const;
const HTTPS = {
  protocol: 'https',
  tls: { certificates: [{ cert: site.cert, key: site.key }] },
} as const;
const SETTINGS = frame(Frame.settings, 0, 0, Buffer.from([0, 1, 0, 0, 0, 0]));
const PING = frame(Frame.ping, 0, 0, Buffer.alloc(8));
const POST: [string, string][] = [[':method', 'POST'], ...getFields().slice(1)];

/** A client over TLS whose frames are written by hand. */
async function connectTls(port: number): Promise<RawHttp2> {
  const socket = tls.connect({
    port,
    host: '127.0.0.1',
    ca: authority.ca,
    servername: 'a.test',
    ALPNProtocols: ['h2'],
  });
  const raw = new RawHttp2(new TcpPeer(socket));
  await once(socket, 'secureConnect');
  raw.peer.send('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  raw.peer.send(SETTINGS);
  stage.add({
    async close() {
      socket.destroy();
      await raw.peer.closed;
    },
  });
  return raw;
}

async function connectClear(port: number): Promise<RawHttp2> {
  const raw = await RawHttp2.connect(port);
  stage.add({
    async close() {
      raw.peer.socket.destroy();
      await raw.peer.closed;
    },
  });
  return raw;
}

/** Sends pieces as fast as they are taken, until the connection is over; how many times that was. */
async function flood({ peer }: RawHttp2, piece: Buffer, most: number): Promise<number> {
  const over = new Promise<true>((resolve) => {
    for (const event of ['error', 'end', 'close']) peer.socket.once(event, () => resolve(true));
  });
  for (let sent = 0; sent < most; sent++) {
    const left = new Promise<false>((resolve) => {
      peer.socket.write(piece, () => resolve(false));
    });
    if (await Promise.race([over, left])) return sent;
  }
  return most;
}

describe('A client of HTTP/2', () => {
  test('that floods with PING over TLS and does not read is cut off', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const { port } = await stage.open([member], HTTPS);
    const raw = await connectTls(port);
    await raw.find(({ type }) => type === Frame.settings);
    raw.peer.socket.pause();
    const piece = Buffer.concat(Array.from({ length: 1000 }, () => PING));
    expect(await flood(raw, piece, 3000)).toBeLessThan(3000);
  });

  test.each([
    ['PING', PING],
    ['SETTINGS', SETTINGS],
  ])('that floods with %s is cut off though it reads the answers', async (_, bytes) => {
    const member = stage.add(await startHttpMember(() => ok()));
    const { port } = await stage.open([member], H2C);
    const raw = await connectClear(port);
    const piece = Buffer.concat(Array.from({ length: 1000 }, () => bytes));
    await flood(raw, piece, 100);
    await raw.peer.ending;
    const client = stage.add(await connectHttp2(port));
    expect((await client.ask('/')).status).toBe(200);
  });

  test('that breaks off its requests by bodies of the wrong length is told to be calm', async () => {
    const member = stage.add(await startTcpMember());
    const { port } = await stage.open([member], H2C);
    const raw = await connectClear(port);
    const calm = raw.goaway();
    for (let stream = 1; stream < 1000; stream += 2) {
      raw.open(stream, [...POST, ['content-length', '5']], { isEnded: false });
      const next = await Promise.race([member.next(), calm]);
      if (typeof next === 'number') break;
      raw.data(stream, 'too long');
    }
    raw.peer.socket.once('end', () => raw.peer.socket.end());
    expect(await Promise.race([calm, raw.outcome(999).then(() => -1)])).toBe(ErrorCode.calm);
  });

  test('that resets its requests is told to be calm, however many bad ones it sends in between', async () => {
    const member = stage.add(await startTcpMember());
    const { port } = await stage.open([member], H2C);
    const raw = await connectClear(port);
    const calm = raw.goaway();
    let rounds = 0;
    for (; rounds < 150; rounds++) {
      raw.open(4 * rounds + 1, [...getFields(), ['connection', 'close']]);
      raw.open(4 * rounds + 3, getFields());
      const next = await Promise.race([member.next(), calm]);
      if (typeof next === 'number') break;
      raw.send(Frame.rstStream, 0, 4 * rounds + 3, number32(ErrorCode.cancel));
    }
    expect(rounds).toBeLessThan(150);
    expect(await calm).toBe(ErrorCode.calm);
  });

  test('that opens streams without end behind a GOAWAY is told to be calm', async () => {
    const member = stage.add(await startTcpMember());
    const { port, pool } = await stage.open([member], {
      ...H2C,
      limits: { requestsPerConnection: 1 },
    });
    const raw = await connectClear(port);
    raw.open(1, getFields());
    await member.next();
    expect(await raw.goaway()).toBe(ErrorCode.none);
    for (let stream = 3; stream < 40_000; stream += 2) raw.open(stream, getFields());
    raw.send(Frame.ping, 0, 0, Buffer.from('the last'));
    const { peer } = raw;
    const pong = raw.find(
      ({ type, payload }) => type === Frame.ping && String(payload) === 'the last',
    );
    expect(await pong.then(() => 'answered').catch(() => 'over')).toBe('over');
    peer.socket.destroy();
    await expect.poll(() => pool.status().members[0]?.active).toBe(0);
    expect(member.peers.length).toBe(1);
  });

  test('that has large answers sent byte by byte, of all streams for one SETTINGS, is told to be calm (CVE-2019-9511)', async () => {
    const member = stage.add(await startHttpMember(() => ok('x'.repeat(100_000))));
    const { port } = await stage.open([member], H2C);
    const raw = await connectClear(port);
    const widen = (bytes: number): Buffer =>
      frame(Frame.settings, 0, 0, Buffer.from([0, 4, 0, 0, bytes >> 8, bytes & 255]));
    raw.peer.send(widen(0));
    for (let stream = 1; stream < 200; stream += 2) raw.open(stream, getFields());
    await raw.find(({ type, stream }) => type === Frame.headers && stream === 199);
    const most = Buffer.concat(Array.from({ length: 2000 }, (_, i) => widen(i + 1)));
    raw.peer.send(most);
    raw.peer.send(frame(Frame.ping, 0, 0, Buffer.from('the last')));
    await raw.peer.ending;
    expect(raw.peer.received.includes('the last')).toBe(false);
  });
});
