// The door of a frontend: addresses, access, limits, reload, drain.
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import net from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { EvenkeelError } from '../../src/core/errors.js';
import { Frontend } from '../../src/frontend/frontend.js';
import { Pool } from '../../src/pool/pool.js';
import { freePort } from '../support/servers/server-process.js';
import { connectTcp, Stage, startEcho, startTcpMember } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

const descriptors = (): number => readdirSync('/proc/self/fd').length;

async function talks(port: number, host = '127.0.0.1'): Promise<boolean> {
  const client = await connectTcp(port, { host });
  client.send('x');
  const answered = await client.read(1).then(
    () => true,
    () => false,
  );
  client.socket.destroy();
  return answered;
}

describe('listening', () => {
  test('on port 0 tells the real port, and the same when asked again', async () => {
    const { frontend, port } = await stage.open([]);
    expect(port).toBeGreaterThan(0);
    expect(await frontend.listen()).toEqual([{ address: '127.0.0.1', port }]);
    expect(frontend.status().addresses).toEqual([{ address: '127.0.0.1', port }]);
  });

  test('on ":0" takes IPv4 and IPv6', async () => {
    const echo = stage.add(await startEcho());
    const { port } = await stage.open([echo], { bind: ':0' });
    expect(await talks(port, '127.0.0.1')).toBe(true);
    expect(await talks(port, '127.0.0.2')).toBe(true);
    expect(await talks(port, '::1')).toBe(true);
  });

  test('on "[::1]:0" takes IPv6', async () => {
    const echo = stage.add(await startEcho());
    const { port, frontend } = await stage.open([echo], { bind: '[::1]:0' });
    expect(frontend.status().addresses[0]?.address).toBe('::1');
    expect(await talks(port, '::1')).toBe(true);
  });

  test('names the address and the reason when it is in use, and binds nothing', async () => {
    const taken = net.createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as net.AddressInfo;
    const free = await freePort();
    const frontend = new Frontend({
      name: 'web',
      protocol: 'tcp',
      bind: [`127.0.0.1:${free}`, `127.0.0.1:${port}`],
      pool: new Pool({ name: 'p' }),
    });
    const error = (await frontend.listen().catch((e: unknown) => e)) as EvenkeelError;
    expect(error.code).toBe('EK_BIND');
    expect(error.message).toBe(
      `frontend "web": cannot listen on 127.0.0.1:${port}: the address is in use (EADDRINUSE)`,
    );
    await expect(connectTcp(free)).rejects.toThrow('ECONNREFUSED');
    taken.close();
    await once(taken, 'close');
    // What failed may be tried again.
    expect(await frontend.listen()).toHaveLength(2);
    await frontend.close();
  });

  test('after close is refused', async () => {
    const { frontend } = await stage.open([]);
    await frontend.close();
    expect(() => frontend.listen()).toThrow('is closed');
  });
});

describe('access', () => {
  test('resets who is denied or not allowed', async () => {
    const echo = stage.add(await startEcho());
    const denied = await stage.open([echo], { access: { deny: ['127.0.0.0/8'] } });
    const foreign = await stage.open([echo], { access: { allow: ['192.0.2.0/24'] } });
    for (const { port, frontend } of [denied, foreign]) {
      const client = await connectTcp(port);
      expect(await client.ending).toBe('reset');
      expect(frontend.status().totals.rejected).toBe(1);
    }
    expect(echo.peers).toHaveLength(0);
  });
});

describe('maxConnections', () => {
  test('holds later connections unread, and serves them in order', async () => {
    const echo = stage.add(await startEcho());
    const { port, frontend } = await stage.open([echo], { maxConnections: 1 });
    const first = await connectTcp(port);
    first.send('1');
    await first.read(1);
    const waiting = [];
    for (let i = 0; i < 5; i++) {
      const client = await connectTcp(port);
      client.send(`waits ${i}`);
      waiting.push(client);
      await vi.waitUntil(() => frontend.status().held === i + 1);
    }
    expect(frontend.status()).toMatchObject({ active: 1, held: 5 });
    expect(echo.peers).toHaveLength(1);
    let last = first;
    for (const [i, client] of waiting.entries()) {
      last.socket.destroy();
      expect(await client.read(7)).toBe(`waits ${i}`);
      expect(frontend.status().held).toBe(4 - i);
      last = client;
    }
  });

  test.each([
    ['ended', (socket: net.Socket) => once(socket.end(), 'finish')],
    ['reset', (socket: net.Socket) => once(socket.resetAndDestroy(), 'close')],
  ] as const)('dials no member for who has %s while it was held', async (_name, leave) => {
    const echo = stage.add(await startEcho());
    const { port, frontend } = await stage.open([echo], { maxConnections: 1 });
    const first = await connectTcp(port);
    first.send('1');
    await first.read(1);
    const gone = await Promise.all(Array.from({ length: 5 }, () => connectTcp(port)));
    await vi.waitUntil(() => frontend.status().held === 5);
    await Promise.all(gone.map(({ socket }) => leave(socket)));
    const last = await connectTcp(port);
    last.send('last');
    last.socket.end();
    await vi.waitUntil(() => frontend.status().held === 6);
    first.socket.destroy();
    expect(await last.read(4)).toBe('last');
    expect(await last.ending).toBe('end');
    expect(echo.peers).toHaveLength(2);
    for (const { socket } of gone) socket.destroy();
  });

  test('serves who was held and waits for the member to speak first', async () => {
    const greeter = stage.add(await startTcpMember((peer) => peer.send('hello')));
    const { port, frontend } = await stage.open([greeter], { maxConnections: 1 });
    const first = await connectTcp(port);
    await first.read(5);
    const second = await connectTcp(port);
    await vi.waitUntil(() => frontend.status().held === 1);
    first.socket.resetAndDestroy();
    expect(await second.read(5)).toBe('hello');
    second.send('thanks');
    await vi.waitUntil(() => greeter.peers[1]?.text === 'thanks');
    second.socket.destroy();
  });

  test('resets who waited for the queue timeout in vain', async () => {
    const echo = stage.add(await startEcho());
    const { port, frontend } = await stage.open(
      [echo],
      { maxConnections: 1 },
      { queue: { timeout: '100ms' } },
    );
    const first = await connectTcp(port);
    const second = await connectTcp(port);
    expect(await second.ending).toBe('reset');
    expect(frontend.status()).toMatchObject({ active: 1, held: 0, totals: { rejected: 1 } });
    first.socket.destroy();
  });

  test('per source resets the one too many', async () => {
    const echo = stage.add(await startEcho());
    const { port } = await stage.open([echo], { bind: ':0', maxConnectionsPerSource: 2 });
    const clients = await Promise.all([connectTcp(port), connectTcp(port)]);
    for (const client of clients) client.send('x');
    for (const client of clients) await client.read(1);
    const third = await connectTcp(port);
    expect(await third.ending).toBe('reset');
    expect(await talks(port, '::1')).toBe(true);
    for (const { socket } of clients) socket.destroy();
  });
});

