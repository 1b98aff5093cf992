// The two kinds of connections that the data plane works with, on our own handles and on Node's streams: the same to their users.
import { once } from 'node:events';
import net from 'node:net';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  ACCEPT_OPTIONS,
  type Accepted,
  acceptFrom,
  probeAccept,
} from '../../src/upstream/accept.js';
import type { ByteSocket } from '../../src/upstream/byte-socket.js';
import { canUseRaw } from '../../src/upstream/raw-probe.js';
import { RawSocket } from '../../src/upstream/raw-socket.js';
import {
  feedFromData,
  onReadOptions,
  queuedBytes,
  ReaderSlot,
  SOCKET_DEFAULTS,
  startReading,
} from '../../src/upstream/socket-reader.js';
import { takeHandle } from '../../src/upstream/take-handle.js';
import { collector, Diary, type Reading } from '../support/diary.js';

const BULK = 8 * 1024 * 1024;

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

beforeAll(async () => {
  await probeAccept();
  // Were it false, half of this file would say nothing.
  expect(canUseRaw()).toBe(true);
});

async function listen(options: net.ServerOpts = { allowHalfOpen: true }, host = '127.0.0.1') {
  const server = net.createServer(options).listen(0, host);
  closers.push(() => server.close());
  await once(server, 'listening');
  return { server, port: (server.address() as net.AddressInfo).port };
}

/** A peer that Node reads and writes; it is read once somebody asks for it. */
function peerOf(socket: net.Socket): net.Socket {
  socket.on('error', () => {});
  closers.push(() => socket.destroy());
  return socket;
}

type Kind = 'raw' | 'Node';

function wrap(kind: Kind, accepted: Accepted, { slot, first }: Reading): ByteSocket {
  const socket = accepted.open(slot, first);
  if (kind === 'raw') {
    expect(socket).toBeInstanceOf(RawSocket);
    return socket;
  }
  const handle = takeHandle(socket);
  const stream = new net.Socket({
    handle,
    manualStart: true,
    onread: onReadOptions(slot, first),
    ...SOCKET_DEFAULTS,
  } as net.SocketConstructorOpts);
  return stream;
}

function dial(kind: Kind, host: string, port: number, { slot, first }: Reading): ByteSocket {
  if (kind === 'raw') return RawSocket.dial(host, port, slot, first);
  const onread = onReadOptions(slot, first);
  return net.connect({
    host,
    port,
    onread,
    ...SOCKET_DEFAULTS,
  } as unknown as net.TcpNetConnectOpts);
}

/** A connection of each kind, either accepted or dialled, and the peer at its other end. */
async function open(kind: Kind, way: 'accepted' | 'dialled', reading: Reading) {
  const options = way === 'accepted' ? ACCEPT_OPTIONS : { allowHalfOpen: true };
  const { server, port } = await listen(options);
  if (way === 'dialled') {
    const arrival = once(server, 'connection');
    const diary = new Diary(dial(kind, '127.0.0.1', port, reading));
    closers.push(() => diary.socket.destroy());
    const [peer] = (await arrival) as [net.Socket];
    await diary.until('connect');
    diary.lines.length = 0;
    return { diary, socket: diary.socket, peer: peerOf(peer) };
  }
  const next = new Promise<Accepted>((resolve, reject) => {
    acceptFrom(server, { onAccept: resolve, onAcceptFault: reject });
  });
  const peer = peerOf(net.connect({ port, host: '127.0.0.1', allowHalfOpen: true }));
  await once(peer, 'connect');
  const diary = new Diary(wrap(kind, await next, reading));
  closers.push(() => diary.socket.destroy());
  startReading(diary.socket);
  return { diary, socket: diary.socket, peer };
}

async function readAll(peer: net.Socket): Promise<string> {
  let text = '';
  peer.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  await once(peer, 'end');
  return text;
}

const KINDS = [
  ['raw', 'accepted'],
  ['raw', 'dialled'],
  ['Node', 'accepted'],
  ['Node', 'dialled'],
] as const;

