// The fault proxy over real sockets, as a class and as `evenkeel fault`.
import { spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { SpecError } from '../../src/core/errors.js';
import { FaultProxy, startMember } from '../../src/testkit/index.js';
import { runCli } from '../support/evenkeel-cli.js';

async function connectTo(port: number): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

async function echo(socket: net.Socket, text: string): Promise<string> {
  socket.write(text);
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  return bytes.toString();
}

async function ended(socket: net.Socket): Promise<string> {
  if (socket.destroyed) return 'closed';
  return new Promise((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    socket.once('close', () => resolve('closed'));
    socket.resume();
  });
}

describe('FaultProxy', () => {
  test('carries connections, adds latency to open ones, and takes it away', async () => {
    await using member = await startMember({ protocol: 'tcp' });
    await using proxy = new FaultProxy({ target: member.address });
    await proxy.start();
    const socket = await connectTo(proxy.port);
    expect(await echo(socket, 'a')).toBe('a');
    proxy.set({ latency: 40 });
    const before = performance.now();
    expect(await echo(socket, 'b')).toBe('b');
    expect(performance.now() - before).toBeGreaterThan(75);
    proxy.clear();
    expect(await echo(socket, 'c')).toBe('c');
    socket.destroy();
  });

  test('a black hole in one direction: the member hears, the client does not, until it ends', async () => {
    await using member = await startMember({ protocol: 'tcp' });
    await using proxy = new FaultProxy({
      target: member.address,
      faults: { down: { blackhole: true } },
    });
    await proxy.start();
    const socket = await connectTo(proxy.port);
    let heard = '';
    socket.on('data', (bytes: Buffer) => (heard += bytes.toString()));
    socket.write('a');
    while (member.requests === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toBe('');
    proxy.clear();
    await once(socket, 'data');
    expect(heard).toBe('a');
    socket.destroy();
  });

  test('resets open connections and new ones', async () => {
    await using member = await startMember({ protocol: 'tcp' });
    await using proxy = new FaultProxy({ target: member.address });
    await proxy.start();
    const socket = await connectTo(proxy.port);
    expect(await echo(socket, 'a')).toBe('a');
    const end = ended(socket);
    proxy.set({ reset: true });
    expect(await end).toBe('ECONNRESET');
    const next = net.connect(proxy.port, '127.0.0.1');
    expect(await ended(next)).toBe('ECONNRESET');
  });

  test('ends a connection after so many bytes', async () => {
    await using member = await startMember({ protocol: 'tcp' });
    await using proxy = new FaultProxy({
      target: member.address,
      faults: { down: { closeAfter: 3 } },
    });
    await proxy.start();
    const socket = await connectTo(proxy.port);
    let heard = '';
    socket.on('data', (bytes: Buffer) => (heard += bytes.toString()));
    socket.write('abcdef');
    await ended(socket);
    expect(heard).toBe('abc');
  });

  test('an end on one side passes, and what is on its way arrives before it', async () => {
    await using member = await startMember({ protocol: 'tcp' });
    await using proxy = new FaultProxy({ target: member.address, faults: { latency: 20 } });
    await proxy.start();
    const socket = await connectTo(proxy.port);
    let heard = '';
    socket.on('data', (bytes: Buffer) => (heard += bytes.toString()));
    socket.end('bye');
    await once(socket, 'close');
    expect(heard).toBe('bye');
    while (proxy.open > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  test('udp: loses what it is told to lose', async () => {
    await using member = await startMember({ protocol: 'udp' });
    await using proxy = new FaultProxy({
      protocol: 'udp',
      target: member.address,
      faults: { up: { loss: 100 } },
    });
    await proxy.start();
    const socket = createSocket('udp4');
    await send(socket, 'lost', proxy.port);
    // The proxy has dealt with it by the time a later one comes through.
    await new Promise((resolve) => setImmediate(resolve));
    while (proxy.open === 0) await new Promise((resolve) => setImmediate(resolve));
    proxy.set({ latency: 5 });
    await send(socket, 'found', proxy.port);
    const [bytes] = (await once(socket, 'message')) as [Buffer];
    expect(bytes.toString()).toBe('found');
    expect(member.requests).toBe(1);
    socket.close();
  });

  test('says every fault of its options at once', () => {
    const faultsOf = (create: () => unknown): string[] => {
      try {
        create();
        return [];
      } catch (error) {
        return (error as SpecError).issues.map(({ path }) => path);
      }
    };
    expect(faultsOf(() => new FaultProxy({ listen: 'x', target: ':80' }))).toEqual([
      'listen',
      'target',
    ]);
    const faults = { latncy: 1, down: { loss: 101 } } as object;
    expect(faultsOf(() => new FaultProxy({ target: 'a:80', faults }))).toEqual([
      'latncy',
      'down.loss',
    ]);
  });

  test('a word that means nothing on such a line is refused', () => {
    const target = '127.0.0.1:9';
    const tcp = new FaultProxy({ target });
    expect(() => tcp.set({ loss: 5 })).toThrow('loss: loss is for udp, not tcp');
    const faults = { down: { closeAfter: 1 }, slice: { bytes: 1 } };
    expect(() => new FaultProxy({ protocol: 'udp', target, faults })).toThrow(
      'slice: slice is for tcp, not udp\ndown.closeAfter: closeAfter is for tcp, not udp',
    );
  });
});

describe('evenkeel fault', () => {
  test('prints where it listens, obeys lines, and ends with a signal', async () => {
    await using member = await startMember({ protocol: 'tcp' });
    const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
    const child = spawn(process.execPath, [program, 'fault', '--target', member.address, 'reset']);
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const first = String((await lines.next()).value);
    expect(first).toMatch(/^127\.0\.0\.1:\d+ -> 127\.0\.0\.1:\d+: reset$/);
    const port = Number(/:(\d+) /.exec(first)?.[1]);
    expect(await ended(net.connect(port, '127.0.0.1'))).toBe('ECONNRESET');
    child.stdin.write('latency=1ms down.closeAfter=1\n');
    expect((await lines.next()).value).toBe('now: latency=1ms down.closeAfter=1');
    const socket = await connectTo(port);
    expect(await echo(socket, 'xy')).toBe('x');
    socket.destroy();
    child.stdin.write('latncy=1\n');
    const [complaint] = (await once(child.stderr, 'data')) as [Buffer];
    expect(complaint.toString()).toContain('latncy: unknown key; did you mean "latency"?');
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
  });

  test('a faulty word is told, and nothing is opened', async () => {
    const { code, stderr } = await runCli(['fault', '--target', '127.0.0.1:1', 'loss=200']);
    expect(code).toBe(1);
    expect(stderr).toContain('loss: expected a percentage from 0 to 100, got 200');
  });
});

function send(socket: Socket, text: string, port: number): Promise<void> {
  return new Promise((resolve) => socket.send(text, port, '127.0.0.1', () => resolve()));
}