describe('a reload', () => {
  test('switches new connections and leaves open ones where they are', async () => {
    const say = (name: string) =>
      startTcpMember((peer) => peer.socket.on('data', () => peer.socket.write(name)));
    const [a, b] = [stage.add(await say('a')), stage.add(await say('b'))];
    const { port, frontend } = await stage.open([a]);
    const old = await connectTcp(port);
    old.send('?');
    expect(await old.read(1)).toBe('a');
    const other = new Pool({ name: 'other', members: [b.address] });
    const update = await frontend.prepare({ ...frontend.config, pool: 'other' }, () => other);
    update.commit();
    const fresh = await connectTcp(port);
    fresh.send('?');
    expect(await fresh.read(1)).toBe('b');
    old.send('?');
    expect(await old.read(2)).toBe('aa');
    old.socket.destroy();
    fresh.socket.destroy();
  });

  test('binds what is new before it lets go of what is gone', async () => {
    const echo = stage.add(await startEcho());
    const { port, frontend, pool } = await stage.open([echo]);
    const next = { ...frontend.config, bind: ['127.0.0.2:0'] };
    const update = await frontend.prepare(next, () => pool);
    expect(await talks(port)).toBe(true);
    update.commit();
    await expect(connectTcp(port)).rejects.toThrow('ECONNREFUSED');
    const [bound] = frontend.status().addresses;
    expect(await talks(bound?.port ?? 0, '127.0.0.2')).toBe(true);
  });

  test('that is aborted or fails changes nothing', async () => {
    const echo = stage.add(await startEcho());
    const { port, frontend, pool } = await stage.open([echo]);
    const free = await freePort();
    const next = { ...frontend.config, bind: [...frontend.config.bind, `127.0.0.1:${free}`] };
    const update = await frontend.prepare(next, () => pool);
    update.abort();
    await expect(connectTcp(free)).rejects.toThrow('ECONNREFUSED');
    const bad = { ...next, bind: [`127.0.0.1:${free}`, `127.0.0.1:${port}`] };
    await expect(frontend.prepare(bad, () => pool)).rejects.toThrow('the address is in use');
    await expect(connectTcp(free)).rejects.toThrow('ECONNREFUSED');
    expect(await talks(port)).toBe(true);
  });
});

describe('a drain', () => {
  test('refuses new connections, waits for open ones, and counts them', async () => {
    const echo = stage.add(await startEcho());
    const { port, frontend } = await stage.open([echo]);
    const client = await connectTcp(port);
    client.send('x');
    await client.read(1);
    const done = frontend.drain(10_000);
    while (
      await connectTcp(port).then(
        ({ socket }) => socket.destroy() && true,
        () => false,
      )
    );
    client.send('y');
    expect(await client.read(2)).toBe('xy');
    client.socket.end();
    expect(await client.ending).toBe('end');
    expect(await done).toMatchObject({ aborted: 0, stillOpen: 0 });
  });

  test('cuts what is open at the deadline', async () => {
    const echo = stage.add(await startEcho());
    const { port, frontend } = await stage.open([echo]);
    const client = await connectTcp(port);
    client.send('x');
    await client.read(1);
    expect(await frontend.drain(50)).toEqual({ completed: 0, aborted: 1, stillOpen: 0 });
    expect(await client.ending).toBe('reset');
  });

  test('is ended by close', async () => {
    const echo = stage.add(await startEcho());
    const { port, frontend } = await stage.open([echo]);
    const client = await connectTcp(port);
    client.send('x');
    await client.read(1);
    const draining = frontend.drain(60_000);
    await frontend.close();
    expect(await draining).toMatchObject({ aborted: 1 });
    expect(await client.ending).toBe('reset');
  });

  test('leaves no descriptor behind, whatever the clients did', async () => {
    const before = descriptors();
    const echo = await startEcho();
    const { port, frontend } = await stage.open([echo], { maxConnections: 60 });
    const clients = await Promise.all(Array.from({ length: 100 }, () => connectTcp(port)));
    for (const [i, { socket }] of clients.entries()) {
      socket.write('x'.repeat(i * 100));
      if (i % 4 === 0) socket.resetAndDestroy();
      if (i % 4 === 1) socket.end();
      if (i % 4 === 2) socket.destroy();
    }
    await frontend.drain(100);
    await echo.close();
    await Promise.all(clients.map((client) => client.closed));
    expect(descriptors()).toBe(before);
  });
});