describe.each(KINDS)('a %s socket that was %s', (kind, way) => {
  test('passes bytes both ways, keeps half-closes, and closes once both sides have ended', async () => {
    const reading = collector(Buffer.alloc(16));
    const { diary, socket, peer } = await open(kind, way, reading);
    peer.end('a question longer than its buffer');
    await diary.until('end');
    expect(reading.text()).toBe('a question longer than its buffer');
    expect(socket).toMatchObject({ readableEnded: true, writable: true, destroyed: false });
    expect(socket.write('an ', 'latin1')).toBe(true);
    expect(socket.write(Buffer.from('answer'))).toBe(true);
    expect(socket.writableLength).toBe(0);
    socket.end();
    expect(await readAll(peer)).toBe('an answer');
    await diary.until('close');
    expect(diary.lines.at(-1)).toBe('close');
    expect(diary.lines).not.toContain('error');
    expect(socket.destroyed).toBe(true);
  });

  test('says how much waits, and when all of it has left', async () => {
    const { diary, socket, peer } = await open(kind, way, collector(Buffer.alloc(16)));
    let taken = 0;
    expect(socket.write(Buffer.alloc(BULK, 'x'), () => taken++)).toBe(false);
    expect(socket.writableLength).toBe(BULK);
    expect(queuedBytes(socket)).toBeGreaterThan(0);
    expect(socket.write('y', 'latin1', () => taken++)).toBe(false);
    expect(socket.writableLength).toBe(BULK + 1);
    socket.end();
    const text = await readAll(peer);
    expect(text.length).toBe(BULK + 1);
    expect(text.endsWith('xy')).toBe(true);
    await diary.until('finish');
    expect(taken).toBe(2);
    expect(socket).toMatchObject({ writableLength: 0, writableFinished: true });
    // Node tells of no drain once the end was asked for.
    expect(diary.lines).toEqual(['finish']);
  });

  test('tells the drain after a refusal, and before it what was taken', async () => {
    const { diary, socket, peer } = await open(kind, way, collector(Buffer.alloc(16)));
    expect(socket.write('z'.repeat(BULK), 'latin1')).toBe(false);
    peer.resume();
    await diary.until('drain');
    expect(socket.writableLength).toBe(0);
    expect(diary.lines).toEqual(['drain']);
  });

  test('reads nothing while it is paused, not even the end', async () => {
    const reading = collector(Buffer.alloc(16));
    const { diary, socket, peer } = await open(kind, way, reading);
    socket.pause();
    expect(socket.isPaused()).toBe(true);
    peer.end('late');
    await once(peer, 'finish');
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(reading.text()).toBe('');
    expect(diary.lines).toEqual([]);
    startReading(socket);
    expect(socket.isPaused()).toBe(false);
    await diary.until('end');
    expect(reading.text()).toBe('late');
  });

  test('reads nothing any more once it is destroyed: its peer is reset', async () => {
    const reading = collector(Buffer.alloc(16));
    const { diary, socket, peer } = await open(kind, way, reading);
    startReading(socket);
    peer.resume();
    const fault = once(peer, 'error') as Promise<[NodeJS.ErrnoException]>;
    await new Promise((resolve) => setImmediate(resolve));
    peer.write('unread');
    socket.destroy();
    expect((await fault)[0].code).toBe('ECONNRESET');
    await diary.until('close');
    expect(reading.text()).toBe('');
  });

  test('reads into the buffer that the reader names', async () => {
    const buffers: Buffer[] = [];
    const second = Buffer.alloc(4);
    const slot = new ReaderSlot({
      nextBuffer: () => second,
      onRead: (buffer) => void buffers.push(buffer),
    });
    const first = Buffer.alloc(2);
    const { diary, peer } = await open(kind, way, { slot, first });
    peer.end('abcdefgh');
    await diary.until('end');
    expect(buffers[0]).toBe(first);
    expect(buffers.slice(1).every((buffer) => buffer === second)).toBe(true);
    expect(first.toString('latin1')).toBe('ab');
    expect(second.toString('latin1')).toContain('gh');
  });

  test('may be destroyed by its reader; what else was read is not told', async () => {
    const reading = collector(Buffer.alloc(1), () => socket.destroy());
    const { diary, socket, peer } = await open(kind, way, reading);
    peer.write('many bytes');
    await diary.until('close');
    expect(reading.text()).toBe('m');
    expect(diary.lines).toEqual(['close']);
  });

  test('tells the writers of what will never leave', async () => {
    const { diary, socket } = await open(kind, way, collector(Buffer.alloc(16)));
    const taken: Promise<void> = new Promise((resolve) => {
      socket.write(Buffer.alloc(BULK), () => resolve());
    });
    socket.destroy();
    await taken;
    await diary.until('close');
    expect(diary.lines).toEqual(['close']);
    expect(socket.write('more', 'latin1')).toBe(false);
    expect(socket.writable).toBe(false);
  });

  test('tells a reset by its peer', async () => {
    const { diary, socket, peer } = await open(kind, way, collector(Buffer.alloc(16)));
    peer.resetAndDestroy();
    await diary.until('close');
    expect(diary.lines).toEqual(['error ECONNRESET', 'close']);
    expect(socket).toMatchObject({ destroyed: true, readableEnded: false });
  });

  test('resets its peer, also with a write under way', async () => {
    const { diary, socket, peer } = await open(kind, way, collector(Buffer.alloc(16)));
    socket.write(Buffer.alloc(BULK));
    let length = 0;
    peer.on('data', (chunk: Buffer) => {
      length += chunk.length;
    });
    socket.resetAndDestroy();
    await diary.until('close');
    expect(diary.lines).toEqual(['close']);
    // To Node a reset behind bytes may be an end, but not all of them have come.
    await new Promise((resolve) => peer.once('end', resolve).once('close', resolve));
    expect(length).toBeLessThan(BULK);
  });

  test('lets what was written leave before it is destroyed soon', async () => {
    const { diary, socket, peer } = await open(kind, way, collector(Buffer.alloc(16)));
    socket.write('w'.repeat(BULK), 'latin1');
    socket.destroySoon();
    expect(socket.destroyed).toBe(false);
    expect((await readAll(peer)).length).toBe(BULK);
    await diary.until('close');
    expect(diary.lines).toEqual(['finish', 'close']);
  });

  test('knows its own address', async () => {
    const { socket } = await open(kind, way, collector(Buffer.alloc(16)));
    expect(socket.localAddress).toBe('127.0.0.1');
  });

  test('fails with the error that it is destroyed with', async () => {
    const { diary, socket } = await open(kind, way, collector(Buffer.alloc(16)));
    socket.destroy(Object.assign(new Error('no more'), { code: 'E_ENOUGH' }));
    socket.destroy();
    await diary.until('close');
    expect(diary.lines).toEqual(['error E_ENOUGH', 'close']);
  });
});

