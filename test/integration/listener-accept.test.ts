// Connections taken as bare handles, and as Node's sockets where that does not work: the same to everybody above.
import { once } from 'node:events';
import net from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Accepted } from '../../src/upstream/accept.js';
import { connectTcp } from '../support/tcp-peers.js';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** What connections become: ours around handles, Node's around handles, or Node's throughout. */
type Way = 'handle' | 'stream' | 'socket';

/** A server whose next connection can be taken, before anybody asked whether handles work, or after. */
async function open(way: Way) {
  vi.resetModules();
  vi.doUnmock('../../src/upstream/native-tcp.js');
  if (way === 'stream') {
    vi.doMock('../../src/upstream/native-tcp.js', () => ({ findNativeTcp: () => undefined }));
  }
  const accept = await import('../../src/upstream/accept.js');
  const reading = await import('../../src/upstream/socket-reader.js');
  if (way !== 'socket') expect(await accept.probeAccept()).toBe(true);
  const server = net.createServer(accept.ACCEPT_OPTIONS).listen(0, '127.0.0.1');
  closers.push(() => server.close());
  await once(server, 'listening');
  const next = new Promise<Accepted>((resolve, reject) => {
    accept.acceptFrom(server, { onAccept: resolve, onAcceptFault: reject });
  });
  return { port: (server.address() as net.AddressInfo).port, next, reading };
}

describe.each(['handle', 'stream', 'socket'] as const)('a connection accepted as a %s', (way) => {
  test('tells its peer, is read only when asked, and ends when the peer does', async () => {
    const { port, next, reading } = await open(way);
    const client = await connectTcp(port);
    client.socket.end('x'.repeat(100_000));
    await once(client.socket, 'finish');
    const accepted = await next;
    expect(accepted).toMatchObject({
      remoteAddress: '127.0.0.1',
      remotePort: client.socket.localPort,
      localPort: port,
    });
    let bytes = 0;
    const reader = {
      nextBuffer: () => undefined,
      onRead: (_buffer: Buffer, length: number) => {
        bytes += length;
      },
    };
    const slot = new reading.ReaderSlot(reader);
    const socket = accepted.open(slot, Buffer.alloc(1000));
    expect(socket instanceof net.Socket).toBe(way !== 'handle');
    // All of it lies in the kernel; turns of the event loop bring nothing.
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(bytes).toBe(0);
    reading.startReading(socket);
    await new Promise<void>((resolve) => socket.once('end', resolve));
    expect(bytes).toBe(100_000);
    socket.write('bye', 'latin1');
    socket.end();
    expect(await client.ending).toBe('end');
    expect(client.text).toBe('bye');
  });

  test('can be reset without being read', async () => {
    const { port, next } = await open(way);
    const client = await connectTcp(port);
    (await next).reset();
    expect(await client.ending).toBe('reset');
  });
});