test('a reset right behind some bytes is no end', async () => {
  const reading = collector(Buffer.alloc(16));
  const { diary, socket, peer } = await open('raw', 'accepted', reading);
  socket.pause();
  peer.write('a part');
  peer.resetAndDestroy();
  await once(peer, 'close');
  startReading(socket);
  await diary.until('close');
  expect(reading.text()).toBe('a part');
  expect(diary.lines).toEqual([expect.stringMatching(/^error (ECONNRESET|EPIPE)$/), 'close']);
});

describe.each(['raw', 'Node'] as const)('a %s socket that is dialled', (kind) => {
  /** An error as far as people and programs look at it. */
  async function failure(host: string, port: number) {
    const socket = dial(kind, host, port, collector(Buffer.alloc(16)));
    const { message, name, ...rest } = await new Promise<NodeJS.ErrnoException>((resolve) => {
      socket.on('error', resolve);
    });
    return { message, name, ...rest };
  }

  test('is refused with the error of any socket', async () => {
    const { server, port } = await listen();
    await new Promise((resolve) => server.close(resolve));
    expect(await failure('127.0.0.1', port)).toEqual({
      message: `connect ECONNREFUSED 127.0.0.1:${port}`,
      name: 'Error',
      code: 'ECONNREFUSED',
      errno: -111,
      syscall: 'connect',
      address: '127.0.0.1',
      port,
    });
  });

  test('fails at once where there is no way', async () => {
    expect(await failure('255.255.255.255', 9)).toMatchObject({ syscall: 'connect' });
  });

  test('keeps what is written and ended before it is connected', async () => {
    const { server, port } = await listen();
    const arrival = once(server, 'connection');
    const socket = dial(kind, '127.0.0.1', port, collector(Buffer.alloc(16)));
    const diary = new Diary(socket);
    expect(socket.connecting).toBe(true);
    socket.write('early', 'latin1');
    socket.end();
    const [peer] = (await arrival) as [net.Socket];
    expect(await readAll(peerOf(peer))).toBe('early');
    peer.end();
    await diary.until('close');
    expect(diary.lines).toEqual(expect.arrayContaining(['connect', 'end', 'close']));
  });

  test('says nothing but that it is closed when it is given up before it is connected', async () => {
    const { port } = await listen();
    const diary = new Diary(dial(kind, '127.0.0.1', port, collector(Buffer.alloc(16))));
    diary.socket.resetAndDestroy();
    diary.socket.destroy();
    await diary.until('close');
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(diary.lines.filter((line) => line !== 'connect')).toEqual(['close']);
  });

  test('may be told to read, or to rest, before it is connected', async () => {
    const { server, port } = await listen();
    server.on('connection', (peer) => peerOf(peer).end('hello'));
    for (const rests of [false, true]) {
      const reading = collector(Buffer.alloc(16));
      const diary = new Diary(dial(kind, '127.0.0.1', port, reading));
      const { socket } = diary;
      if (rests) socket.pause();
      else socket.resume();
      await diary.until('connect');
      if (rests) {
        for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
        expect(reading.text()).toBe('');
        socket.resume();
      }
      await diary.until('end');
      expect(reading.text()).toBe('hello');
      socket.destroy();
    }
  });

  test('reaches an IPv6 address', async () => {
    const { port } = await listen(undefined, '::1');
    const diary = new Diary(dial(kind, '::1', port, collector(Buffer.alloc(16))));
    await diary.until('connect');
    expect(diary.socket.localAddress).toBe('::1');
    diary.socket.destroy();
  });
});

test('data that is read through events comes in the same pieces', async () => {
  const { server, port } = await listen();
  const arrival = once(server, 'connection');
  const peer = peerOf(net.connect(port, '127.0.0.1'));
  const [accepted] = (await arrival) as [net.Socket];
  const reading = collector(Buffer.alloc(3));
  feedFromData(accepted, reading.slot, reading.first);
  const diary = new Diary(peerOf(accepted));
  startReading(accepted);
  peer.end('in pieces');
  await diary.until('end');
  expect(reading.text()).toBe('in pieces');
});
